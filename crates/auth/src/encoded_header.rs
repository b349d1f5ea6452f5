use ats_pat_token::{Header, SigningAlgorithm};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The first part of the authentication tokens that one key signs: their header in base64url and
/// the point after it (RFC 7515, section 7.1), for each name of the algorithm.
pub(crate) struct EncodedHeaders {
    eddsa: String,
    ed25519: String,
}

impl EncodedHeaders {
    pub(crate) fn new(kid: &str) -> Self {
        Self {
            eddsa: encoded(kid, SigningAlgorithm::EdDsa),
            ed25519: encoded(kid, SigningAlgorithm::Ed25519),
        }
    }

    pub(crate) fn of(&self, algorithm: SigningAlgorithm) -> &str {
        match algorithm {
            SigningAlgorithm::EdDsa => &self.eddsa,
            SigningAlgorithm::Ed25519 => &self.ed25519,
        }
    }
}

#[expect(clippy::expect_used, reason = "three texts")]
fn encoded(kid: &str, alg: SigningAlgorithm) -> String {
    let kid = kid.to_owned();
    let header = serde_json::to_vec(&Header { alg, kid }).expect("always representable in JSON");
    let mut encoded = BASE64_URL_SAFE_NO_PAD.encode(header);
    encoded.push('.');
    encoded
}
