//! Tokens that live longer than the policy allows, though they were made before it: they are cut to
//! it where an administrator asked for that.
//!
//! A walk through all tokens looks for them without the lock of changes. What it finds is looked at
//! again by a change, a few tokens at a time. Whoever puts the policy into force waits for the
//! walk; if that is broken off, each server's background makes one of its own, once for each
//! policy.

use std::sync::Arc;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Timestamp, Token, TokenId, User, UserId};

use super::{InForce, OwnerPolicies};
use crate::change::{Change, Draft, Taken};
use crate::ledger::Entry;
use crate::service::Service;
use crate::service::error::Error;
use crate::tokens::end_earlier;

/// How many tokens are looked at by one statement.
const BATCH: u64 = 1000;
/// How many are cut by one change, so that no other waits long.
const CUT_AT_ONCE: usize = 20;

/// How many batches the background looks at in one turn.
const BATCHES: u32 = 20;

/// How far the background's walk came.
#[derive(Default)]
pub(crate) struct CutWalk {
    /// The number of the set that it is for; 0 is none.
    set: u64,
    /// The last token that was looked at; `None` at the beginning.
    after: Option<TokenId>,
    is_over: bool,
}

impl Service {
    /// Does a turn of the walk for the policy in force, if it asks for one, and this server did not
    /// come to its end yet.
    pub(crate) async fn cut_some(&self, walk: &mut CutWalk) -> Result<(), Error> {
        let policies = self.policies().await?;
        if walk.set != policies.number {
            *walk = CutWalk {
                set: policies.number,
                after: None,
                is_over: !policies.cuts(),
            };
        }
        for _ in 0..BATCHES {
            if walk.is_over {
                break;
            }
            let (_, last) = self.cut_batch(&policies, walk.after).await?;
            walk.after = last;
            walk.is_over = last.is_none();
        }
        Ok(())
    }

    /// Cuts every token that lives longer than these policies allow, if they ask for that and while
    /// they are in force. Gives how many.
    pub(crate) async fn cut_tokens(&self, policies: &OwnerPolicies) -> Result<u64, Error> {
        let mut cut = 0;
        let mut after = None;
        while policies.cuts() {
            let (more, last) = self.cut_batch(policies, after).await?;
            cut += more;
            after = last;
            if after.is_none() {
                break;
            }
        }
        Ok(cut)
    }

    /// Does it for the tokens behind `after`. Gives how many were cut, and the last token that was
    /// looked at; `None` where there is none.
    async fn cut_batch(
        &self,
        policies: &OwnerPolicies,
        after: Option<TokenId>,
    ) -> Result<(u64, Option<TokenId>), Error> {
        let batch = self.store().tokens().after(after, BATCH).await?;
        let last = batch.last().map(|last| last.row.id);
        let tokens: Vec<Token> = batch.into_iter().map(|tagged| tagged.row).collect();
        let due = self.too_long(policies, &tokens).await?;
        let cut = |ids| Cut {
            ids,
            policies: Arc::clone(&self.inner.policies),
        };
        let cut = self.change_in_parts(&due, CUT_AT_ONCE, cut).await?;
        Ok((cut, last))
    }

    /// Those that a change would cut.
    async fn too_long(
        &self,
        policies: &OwnerPolicies,
        tokens: &[Token],
    ) -> Result<Vec<TokenId>, Error> {
        let now = self.now();
        let mut owners: Vec<UserId> = tokens.iter().map(|token| token.owner_id).collect();
        owners.sort_unstable();
        owners.dedup();
        let mut due = Vec::new();
        for ids in owners.chunks(100) {
            for User { id, groups, .. } in self.users_by_ids(ids).await? {
                let policy = policies.of(&groups);
                let own = tokens.iter().filter(|token| token.owner_id == id);
                let long = own.filter(|token| (*token).clone().cut(&policy.rules, now));
                due.extend(long.map(|token| token.id));
            }
        }
        Ok(due)
    }

    async fn users_by_ids(&self, ids: &[UserId]) -> Result<Vec<User>, Error> {
        let users = self.store().users().by_ids(ids).await?;
        Ok(users.into_iter().map(|tagged| tagged.row).collect())
    }
}

struct Cut {
    ids: Vec<TokenId>,
    policies: Arc<InForce>,
}

impl Cut {
    /// The token as it was, and as it is to be, if it is to be cut. Rows that are not genuine grant
    /// nothing, and are left as they are.
    async fn due(
        draft: &Draft<'_>,
        policies: &OwnerPolicies,
        id: TokenId,
    ) -> Result<Option<(Token, Token)>, Error> {
        let Some(bearer) = draft.read().tokens().bearer(id).await? else {
            return Ok(None);
        };
        let token = draft.genuine(bearer.token).await?;
        let owner = draft.genuine(bearer.owner).await?;
        let (Some(token), Some(owner)) = (token, owner) else {
            return Ok(None);
        };
        let mut cut = token.clone();
        let policy = policies.of(&owner.groups);
        Ok(cut.cut(&policy.rules, draft.now).then_some((token, cut)))
    }
}

impl Change for Cut {
    /// How many were cut.
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        let policies = self.policies.in_change(draft).await?;
        if !policies.cuts() {
            // Another policy is in force.
            return Ok((0, Taken::Nothing));
        }
        let mut cut = 0;
        for id in &self.ids {
            let Some((before, token)) = Self::due(draft, &policies, *id).await? else {
                continue;
            };
            end_earlier(draft, &before, &token).await?;
            draft.update_token(token.clone()).await?;
            draft.record(entry(draft, &before, &token));
            cut += 1;
        }
        let taken = if cut > 0 { Taken::Now } else { Taken::Nothing };
        Ok((cut, taken))
    }
}

/// Says what became earlier.
fn entry(draft: &Draft<'_>, before: &Token, after: &Token) -> Entry {
    let mut entry = draft
        .entry(EventKind::TokenUpdated, &after.id)
        .owner(after.owner_id)
        .detail("Policy", true)
        .personal("Name", after.name.as_str());
    if after.expires_at != before.expires_at {
        entry = entry
            .detail("ExpiresAt", after.expires_at.to_string())
            .detail("ExpiresAtBefore", before.expires_at.to_string());
    }
    if after.regenerates_until != before.regenerates_until {
        let text = |until: Option<Timestamp>| until.map(|until| until.to_string());
        entry = entry
            .detail("RegeneratesUntil", text(after.regenerates_until))
            .detail("RegeneratesUntilBefore", text(before.regenerates_until));
    }
    entry
}
