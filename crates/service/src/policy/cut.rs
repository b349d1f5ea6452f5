//! Tokens that live longer than the policy allows, though they were made before it: they are cut to
//! it where an administrator asked for that.
//!
//! A walk through all tokens looks for them without the lock of changes. What it finds is looked at
//! again by a change, a few tokens at a time. Whoever puts the policy into force waits for the
//! walk; if that is broken off, each server's background makes one of its own, once for each
//! policy.

use std::sync::Arc;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Token, TokenId, User, UserId};

use super::{InForce, OwnerPolicies};
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::tokens::end_earlier;

/// How many tokens are looked at by one statement.
const BATCH: u64 = 1000;
/// How many are cut by one change, so that no other waits long.
const CUT_AT_ONCE: usize = 20;

/// The set whose walk this server made to its end; 0 is none.
#[derive(Default)]
pub(crate) struct CutWalk(u64);

impl Service {
    /// Makes the walk for the policy in force, if it asks for one, and this server did not make it
    /// yet.
    pub(crate) async fn cut_once(&self, walk: &mut CutWalk) -> Result<(), Error> {
        let policies = self.policies().await?;
        if walk.0 != policies.number {
            self.cut_tokens(&policies).await?;
            walk.0 = policies.number;
        }
        Ok(())
    }

    /// Cuts every token that lives longer than these policies allow, if they ask for that and while
    /// they are in force. Gives how many.
    pub(crate) async fn cut_tokens(&self, policies: &OwnerPolicies) -> Result<u64, Error> {
        if !policies.stored.is_some_and(|stored| stored.cuts) {
            return Ok(0);
        }
        let mut cut = 0;
        let mut after = None;
        loop {
            let batch = self.store().tokens().after(after, BATCH).await?;
            let Some(last) = batch.last() else {
                return Ok(cut);
            };
            after = Some(last.row.id);
            let tokens: Vec<Token> = batch.into_iter().map(|tagged| tagged.row).collect();
            let due = self.too_long(policies, &tokens).await?;
            for ids in due.chunks(CUT_AT_ONCE) {
                let change = Cut {
                    ids: ids.to_vec(),
                    policies: Arc::clone(&self.inner.policies),
                };
                cut += self.change(Authority::System, change).await?;
            }
        }
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
        if !policies.stored.is_some_and(|stored| stored.cuts) {
            // Another policy is in force.
            return Ok((0, Taken::Nothing));
        }
        let mut cut = 0;
        for id in &self.ids {
            let Some((before, token)) = Self::due(draft, &policies, *id).await? else {
                continue;
            };
            end_earlier(draft, &token).await?;
            draft.update_token(token.clone()).await?;
            draft.record(
                draft
                    .entry(EventKind::TokenUpdated, &token.id)
                    .owner(token.owner_id)
                    .detail("Policy", true)
                    .detail("ExpiresAt", token.expires_at.to_string())
                    .detail("ExpiresAtBefore", before.expires_at.to_string())
                    .personal("Name", token.name.as_str()),
            );
            cut += 1;
        }
        let taken = if cut > 0 { Taken::Now } else { Taken::Nothing };
        Ok((cut, taken))
    }
}
