using System;
using System.Text;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>A JWS in compact serialization (RFC 7515, section 7.1) with the right form.</summary>
internal sealed class CompactJws
{
    public const string AuthenticationToken = "at+jwt";
    public const string StatusList = "statuslist+jwt";

    private const string Tree = "application/";

    /// <summary>
    /// Members of a header that contain a key, point at one, or change the meaning of the rest (RFC 8725, sections
    /// 3.1 and 3.10; RFC 7515, section 4.1.11).
    /// </summary>
    private static readonly string[] Forbidden = { "crit", "jku", "jwk", "x5c", "x5u" };

    private readonly string _signingInput;
    private readonly byte[] _payload;
    private readonly byte[] _signature;

    private CompactJws(string signingInput, string keyId, byte[] payload, byte[] signature)
    {
        _signingInput = signingInput;
        KeyId = keyId;
        _payload = payload;
        _signature = signature;
    }

    /// <summary>The id of the key that it claims to be signed with. Look it up among trusted keys only.</summary>
    public string KeyId { get; }

    /// <summary>The two names of Ed25519 (RFC 8037, section 3.1; RFC 9864, section 2.2).</summary>
    public static bool IsAlgorithm(string name) => name is "EdDSA" or "Ed25519";

    /// <summary>Takes a text apart: three parts in canonical base64url, a valid header, 64 bytes of signature.</summary>
    public static RefusalReason? Parse(string text, string type, int maxLength, out CompactJws? jws)
    {
        jws = null;
        if (text.Length > maxLength)
        {
            return RefusalReason.Malformed;
        }
        int first = text.IndexOf('.');
        int last = text.LastIndexOf('.');
        if (first == last)
        {
            return RefusalReason.Malformed;
        }
        // A point between these two is not in the alphabet, so the payload fails to decode.
        byte[]? header = Base64Url.Decode(text, 0, first);
        if (header is null)
        {
            return RefusalReason.Malformed;
        }
        if (ReadHeader(header, type, out string keyId) is { } refused)
        {
            return refused;
        }
        byte[]? payload = Base64Url.Decode(text, first + 1, last - first - 1);
        byte[]? signature = Base64Url.Decode(text, last + 1, text.Length - last - 1);
        if (payload is null || signature is null || signature.Length != PublicKey.SignatureLength)
        {
            return RefusalReason.Malformed;
        }
        jws = new CompactJws(text.Substring(0, last), keyId, payload, signature);
        return null;
    }

    /// <summary>The payload, if the key signed it.</summary>
    public byte[]? Verify(PublicKey key) =>
        key.Verifies(Encoding.ASCII.GetBytes(_signingInput), _signature) ? _payload : null;

    private static RefusalReason? ReadHeader(byte[] text, string type, out string keyId)
    {
        keyId = "";
        using JsonDocument? document = StrictJson.ParseObject(text);
        if (document is null)
        {
            return RefusalReason.Malformed;
        }
        JsonElement header = document.RootElement;
        string? algorithm = StrictJson.Text(header, "alg");
        string? named = StrictJson.Text(header, "typ");
        string? id = StrictJson.Text(header, "kid");
        if (algorithm is null || named is null || id is null)
        {
            return RefusalReason.Malformed;
        }
        foreach (string name in Forbidden)
        {
            if (header.TryGetProperty(name, out _))
            {
                return RefusalReason.ForbiddenHeader;
            }
        }
        if (!IsAlgorithm(algorithm))
        {
            return RefusalReason.Algorithm;
        }
        if (!IsType(named, type))
        {
            return RefusalReason.TokenType;
        }
        keyId = id;
        return id.Length == 0 ? RefusalReason.Malformed : null;
    }

    /// <summary>A media type without regard to case, with or without its tree (RFC 7515, section 4.1.9).</summary>
    private static bool IsType(string named, string expected)
    {
        string subtype = named.StartsWith(Tree, StringComparison.OrdinalIgnoreCase) ? named.Substring(Tree.Length) : named;
        return string.Equals(subtype, expected, StringComparison.OrdinalIgnoreCase);
    }
}
