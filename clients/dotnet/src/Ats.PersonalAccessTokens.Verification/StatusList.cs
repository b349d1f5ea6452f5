using System;
using System.IO;
using System.Text.Json;
using Org.BouncyCastle.Utilities.Zlib;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// A signed status list (draft-ietf-oauth-status-list): a bit for the place of each authentication token, which is
/// set once the token was revoked.
/// </summary>
internal sealed class StatusList
{
    /// <summary>The greatest length of a signed list. Longer texts are refused without being read.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    /// <summary>64 Mi places.</summary>
    private const int MaxBytes = 8 * 1024 * 1024;

    private const int ChunkLength = 64 * 1024;

    private readonly byte[] _bytes;

    private StatusList(byte[] bytes, long epoch, long sequence, long expires)
    {
        _bytes = bytes;
        Epoch = epoch;
        Sequence = sequence;
        ExpiresAtSeconds = expires;
    }

    /// <summary>When the issuer last went back to an earlier state of its database.</summary>
    public long Epoch { get; }

    /// <summary>The number of the last change that the list shows.</summary>
    public long Sequence { get; }

    /// <summary>From this second on the list is not valid, by the clock of the issuer.</summary>
    public long ExpiresAtSeconds { get; }

    /// <summary>How many places there are: a multiple of eight.</summary>
    public long Places => _bytes.Length * 8L;

    /// <summary>Whether a place is revoked; <see langword="null"/> if the list has no such place.</summary>
    public bool? IsRevoked(ulong index)
    {
        ulong at = index / 8;
        return at < (ulong)_bytes.Length ? (_bytes[(int)at] >> (int)(index % 8) & 1) != 0 : null;
    }

    /// <summary>Whether this list shows an earlier state of the issuer than another one.</summary>
    public bool IsOlderThan(StatusList other) =>
        Epoch < other.Epoch || (Epoch == other.Epoch && Sequence < other.Sequence);

    /// <summary>
    /// The list in a text whose key was found, if the key signed it, it is the list at <paramref name="uri"/> of the
    /// issuer, and it is valid now (section 8.3).
    /// </summary>
    public static RefusalReason? Read(
        CompactJws jws, PublicKey key, string issuer, string uri, long now, long leeway, out StatusList? list)
    {
        list = null;
        byte[]? payload = jws.Verify(key);
        if (payload is null)
        {
            return RefusalReason.Signature;
        }
        using JsonDocument? document = StrictJson.ParseObject(payload);
        if (document is null)
        {
            return RefusalReason.Claims;
        }
        JsonElement claims = document.RootElement;
        if (StrictJson.Text(claims, "iss") is not { } namedIssuer
            || StrictJson.Text(claims, "sub") is not { } namedUri
            || StrictJson.Integer(claims, "iat") is not { } issued
            || StrictJson.Integer(claims, "exp") is not { } expires
            || !(StrictJson.Unsigned(claims, "ttl") <= uint.MaxValue)
            || StrictJson.Integer(claims, "ats_epoch") is not { } epoch
            || StrictJson.Integer(claims, "ats_seq") is not { } sequence
            || StrictJson.Object(claims, "status_list") is not { } written
            || StrictJson.Unsigned(written, "bits") != 1
            || StrictJson.Text(written, "lst") is not { } text
            || Base64Url.Decode(text) is not { } compressed)
        {
            return RefusalReason.Claims;
        }
        if (namedIssuer != issuer || namedUri != uri)
        {
            return RefusalReason.Issuer;
        }
        if (now >= Saturating.Add(expires, leeway))
        {
            return RefusalReason.Expired;
        }
        if (issued > Saturating.Add(now, leeway))
        {
            return RefusalReason.NotYetValid;
        }
        byte[]? bytes = Decompress(compressed);
        if (bytes is null)
        {
            return RefusalReason.Claims;
        }
        list = new StatusList(bytes, epoch, sequence, expires);
        return null;
    }

    /// <summary>
    /// One whole zlib stream (RFC 1950), up to the limit; <see langword="null"/> for anything else, also for a stream
    /// that is cut or has a tail.
    /// </summary>
    private static byte[]? Decompress(byte[] compressed)
    {
        var stream = new ZStream { next_in = compressed, avail_in = compressed.Length };
        if (stream.inflateInit() != JZlib.Z_OK)
        {
            return null;
        }
        try
        {
            using var bytes = new MemoryStream();
            var chunk = new byte[ChunkLength];
            while (true)
            {
                stream.next_out = chunk;
                stream.next_out_index = 0;
                stream.avail_out = chunk.Length;
                int answer = stream.inflate(JZlib.Z_NO_FLUSH);
                int written = chunk.Length - stream.avail_out;
                bytes.Write(chunk, 0, written);
                if (bytes.Length > MaxBytes)
                {
                    return null;
                }
                if (answer == JZlib.Z_STREAM_END)
                {
                    return stream.avail_in == 0 ? bytes.ToArray() : null;
                }
                if (answer != JZlib.Z_OK || (written == 0 && stream.avail_in == 0))
                {
                    return null;
                }
            }
        }
        catch (IndexOutOfRangeException)
        {
            // The decoder is a port of C, and relies on the bounds of arrays for some broken streams.
            return null;
        }
        finally
        {
            stream.inflateEnd();
        }
    }
}
