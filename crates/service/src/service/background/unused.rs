//! Revokes tokens that nobody used for longer than the policy allows.
//!
//! A walk through all tokens finds them by cheap reads, for ever, and without the lock for changes.
//! Then a change checks a few of them again, so that several servers don't revoke the same token
//! twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::SignOfLife;
use ats_pat_domain::{Status, Timestamp, Token, TokenId, User, UserId};

use crate::change::{Change, Draft, Taken};
use crate::policy::{InForce, OwnerPolicies};
use crate::service::Service;
use crate::service::error::Error;
use crate::tokens::revoke_saying;

const DAY: Duration = Duration::from_hours(24);
/// A use is written up to a minute later, or even later if the server can't reach the database. The
/// limit is in days, so two hours more don't matter.
const SLACK: Duration = Duration::from_hours(2);
/// How many tokens one statement reads.
const BATCH: u64 = 1000;
/// How many statements are in one turn.
const BATCHES: u32 = 20;
/// How many tokens one change revokes, so that no other change waits long.
const REVOKED_AT_ONCE: usize = 20;

/// The last token of the walk. `None` at its start.
#[derive(Default)]
pub(super) struct Walk(Option<TokenId>);

/// A token that was not used since this time is revoked at `now`, if the limit is so many days.
/// `None` if there is no limit.
pub(crate) fn unused_since(days: u32, now: Timestamp) -> Option<Timestamp> {
    (days > 0).then(|| now.before(DAY.saturating_mul(days)).before(SLACK))
}

impl Service {
    /// Looks at every token. Revokes those that were not used, created or regenerated for longer
    /// than their owner's policy allows, and two hours more. Returns how many.
    pub async fn revoke_unused(&self) -> Result<u64, Error> {
        let mut walk = Walk::default();
        let mut revoked = 0;
        loop {
            revoked += self.revoke_unused_of(&mut walk).await?;
            if walk.0.is_none() {
                return Ok(revoked);
            }
        }
    }

    /// Does a turn of the walk.
    pub(super) async fn revoke_some_unused(&self, walk: &mut Walk) -> Result<(), Error> {
        for _ in 0..BATCHES {
            let revoked = self.revoke_unused_of(walk).await?;
            if revoked > 0 {
                tracing::info!(revoked, "tokens that nobody used were revoked");
            }
            if walk.0.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn revoke_unused_of(&self, walk: &mut Walk) -> Result<u64, Error> {
        let now = self.now();
        let policies = self.policies().await?;
        let fewest = policies.all().fewest_unused_days();
        let Some(since) = fewest.and_then(|days| unused_since(days, now)) else {
            walk.0 = None;
            return Ok(0);
        };
        let signs = self.store().tokens().signs_of_life(walk.0, BATCH).await?;
        let last = signs.last().map(|sign| sign.token_id);
        let found: Vec<SignOfLife> = signs
            .into_iter()
            .filter(|sign| sign.ends_at > now && sign.last < since)
            .collect();
        let found = self
            .of_owners_whose_policy_says_so(&policies, found, now)
            .await?;
        let revoke = |ids| RevokeUnused {
            ids,
            policies: Arc::clone(&self.inner.policies),
        };
        let revoked = self
            .change_in_parts(&found, REVOKED_AT_ONCE, revoke)
            .await?;
        // This is last, so that a failed turn is tried again.
        walk.0 = last;
        Ok(revoked)
    }

    /// Leaves out tokens that no change would revoke, because checking them would delay changes
    /// again and again.
    async fn of_owners_whose_policy_says_so(
        &self,
        policies: &OwnerPolicies,
        found: Vec<SignOfLife>,
        now: Timestamp,
    ) -> Result<Vec<TokenId>, Error> {
        let mut owners: Vec<UserId> = found.iter().map(|sign| sign.owner_id).collect();
        owners.sort_unstable();
        owners.dedup();
        let mut since = HashMap::with_capacity(owners.len());
        for owners in owners.chunks(100) {
            for owner in self.store().users().by_ids(owners).await? {
                let days = days_of(policies, &owner.row);
                since.insert(owner.row.id, unused_since(days, now));
            }
        }
        let is_due = |sign: &SignOfLife| {
            let since = since.get(&sign.owner_id).copied().flatten();
            since.is_some_and(|since| sign.last < since)
        };
        let due = found.into_iter().filter(is_due);
        Ok(due.map(|sign| sign.token_id).collect())
    }
}

fn days_of(policies: &OwnerPolicies, owner: &User) -> u32 {
    policies.of(&owner.groups).rules.revoke_unused_after_days
}

struct RevokeUnused {
    ids: Vec<TokenId>,
    policies: Arc<InForce>,
}

impl RevokeUnused {
    /// The token and its limit in days, if it must be revoked. Rows that are not genuine grant
    /// nothing, and are left as they are.
    async fn due(
        draft: &Draft<'_>,
        policies: &OwnerPolicies,
        id: TokenId,
        restored_at: Option<Timestamp>,
    ) -> Result<Option<(Token, u32)>, Error> {
        let Some(listed) = draft.read().tokens().by_id(id).await? else {
            return Ok(None);
        };
        let used_at = listed.usage.map(|usage| usage.last_used_at);
        let Some(token) = draft.genuine(listed.token).await? else {
            return Ok(None);
        };
        let owner = draft.read().users().by_id(token.owner_id).await?;
        let owner = match owner {
            Some(owner) => draft.genuine(owner).await?,
            None => None,
        };
        let days = owner.map_or(0, |owner| days_of(policies, &owner));
        let Some(since) = unused_since(days, draft.now) else {
            return Ok(None);
        };
        let signs = [
            Some(token.created_at),
            token.regenerated_at,
            used_at,
            restored_at,
        ];
        let is_unused = signs.into_iter().flatten().all(|sign| sign < since);
        let is_due = is_unused && token.status(draft.now) == Status::Active;
        Ok(is_due.then_some((token, days)))
    }
}

impl Change for RevokeUnused {
    /// The number of revoked tokens.
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        // A backup lacks the uses after it.
        let kind = EventKind::RestoreAccepted.as_str();
        let restored = draft.read().events().last_of_kind(kind).await?;
        let restored_at = restored.map(|event| event.at);
        let policies = self.policies.in_change(draft).await?;
        let mut revoked = 0;
        for id in &self.ids {
            let due = Self::due(draft, &policies, *id, restored_at).await?;
            let Some((mut token, days)) = due else {
                continue;
            };
            let entry = draft
                .entry(EventKind::TokenRevoked, &token.id)
                .detail("Unused", true)
                .detail("UnusedForDays", days);
            revoked += u64::from(revoke_saying(draft, &mut token, entry).await?);
        }
        let taken = if revoked > 0 {
            Taken::Now
        } else {
            Taken::Nothing
        };
        Ok((revoked, taken))
    }
}
