//! Ending a token for good.

use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::list::{MAX_PAGE_SIZE, TokenQuery};
use ats_pat_domain::{Problem, Status, Token, TokenId, UserId};

use super::{owned, parse_id};
use crate::change::{Change, Draft};
use crate::error::Error;
use crate::ledger::Entry;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::sessions::{SignedIn, still_signed_in};
use crate::settled::Taken;
use crate::status::places;
use crate::view::TokenView;

impl Service {
    /// Revokes one of the user's tokens; a revoked one stays as it was.
    ///
    /// # Errors
    /// 1300.
    pub async fn revoke_token(&self, by: &SignedIn, id: &str) -> Result<Outcome<TokenView>, Error> {
        let id = parse_id(id)?;
        if let Some(ended) = self.revoked_before(by, id).await? {
            return Ok(self.taken_away(Taken::now_if(false), ended).await);
        }
        let revoke = Revoke {
            by: By::Owner(by.clone()),
            id,
        };
        let (view, taken) = self.change(revoke).await?;
        Ok(self.taken_away(taken, view).await)
    }
}

impl Service {
    /// The token, if it was revoked before: asking again must not take the event lock, which changes wait for.
    async fn revoked_before(&self, by: &SignedIn, id: TokenId) -> Result<Option<TokenView>, Error> {
        let Some(listed) = self.store().tokens().owned(by.user_id(), id).await? else {
            return Ok(None);
        };
        let token = self.roots().check(listed.token)?;
        let view = TokenView::new(&token, listed.usage.as_ref(), self.now());
        Ok(token.revoked_at.is_some().then_some(view))
    }
}

/// Who revokes a token.
pub(crate) enum By {
    Owner(SignedIn),
    /// An operator: the change itself asks whether it still is one.
    Operator(Actor),
}

/// Revokes a token of the owner, or as an operator anybody's.
pub(crate) struct Revoke {
    pub(crate) by: By,
    pub(crate) id: TokenId,
}

/// Ends a token, and says so; gives whether it was not revoked before.
pub(crate) async fn revoke(
    draft: &Draft<'_>,
    token: &mut Token,
    actor: Actor,
) -> Result<bool, Error> {
    let entry = Entry::new(EventKind::TokenRevoked, actor, &token.id);
    revoke_saying(draft, token, entry).await
}

/// As [`revoke`], with an entry that says more about it.
pub(crate) async fn revoke_saying(
    draft: &Draft<'_>,
    token: &mut Token,
    entry: Entry,
) -> Result<bool, Error> {
    if !token.revoke(draft.now) {
        return Ok(false);
    }
    // The secret keeps its slot: whoever sends it is told that it was revoked.
    draft.update_token(token.clone()).await?;
    for secret in draft.read().secrets().of_token(token.id).await? {
        if secret.row.slot.is_some() {
            places::revoke(draft, &draft.check(secret)?).await?;
        }
    }
    draft.record(
        entry
            .owner(token.owner_id)
            .personal("Name", token.name.as_str()),
    );
    Ok(true)
}

/// Ends a user's active tokens, each with an event.
pub(crate) async fn revoke_tokens_of(
    draft: &Draft<'_>,
    owner: UserId,
    actor: Actor,
) -> Result<(), Error> {
    let active = TokenQuery {
        status: Some(Status::Active),
        page_size: MAX_PAGE_SIZE,
        ..TokenQuery::of(Some(owner))
    };
    loop {
        // Always the first page: what was revoked is active no more.
        let page = draft.read().tokens().page(&active, draft.now).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for listed in page.items {
            let mut token = draft.check(listed.token)?;
            revoke(draft, &mut token, actor).await?;
        }
    }
}

impl Change for Revoke {
    type Output = (TokenView, Taken);

    async fn apply(&self, draft: &Draft<'_>) -> Result<Self::Output, Error> {
        let (listed, mut token, actor) = match &self.by {
            By::Owner(by) => {
                let owner = still_signed_in(draft, by).await?;
                let (listed, token) = owned(draft, owner.id, self.id).await?;
                (listed, token, by.actor())
            }
            By::Operator(actor) => {
                let listed = draft.read().tokens().by_id(self.id).await?;
                let listed = listed.ok_or(Problem::TokenNotFound)?;
                let token = draft.check(listed.token.clone())?;
                (listed, token, *actor)
            }
        };
        let taken = Taken::now_if(revoke(draft, &mut token, actor).await?);
        let view = TokenView::new(&token, listed.usage.as_ref(), draft.now);
        Ok((view, taken))
    }
}
