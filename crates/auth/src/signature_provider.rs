#[cfg(feature = "aws-lc")]
use aws_lc_rs::signature::Ed25519KeyPair;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use ed25519_dalek::{SECRET_KEY_LENGTH, SIGNATURE_LENGTH, Sha512, SigningKey, VerifyingKey};

/// The library that computes signatures. All give the same bytes, because an Ed25519 signature
/// follows from key and message alone (RFC 8032, section 5.1.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureProvider {
    /// ed25519-dalek, in Rust alone: the reference.
    #[default]
    Dalek,
    /// AWS-LC, in C and assembly: about twice as fast.
    #[cfg(feature = "aws-lc")]
    AwsLc,
}

impl SignatureProvider {
    /// The private key of this seed (RFC 8032, section 5.1.5), ready to sign.
    pub(crate) fn signer(self, seed: &[u8; SECRET_KEY_LENGTH]) -> Box<dyn Signer> {
        match self {
            Self::Dalek => Box::new(ExpandedKey::of(seed)),
            #[cfg(feature = "aws-lc")]
            Self::AwsLc => Box::new(aws_lc_key(seed)),
        }
    }
}

/// A private key that signs. It is wiped when dropped, by `zeroize` or by AWS-LC. AWS-LC wipes all
/// memory that it frees.
pub(crate) trait Signer: Send + Sync {
    /// The signature of `message` (RFC 8032, section 5.1.6).
    fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LENGTH];
}

/// The expanded form of a seed (RFC 8032, section 5.1.5). It is kept because [`SigningKey`] hashes
/// the seed again for each signature.
struct ExpandedKey {
    secret: ExpandedSecretKey,
    public: VerifyingKey,
}

impl ExpandedKey {
    fn of(seed: &[u8; SECRET_KEY_LENGTH]) -> Self {
        Self {
            secret: ExpandedSecretKey::from(seed),
            // It must belong to the same seed, because a signature for another public key would
            // reveal the secret.
            public: SigningKey::from_bytes(seed).verifying_key(),
        }
    }
}

impl Signer for ExpandedKey {
    fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        raw_sign::<Sha512>(&self.secret, message, &self.public).to_bytes()
    }
}

#[cfg(feature = "aws-lc")]
impl Signer for Ed25519KeyPair {
    fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        let signature = Self::sign(self, message);
        let mut bytes = [0; SIGNATURE_LENGTH];
        bytes.copy_from_slice(signature.as_ref());
        bytes
    }
}

#[cfg(feature = "aws-lc")]
fn aws_lc_key(seed: &[u8; SECRET_KEY_LENGTH]) -> Ed25519KeyPair {
    let key = Ed25519KeyPair::from_seed_unchecked(seed);
    // It refuses a shorter slice, and fails if there is no memory.
    #[expect(clippy::expect_used, reason = "the line above")]
    key.expect("any 32 bytes are a seed")
}
