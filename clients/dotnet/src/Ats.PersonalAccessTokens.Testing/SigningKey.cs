using System.Security.Cryptography;
using System.Text;
using Ats.PersonalAccessTokens.Verification;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Ats.PersonalAccessTokens.Testing;

/// <summary>A private key that lives as long as a test.</summary>
internal sealed class SigningKey
{
    private readonly byte[] _seed = new byte[Ed25519.SecretKeySize];
    private readonly byte[] _public = new byte[Ed25519.PublicKeySize];

    public SigningKey()
    {
        using (var random = RandomNumberGenerator.Create())
        {
            random.GetBytes(_seed);
        }
        Ed25519.GeneratePublicKey(_seed, 0, _public, 0);
        Id = PublicKey.Thumbprint(_public);
    }

    public string Id { get; }

    /// <summary>Its public half, as it is published.</summary>
    public string Jwk =>
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + Base64Url.Encode(_public)
        + "\",\"kid\":\"" + Id + "\",\"use\":\"sig\",\"alg\":\"EdDSA\"}";

    /// <summary>A JWS of a type, in compact serialization.</summary>
    public string Sign(string type, byte[] payload)
    {
        string header = "{\"alg\":\"EdDSA\",\"typ\":\"" + type + "\",\"kid\":\"" + Id + "\"}";
        string input = Base64Url.Encode(Encoding.ASCII.GetBytes(header)) + "." + Base64Url.Encode(payload);
        byte[] message = Encoding.ASCII.GetBytes(input);
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(_seed, 0, message, 0, message.Length, signature, 0);
        return input + "." + Base64Url.Encode(signature);
    }
}
