//! The status list as it is served.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use ats_pat_domain::Timestamp;
use ats_pat_token::ListVersion;
use tokio::sync::Mutex;

use super::SIGNED_ANEW_AFTER;
use super::list::Places;

/// The path of the lists.
pub const STATUS_LISTS: &str = "/status-lists";

/// A signed status list.
#[derive(Clone)]
pub struct PublishedStatusList {
    /// The list, a JWS in compact form.
    pub text: Arc<[u8]>,
    /// Its entity tag, which is different for each list.
    pub entity_tag: Arc<str>,
    /// How long ago it was last confirmed. Zero, unless the database does not answer.
    pub age: Duration,
    pub(super) signed: SignedAs,
    /// The number of the last event that changed the list.
    pub(super) changed_at: i64,
}

/// Identifies a signed list, written as `seq-epoch-time-kid`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SignedAs {
    pub(super) version: ListVersion,
    /// Milliseconds since the epoch.
    pub(super) at: i64,
    pub(super) kid: String,
}

impl PublishedStatusList {
    /// Whether a verifier with the list of this entity tag, from any server, needs no other list:
    /// it has the same content, and its signature stays valid for some time.
    pub fn is_said_by(&self, entity_tag: &str) -> bool {
        let known = entity_tag
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'))
            .and_then(SignedAs::parse);
        known.is_some_and(|known| {
            known.version.epoch == self.signed.version.epoch
                && known.kid == self.signed.kid
                && (self.changed_at..=self.signed.version.seq).contains(&known.version.seq)
                && Duration::from_millis(known.at.abs_diff(self.signed.at)) < SIGNED_ANEW_AFTER
        })
    }
}

impl SignedAs {
    pub(super) fn tag(&self) -> String {
        let Self { version, at, kid } = self;
        format!("\"{}-{}-{at}-{kid}\"", version.seq, version.epoch)
    }

    fn parse(text: &str) -> Option<Self> {
        // The id of a key may have hyphens.
        let mut parts = text.splitn(4, '-');
        let mut number = || parts.next()?.parse().ok();
        let (seq, epoch, at) = (number()?, number()?, number()?);
        Some(Self {
            version: ListVersion { epoch, seq },
            at,
            kid: parts.next()?.to_owned(),
        })
    }
}

/// The state of the served list.
pub(crate) struct StatusLists {
    pub(super) issuer: String,
    /// The list's address, which new authentication tokens name.
    pub(super) address: ArcSwap<String>,
    pub(super) state: Arc<Mutex<State>>,
    /// The number of looks at the log that have ended.
    pub(super) looks: AtomicU64,
    /// The result of the last look that was answered.
    pub(super) remembered: ArcSwapOption<Remembered>,
}

/// A list that was current when a look at the log began.
pub(super) struct Remembered {
    pub(super) list: PublishedStatusList,
    pub(super) address: Arc<String>,
    /// As a time since boot.
    pub(super) looked_at: Duration,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) places: Option<Places>,
    /// When the last look at the log began, as a time since boot.
    pub(super) looked_at: Option<Duration>,
    /// The number of the last look that the database did not answer.
    pub(super) unanswered: u64,
    pub(super) compressed: Option<Compressed>,
    pub(super) served: Option<PublishedStatusList>,
}

/// A list before it is signed.
pub(super) struct Compressed {
    pub(super) epoch: i64,
    pub(super) changed_at: i64,
    pub(super) made_at: Timestamp,
    pub(super) bytes: Vec<u8>,
}

impl StatusLists {
    /// `epoch` is when a restore was last accepted, in milliseconds since the epoch. 0 if never.
    pub(crate) fn new(issuer: &str, epoch: i64) -> Self {
        Self {
            issuer: issuer.to_owned(),
            address: ArcSwap::from_pointee(address(issuer, epoch)),
            state: Arc::default(),
            looks: AtomicU64::new(0),
            remembered: ArcSwapOption::empty(),
        }
    }

    /// The address of the current list, for tokens that are minted now.
    pub(crate) fn address(&self) -> Arc<String> {
        self.address.load_full()
    }
}

/// After each accepted restore there is a list with another address, because its places are new.
/// Tokens from before name a list that no longer exists.
pub(super) fn address(issuer: &str, epoch: i64) -> String {
    format!("{issuer}{STATUS_LISTS}/{epoch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(seq: i64, changed_at: i64) -> PublishedStatusList {
        let signed = SignedAs {
            version: ListVersion { epoch: 3, seq },
            at: 1_000_000,
            kid: "a-b_c".to_owned(),
        };
        PublishedStatusList {
            text: Arc::from([]),
            entity_tag: signed.tag().into(),
            age: Duration::ZERO,
            signed,
            changed_at,
        }
    }

    #[test]
    fn a_list_from_another_server_is_known_if_it_says_the_same() {
        let here = list(50, 30);
        for seq in [30, 40, 50] {
            assert!(here.is_said_by(&list(seq, 0).entity_tag), "{seq}");
        }
        // Before the last change of a place, or after the last event that was seen here.
        for seq in [29, 51] {
            assert!(!here.is_said_by(&list(seq, 0).entity_tag), "{seq}");
        }
        let tag = here.entity_tag.to_string();
        for other in [
            tag.replace("-3-", "-4-"),
            tag.replace("a-b_c", "a-b_d"),
            tag.replace("1000000", "700000"),
            tag.replace('"', ""),
            String::new(),
            "\"50\"".to_owned(),
        ] {
            assert!(!here.is_said_by(&other), "{other}");
        }
    }
}
