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

/// The path under which the lists are.
pub const STATUS_LISTS: &str = "/status-lists";

/// A signed status list.
#[derive(Clone)]
pub struct PublishedStatusList {
    /// The list, a JWS in compact form.
    pub text: Arc<[u8]>,
    /// What it is known by: another list has another one.
    pub entity_tag: Arc<str>,
    /// How long ago it was last known to be the current one: nothing, unless the database does not
    /// answer.
    pub age: Duration,
    pub(super) signed: SignedAs,
    /// The last event that changed what the list says.
    pub(super) changed_at: i64,
}

/// What a signed list is known by, written as `seq-epoch-time-kid`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SignedAs {
    pub(super) version: ListVersion,
    /// Milliseconds since the epoch.
    pub(super) at: i64,
    pub(super) kid: String,
}

impl PublishedStatusList {
    /// Whether who holds the list of this entity tag, from whichever server, needs no other: it
    /// says the same, and its signature will hold for some time.
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
        // A key's id may have hyphens.
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

/// The list as it is served.
pub(crate) struct StatusLists {
    pub(super) issuer: String,
    /// The address that new authentication tokens name.
    pub(super) address: ArcSwap<String>,
    pub(super) state: Arc<Mutex<State>>,
    /// How many looks at the log have ended.
    pub(super) looks: AtomicU64,
    /// What the last look found that was answered.
    pub(super) remembered: ArcSwapOption<Remembered>,
}

/// A list that was the current one when a look at the log began.
pub(super) struct Remembered {
    pub(super) list: PublishedStatusList,
    pub(super) address: Arc<String>,
    /// By the clock of leases.
    pub(super) looked_at: Duration,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) places: Option<Places>,
    /// When the last look at the log began, by the clock of leases.
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
    /// `epoch` is when an earlier database was last accepted, in milliseconds since the epoch; 0 if
    /// never.
    pub(crate) fn new(issuer: &str, epoch: i64) -> Self {
        Self {
            issuer: issuer.to_owned(),
            address: ArcSwap::from_pointee(address(issuer, epoch)),
            state: Arc::default(),
            looks: AtomicU64::new(0),
            remembered: ArcSwapOption::empty(),
        }
    }

    /// The address of the list that tells of tokens that are minted now.
    pub(crate) fn address(&self) -> Arc<String> {
        self.address.load_full()
    }
}

/// Each database that was taken back to an earlier state has a list of its own: the places in it
/// are new, and what was issued before names a list that is no more.
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
        // Before the last change of a place, or of a state that is not seen here yet.
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
