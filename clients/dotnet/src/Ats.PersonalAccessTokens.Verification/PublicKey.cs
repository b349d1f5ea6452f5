using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>A public Ed25519 key that is not weak, and its id.</summary>
internal sealed class PublicKey
{
    public const int Length = 32;
    public const int SignatureLength = 64;

    private readonly Ed25519.PublicPoint _point;

    private PublicKey(Ed25519.PublicPoint point, string id)
    {
        _point = point;
        Id = id;
    }

    /// <summary>The thumbprint of the key (RFC 7638, section 3; RFC 8037, section 2).</summary>
    public string Id { get; }

    /// <summary>
    /// The key of an encoded point; <see langword="null"/> if it is no point, has small order or a second encoding.
    /// </summary>
    public static PublicKey? FromBytes(byte[]? encoded)
    {
        if (encoded is null || encoded.Length != Length)
        {
            return null;
        }
        Ed25519.PublicPoint? point = Ed25519.ValidatePublicKeyPartialExport(encoded, 0);
        return point is null ? null : new PublicKey(point, Thumbprint(encoded));
    }

    public static string Thumbprint(byte[] encoded)
    {
        // The required members in lexicographic order; base64url needs no escaping.
        string canonical = $"{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{Base64Url.Encode(encoded)}\"}}";
        return Base64Url.Encode(Sha256(canonical));
    }

    /// <summary>The SHA-256 hash of a text's UTF-8.</summary>
    public static byte[] Sha256(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
#if NET
        return SHA256.HashData(bytes);
#else
        using var algorithm = SHA256.Create();
        return algorithm.ComputeHash(bytes);
#endif
    }

    /// <summary>
    /// Whether the key signed a message. The check is strict: the scalar has one form (RFC 8032, section 5.1.7), and
    /// the first half of the signature is no point of small order.
    /// </summary>
    public bool Verifies(byte[] message, byte[] signature) =>
        signature.Length == SignatureLength
        && Ed25519.ValidatePublicKeyPartial(signature, 0)
        && Ed25519.Verify(signature, 0, _point, message, 0, message.Length);
}
