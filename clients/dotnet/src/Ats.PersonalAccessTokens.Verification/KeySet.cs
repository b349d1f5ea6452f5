using System.Collections.Generic;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Why a set of published keys is not used.</summary>
internal enum KeySetFault
{
    /// <summary>The text is no set of JSON Web Keys.</summary>
    Malformed,

    /// <summary>A key is not an Ed25519 public key, or it is a weak one.</summary>
    Unusable,

    /// <summary>The id of a key is not its thumbprint, so the set comes from another service.</summary>
    KeyId,

    /// <summary>The private half of a key was published too.</summary>
    Private,
}

/// <summary>Published keys (RFC 7517, section 5).</summary>
internal sealed class KeySet
{
    private KeySet(List<PublicKey> keys) => Keys = keys;

    public IReadOnlyList<PublicKey> Keys { get; }

    /// <summary>
    /// Reads a set. Keys of another type, curve, use or algorithm are left out. If a key claims to be an Ed25519
    /// signing key but is not valid, the whole set is refused.
    /// </summary>
    public static KeySetFault? Parse(byte[] text, out KeySet? set)
    {
        set = null;
        using JsonDocument? document = StrictJson.ParseObject(text);
        if (document is null
            || !document.RootElement.TryGetProperty("keys", out JsonElement published)
            || published.ValueKind != JsonValueKind.Array)
        {
            return KeySetFault.Malformed;
        }
        foreach (JsonElement jwk in published.EnumerateArray())
        {
            if (jwk.ValueKind != JsonValueKind.Object)
            {
                return KeySetFault.Malformed;
            }
        }
        var keys = new List<PublicKey>();
        foreach (JsonElement jwk in published.EnumerateArray())
        {
            if (Read(jwk, out PublicKey? key) is { } fault)
            {
                return fault;
            }
            if (key is not null)
            {
                keys.Add(key);
            }
        }
        set = new KeySet(keys);
        return null;
    }

    public PublicKey? Find(string id)
    {
        foreach (PublicKey key in Keys)
        {
            if (key.Id == id)
            {
                return key;
            }
        }
        return null;
    }

    /// <summary>Reads a key. It is <see langword="null"/> if it is for another use.</summary>
    private static KeySetFault? Read(JsonElement jwk, out PublicKey? key)
    {
        key = null;
        if (StrictJson.Text(jwk, "kty") != "OKP" || StrictJson.Text(jwk, "crv") != "Ed25519")
        {
            return null;
        }
        if (!Optional(jwk, "use", out string? use))
        {
            return KeySetFault.Malformed;
        }
        if (use is not null && use != "sig")
        {
            return null;
        }
        if (!Optional(jwk, "alg", out string? algorithm))
        {
            return KeySetFault.Malformed;
        }
        if (algorithm is not null && !CompactJws.IsAlgorithm(algorithm))
        {
            return null;
        }
        if (jwk.TryGetProperty("d", out _))
        {
            return KeySetFault.Private;
        }
        if (!Optional(jwk, "x", out string? x))
        {
            return KeySetFault.Malformed;
        }
        PublicKey? read = x is null ? null : PublicKey.FromBytes(Base64Url.Decode(x));
        if (read is null)
        {
            return KeySetFault.Unusable;
        }
        if (!Optional(jwk, "kid", out string? id))
        {
            return KeySetFault.Malformed;
        }
        if (id is not null && id != read.Id)
        {
            return KeySetFault.KeyId;
        }
        key = read;
        return null;
    }

    /// <summary>A member that is a string where it is there.</summary>
    private static bool Optional(JsonElement jwk, string name, out string? text)
    {
        text = null;
        if (!jwk.TryGetProperty(name, out JsonElement value))
        {
            return true;
        }
        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }
        text = value.GetString();
        return true;
    }
}
