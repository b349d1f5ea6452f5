using Microsoft.IdentityModel.Tokens;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Ats.PersonalAccessTokens.Example;

/// <summary>
/// Verifies Ed25519 signatures (RFC 8037), which Microsoft.IdentityModel can't by itself. Set it as
/// <c>TokenValidationParameters.CryptoProviderFactory.CustomCryptoProvider</c>.
/// </summary>
public sealed class EdDsaSignatures : ICryptoProvider
{
    /// <summary>The names of the algorithm: that of RFC 8037, and that of RFC 9864.</summary>
    public static readonly string[] Algorithms = ["EdDSA", "Ed25519"];

    public bool IsSupportedAlgorithm(string algorithm, params object[] args) =>
        Algorithms.Contains(algorithm) && (args.Length == 0 || args[0] is JsonWebKey key && IsEd25519(key));

    public object Create(string algorithm, params object[] args) => new Verifier((JsonWebKey)args[0], algorithm);

    public void Release(object cryptoInstance) => (cryptoInstance as IDisposable)?.Dispose();

    /// <summary>Whether a key of the published set is one for these signatures.</summary>
    public static bool IsEd25519(JsonWebKey key) => key is { Kty: "OKP", Crv: "Ed25519" };

    private sealed class Verifier(JsonWebKey key, string algorithm) : SignatureProvider(key, algorithm)
    {
        private readonly Ed25519PublicKeyParameters _publicKey = new(Base64UrlEncoder.DecodeBytes(key.X));

        public override bool Verify(byte[] input, byte[] signature) =>
            Verify(input, 0, input.Length, signature, 0, signature.Length);

        public override bool Verify(
            byte[] input, int inputOffset, int inputLength, byte[] signature, int signatureOffset, int signatureLength)
        {
            var signer = new Ed25519Signer();
            signer.Init(forSigning: false, _publicKey);
            signer.BlockUpdate(input, inputOffset, inputLength);
            return signer.VerifySignature(signature.AsSpan(signatureOffset, signatureLength).ToArray());
        }

        public override byte[] Sign(byte[] input) => throw new NotSupportedException("Only the issuer signs.");

        protected override void Dispose(bool disposing)
        {
        }
    }
}
