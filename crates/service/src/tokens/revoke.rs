//! Ending a token for good.

use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::{Problem, TokenId};

use super::{owned, parse_id};
use crate::change::{Change, Draft};
use crate::error::Error;
use crate::ledger::Entry;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::sessions::{SignedIn, still_signed_in};
use crate::view::TokenView;

impl Service {
    /// Revokes one of the user's tokens; a revoked one stays as it was.
    ///
    /// # Errors
    /// 1300.
    pub async fn revoke_token(&self, by: &SignedIn, id: &str) -> Result<Outcome<TokenView>, Error> {
        let revoke = Revoke {
            by: Some(by.clone()),
            id: parse_id(id)?,
        };
        Ok(Outcome::takes_away(self.change(revoke).await?))
    }
}

/// Revokes a token as its owner, or without one as the operator.
pub(crate) struct Revoke {
    pub(crate) by: Option<SignedIn>,
    pub(crate) id: TokenId,
}

impl Change for Revoke {
    type Output = TokenView;

    async fn apply(&self, draft: &Draft<'_>) -> Result<TokenView, Error> {
        let (listed, mut token) = if let Some(by) = &self.by {
            let owner = still_signed_in(draft, by).await?;
            owned(draft, owner.id, self.id).await?
        } else {
            let listed = draft
                .read()
                .tokens()
                .by_id(self.id)
                .await?
                .ok_or(Problem::TokenNotFound)?;
            let token = draft.check(listed.token.clone())?;
            (listed, token)
        };
        if token.revoke(draft.now) {
            // The secret keeps its slot: whoever sends it is told that it was revoked.
            draft.update_token(token.clone()).await?;
            let actor = self.by.as_ref().map_or(Actor::Operator, SignedIn::actor);
            draft.record(
                Entry::new(EventKind::TokenRevoked, actor, &token.id)
                    .owner(token.owner_id)
                    .personal("Name", token.name.as_str()),
            );
        }
        Ok(TokenView::new(&token, listed.usage.as_ref(), draft.now))
    }
}
