//! What an event log tells of the time after a backup.

use std::collections::{BTreeMap, BTreeSet};

use ats_pat_domain::event::{Event, EventKind, Head};
use ats_pat_domain::{OperatorKeyId, TokenId, UserId};
use serde_json::Value;

use crate::ledger::pruned::is_pruned;
use crate::ledger::{behind, follows};
use crate::service::Service;
use crate::service::error::Error;

/// How many events are read at once.
const BATCH: u64 = 1000;

/// What took rights away, or gave other ones, after a backup was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The number of the last event that was read.
    pub(crate) head_seq: i64,
    /// Tokens that were revoked, or got another secret or another expiry.
    pub(crate) tokens: BTreeSet<TokenId>,
    /// Users that were disabled or enabled. The value is whether they are disabled.
    pub(crate) disabled: BTreeMap<UserId, bool>,
    /// Users that sign in in another way, or are no longer administrators.
    pub(crate) signing_in: BTreeSet<UserId>,
    /// Users whose personal details were erased.
    pub(crate) erased: BTreeSet<UserId>,
    /// Operator keys that were revoked.
    pub(crate) operator_keys: BTreeSet<OperatorKeyId>,
    /// Whether the signing keys were destroyed because others may know them.
    pub(crate) compromised: bool,
    /// Whether the policy changed.
    pub(crate) policy_changed: bool,
}

impl Since {
    /// The number of the last event that it knows of.
    pub fn head_seq(&self) -> i64 {
        self.head_seq
    }

    fn note(&mut self, event: &Event) {
        self.head_seq = event.seq;
        let kind = EventKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == event.kind);
        let user = || event.subject.parse::<UserId>().ok();
        match kind {
            Some(
                EventKind::TokenRevoked
                | EventKind::TokenRegenerated
                | EventKind::TokenSelfRegenerated
                | EventKind::TokenConfirmed
                | EventKind::TokenUpdated
                | EventKind::OverlapEnded,
            ) => self.tokens.extend(event.subject.parse::<TokenId>()),
            Some(EventKind::BulkRevoked) => {
                let details: Value = serde_json::from_slice(&event.details).unwrap_or_default();
                let revoked = details.get("Tokens").and_then(Value::as_array);
                let ids = revoked.into_iter().flatten().filter_map(Value::as_str);
                self.tokens
                    .extend(ids.filter_map(|id| id.parse::<TokenId>().ok()));
            }
            Some(EventKind::UserDisabled) => {
                self.disabled.extend(user().map(|user| (user, true)));
            }
            Some(EventKind::UserEnabled) => {
                self.disabled.extend(user().map(|user| (user, false)));
            }
            Some(EventKind::UserErased) => self.erased.extend(user()),
            Some(
                EventKind::PasswordSet | EventKind::IdentityLinked | EventKind::IdentityUnlinked,
            ) => self.signing_in.extend(user()),
            Some(EventKind::UserUpdated) if says(event, "IsAdmin", false) => {
                self.signing_in.extend(user());
            }
            Some(EventKind::OperatorKeyRevoked) => {
                self.operator_keys
                    .extend(event.subject.parse::<OperatorKeyId>());
            }
            Some(EventKind::SigningKeyCreated) => {
                self.compromised |= says(event, "Compromised", true);
            }
            Some(EventKind::PolicyChanged) => self.policy_changed = true,
            _ => {}
        }
    }
}

fn says(event: &Event, detail: &str, value: bool) -> bool {
    let details: Value = serde_json::from_slice(&event.details).unwrap_or_default();
    details.get(detail).and_then(Value::as_bool) == Some(value)
}

impl Service {
    /// What the event log of this database tells of the time after the event `backup`. `None` if
    /// the log doesn't have that event and all after it, because it is the log of another service,
    /// or of another restore, or because events were removed.
    ///
    /// # Errors
    /// [`Error::Tampered`] if a later event was altered or is missing.
    pub async fn since(&self, backup: Head) -> Result<Option<Since>, Error> {
        let events = self.store().events();
        let first = events.from(backup.seq, 1).await?;
        if behind(backup, &first).is_none() || is_pruned(self.store(), self.roots(), backup).await?
        {
            return Ok(None);
        }
        let mut since = Since {
            head_seq: backup.seq,
            ..Since::default()
        };
        let mut before = backup;
        while let Some(next) = before.next() {
            let batch = events.from(next, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for event in &batch {
                if !follows(self.roots(), &before, event) {
                    return Err(Error::altered_event(next.max(before.seq)));
                }
                since.note(event);
                before = event.head();
            }
        }
        Ok(Some(since))
    }
}
