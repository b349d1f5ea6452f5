use ats_pat_token::thumbprint;
use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroize as _;

use crate::{AuthError, Canonical, MasterKeys};

const ALGORITHM: &str = "Ed25519";

/// A pair of keys that signs authentication tokens (Ed25519, RFC 8032).
pub struct SigningKeyPair {
    key: SigningKey,
    kid: String,
}

impl SigningKeyPair {
    /// A new pair from 32 random bytes.
    pub fn generate(mut random: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&random);
        random.zeroize();
        let kid = thumbprint(&key.verifying_key());
        Self { key, kid }
    }

    /// The pair, sealed under the first master key for its key id, algorithm and creation time (in
    /// milliseconds since the epoch); `nonce` is 24 random bytes.
    pub fn seal(&self, master: &MasterKeys, created_at_ms: i64, nonce: [u8; 24]) -> Vec<u8> {
        master.seal(
            self.key.as_bytes(),
            &sealed_for(&self.kid, created_at_ms),
            nonce,
        )
    }

    /// Opens the pair that stands in the row of key id `kid`, created at `created_at_ms`. Errors are those
    /// of [`MasterKeys::open`], and [`AuthError::SigningKeyMismatch`] where the key has another id.
    pub fn open(
        master: &MasterKeys,
        kid: &str,
        created_at_ms: i64,
        sealed: &[u8],
    ) -> Result<Self, AuthError> {
        let opened = master.open(sealed, &sealed_for(kid, created_at_ms))?;
        let bytes =
            <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| AuthError::SealedAltered)?;
        let pair = Self::generate(bytes);
        if pair.kid == kid {
            Ok(pair)
        } else {
            Err(AuthError::SigningKeyMismatch)
        }
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The key id: the RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

fn sealed_for(kid: &str, created_at_ms: i64) -> Canonical {
    Canonical::new("signing_keys")
        .text(kid)
        .text(ALGORITHM)
        .i64(created_at_ms)
}
