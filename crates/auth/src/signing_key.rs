use ats_pat_token::{SigningAlgorithm, VerifyingKey, thumbprint};
use ed25519_dalek::SigningKey;
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::Zeroize as _;

use crate::encoded_header::EncodedHeaders;
use crate::signature_provider::Signer;
use crate::{AuthError, Canonical, MasterKeys, SignatureProvider};

const ALGORITHM: &str = "Ed25519";

/// A pair of keys that signs authentication tokens (Ed25519, RFC 8032).
pub struct SigningKeyPair {
    /// The part that is sealed. The private key follows from it.
    seed: SecretBox<[u8; 32]>,
    signer: Box<dyn Signer>,
    public: VerifyingKey,
    kid: String,
    headers: EncodedHeaders,
}

impl SigningKeyPair {
    /// A new pair from 32 random bytes. `provider` computes its signatures.
    pub fn generate(mut random: [u8; 32], provider: SignatureProvider) -> Self {
        let signer = provider.signer(&random);
        let public = SigningKey::from_bytes(&random).verifying_key();
        let seed = SecretBox::init_with_mut(|seed| *seed = random);
        random.zeroize();
        let kid = thumbprint(&public);
        Self {
            seed,
            signer,
            public,
            headers: EncodedHeaders::new(&kid),
            kid,
        }
    }

    /// The pair, sealed under the first master key for its key id, algorithm and creation time (in
    /// milliseconds since the epoch). `nonce` is 24 random bytes.
    pub fn seal(&self, master: &MasterKeys, created_at_ms: i64, nonce: [u8; 24]) -> Vec<u8> {
        master.seal(
            self.seed.expose_secret(),
            &sealed_for(&self.kid, created_at_ms),
            nonce,
        )
    }

    /// Opens the pair in the row with the key id `kid`, created at `created_at_ms`. `provider`
    /// computes its signatures. The errors are those of [`MasterKeys::open`], and
    /// [`AuthError::SigningKeyMismatch`] if the key has another id.
    pub fn open(
        master: &MasterKeys,
        kid: &str,
        created_at_ms: i64,
        sealed: &[u8],
        provider: SignatureProvider,
    ) -> Result<Self, AuthError> {
        let opened = master.open(sealed, &sealed_for(kid, created_at_ms))?;
        let bytes =
            <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| AuthError::SealedAltered)?;
        let pair = Self::generate(bytes, provider);
        if pair.kid == kid {
            Ok(pair)
        } else {
            Err(AuthError::SigningKeyMismatch)
        }
    }

    /// The public key, as RFC 8032, section 5.1.5, encodes it.
    pub fn public(&self) -> [u8; 32] {
        self.public.to_bytes()
    }

    /// The key id: the RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The first part of the authentication tokens that it signs: the header in base64url, and the
    /// point.
    pub(crate) fn encoded_header(&self, algorithm: SigningAlgorithm) -> &str {
        self.headers.of(algorithm)
    }

    /// The signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signer.sign(message)
    }
}

fn sealed_for(kid: &str, created_at_ms: i64) -> Canonical {
    Canonical::new("signing_keys")
        .text(kid)
        .text(ALGORITHM)
        .i64(created_at_ms)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Signature;

    use super::*;

    const CREATED: i64 = 1_795_570_000_123;

    fn master() -> MasterKeys {
        MasterKeys::new([1; 32], None)
    }

    fn pair(random: [u8; 32]) -> SigningKeyPair {
        SigningKeyPair::generate(random, SignatureProvider::Dalek)
    }

    fn open(kid: &str, created_at_ms: i64, sealed: &[u8]) -> Result<SigningKeyPair, AuthError> {
        let provider = SignatureProvider::Dalek;
        SigningKeyPair::open(&master(), kid, created_at_ms, sealed, provider)
    }

    fn refusal(opened: Result<SigningKeyPair, AuthError>) -> AuthError {
        opened.map(|_| ()).unwrap_err()
    }

    /// RFC 8037, appendix A: key, thumbprint.
    #[test]
    fn kid_and_public_key_are_those_of_the_rfc() {
        let secret = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec,
            0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03,
            0x1c, 0xae, 0x7f, 0x60,
        ];
        let pair = pair(secret);
        assert_eq!(pair.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(pair.public()[..4], [0xd7, 0x5a, 0x98, 0x01]);
    }

    #[test]
    fn an_opened_pair_signs_as_before() {
        let pair = pair([4; 32]);
        let sealed = pair.seal(&master(), CREATED, [5; 24]);
        let opened = open(pair.kid(), CREATED, &sealed).unwrap();
        let signature = Signature::from_bytes(&opened.sign(b"message"));
        let public = VerifyingKey::from_bytes(&pair.public()).unwrap();
        assert!(public.verify_strict(b"message", &signature).is_ok());
    }

    #[test]
    fn a_pair_does_not_open_in_another_row() {
        let [one, other] = [[4; 32], [6; 32]].map(pair);
        let sealed = one.seal(&master(), CREATED, [5; 24]);
        for (kid, created) in [(one.kid(), CREATED + 1), (other.kid(), CREATED)] {
            let opened = open(kid, created, &sealed);
            assert!(matches!(refusal(opened), AuthError::SealedAltered));
        }
    }

    #[test]
    fn a_key_that_is_not_its_rows_is_refused_even_if_sealed_for_it() {
        let [one, other] = [[4; 32], [6; 32]].map(pair);
        let sealed = master().seal(
            one.seed.expose_secret(),
            &sealed_for(other.kid(), CREATED),
            [5; 24],
        );
        let opened = open(other.kid(), CREATED, &sealed);
        assert!(matches!(refusal(opened), AuthError::SigningKeyMismatch));
    }
}
