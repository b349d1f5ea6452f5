//! What the browser keeps between the redirect to the provider and the answer, as one text.
//!
//! The keyed hash at its end shows that this service wrote it, and when. It doesn't show that this
//! browser got it: only the cookie's prefix keeps others from planting one.

use std::time::Duration;

use ats_pat_auth::KeyedHash;
use ats_pat_domain::port::Flow;
use ats_pat_domain::{ProviderName, Timestamp};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::cache::ring::SKEW;
use crate::ledger::rows::Roots;

/// How long a sign-in at the provider may take.
pub(super) const LIFETIME: Duration = Duration::from_mins(10);
/// The bytes of the keyed hash.
const HASH: usize = 32;
/// The longest text that is written and read. Browsers keep no longer cookie than 4096 bytes, with
/// its name and attributes.
pub(super) const LONGEST: usize = 3900;

/// A sign-in that was begun.
pub(super) struct Begun {
    pub(super) flow: Flow,
    pub(super) at: Timestamp,
    /// The page to go to afterwards.
    pub(super) next: String,
    /// The keyed hash of the id of the session that is to be confirmed.
    pub(super) confirms: Option<[u8; 32]>,
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    provider: String,
    state: [u8; 32],
    nonce: [u8; 32],
    verifier: [u8; 32],
    max_age: Option<u64>,
    at: i64,
    next: String,
    confirms: Option<[u8; 32]>,
}

impl Begun {
    /// The text for the browser.
    pub(super) fn seal(&self, roots: &Roots) -> SecretString {
        let written = Written {
            provider: self.flow.provider.as_str().to_owned(),
            state: self.flow.state,
            nonce: self.flow.nonce,
            verifier: self.flow.verifier,
            max_age: self.flow.max_age.map(|age| age.as_secs()),
            at: self.at.as_millis(),
            next: self.next.clone(),
            confirms: self.confirms,
        };
        // Texts and numbers can always be written.
        let mut bytes = serde_json::to_vec(&written).unwrap_or_default();
        let hash = roots.current().hash_provider_flow(&bytes);
        bytes.extend(hash.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes).into()
    }

    /// Reads a text that [`seal`](Self::seal) wrote. `None` for any other, and for one that is too
    /// old.
    pub(super) fn open(text: &str, roots: &Roots, now: Timestamp) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (written, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
        let hash = KeyedHash::from_slice(hash).ok()?;
        let mut keys = roots.newest_first();
        if !keys.any(|keys| keys.hash_provider_flow(written) == hash) {
            return None;
        }
        let written: Written = serde_json::from_slice(written).ok()?;
        let at = Timestamp::from_millis(written.at);
        if now > at.after(LIFETIME) || at > now.after(SKEW) {
            return None;
        }
        Some(Self {
            flow: Flow {
                provider: ProviderName::from_stored(written.provider),
                state: written.state,
                nonce: written.nonce,
                verifier: written.verifier,
                max_age: written.max_age.map(Duration::from_secs),
            },
            at,
            next: written.next,
            confirms: written.confirms,
        })
    }
}
