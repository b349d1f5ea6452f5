//! Tokens that nobody used for longer than the policy allows are revoked.
//!
//! A walk through all tokens looks for them by light reads, without end and without the lock of
//! changes. What it finds is looked at again by a change, a few tokens at a time, so several
//! servers revoke nothing twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::SignOfLife;
use ats_pat_domain::{Status, Timestamp, Token, TokenId, User, UserId};

use crate::change::{Authority, Change, Draft, Taken};
use crate::policy::{InForce, OwnerPolicies};
use crate::service::Service;
use crate::service::error::Error;
use crate::tokens::revoke_saying;

const DAY: Duration = Duration::from_hours(24);
/// A use is written a minute later, and by a server that can't reach the database later still.
/// Nobody counts by the hour.
const SLACK: Duration = Duration::from_hours(2);
/// How many tokens are looked at by one statement.
const BATCH: u64 = 1000;
/// How many are looked at in one turn.
const BATCHES: u32 = 20;
/// How many are revoked by one change, so that no other waits long.
const REVOKED_AT_ONCE: usize = 20;

/// How far the walk came; `None` is the beginning.
#[derive(Default)]
pub(super) struct Walk(Option<TokenId>);

/// Since when a token has to have been unused, to be revoked at `now` where that is after so many
/// days; `None` where it never is.
pub(crate) fn unused_since(days: u32, now: Timestamp) -> Option<Timestamp> {
    (days > 0).then(|| now.before(DAY.saturating_mul(days)).before(SLACK))
}

impl Service {
    /// Looks at every token, and revokes those that were neither used nor made nor regenerated for
    /// longer than the policy of their owner allows, and two hours more. Gives how many.
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

    /// Does a turn of the walk; gives how many tokens it revoked.
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
        let mut revoked = 0;
        for ids in found.chunks(REVOKED_AT_ONCE) {
            let revoke = RevokeUnused {
                ids: ids.to_vec(),
                policies: Arc::clone(&self.inner.policies),
            };
            revoked += self.change(Authority::System, revoke).await?;
        }
        // Only then: what fails is tried again.
        walk.0 = last;
        Ok(revoked)
    }

    /// Leaves out what no change would revoke: a look at it would keep changes waiting, again and
    /// again.
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
    /// The token, if it is to be revoked; and after how many days without a use. Rows that are not
    /// genuine grant nothing, and are left as they are.
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
    /// How many were revoked.
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        // A backup knows nothing of the uses after it.
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
