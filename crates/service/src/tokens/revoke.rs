//! Ending a token for good.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::{MAX_PAGE_SIZE, TokenQuery};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{Problem, Status, Tagged, Token, TokenId, UserId};

use super::parse_id;
use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::error::Error;
use crate::ledger::Entry;
use crate::service::Service;
use crate::sessions::SignedIn;
use crate::status::places;
use crate::view::TokenView;

impl Service {
    /// Revokes one of the user's tokens; a revoked one stays as it was.
    ///
    /// # Errors
    /// 1300.
    pub async fn revoke_token(&self, by: &SignedIn, id: &str) -> Result<TokenView, Error> {
        let id = parse_id(id)?;
        if let Some(ended) = self.revoked_before(by, id).await? {
            self.wait_for_taken_before().await;
            return Ok(ended);
        }
        let authority = Authority::Session(by.clone());
        let (token, _) = self.change(authority, Revoke { id }).await?;
        Ok(token)
    }

    /// The token, if it was revoked before: asking again must not take the event lock, which changes wait for.
    async fn revoked_before(&self, by: &SignedIn, id: TokenId) -> Result<Option<TokenView>, Error> {
        let currency = self.currency();
        let read = || async { Ok(self.store().tokens().owned(by.user_id(), id).await?) };
        let certain = currency.certain(read, |listed| {
            let token = currency.check(listed.token)?;
            let view = TokenView::new(&token, listed.usage.as_ref(), self.now());
            Ok(token.revoked_at.is_some().then_some(view))
        });
        // What was planted or altered, or can't be told, is for the change to end, whatever it says.
        Ok(certain.await.ok().flatten().flatten())
    }
}

/// Revokes a token: under a session one of the user's, under an operator's authority anybody's.
pub(crate) struct Revoke {
    pub(crate) id: TokenId,
}

/// Ends a token, and says so; gives whether it was not revoked before.
async fn revoke(draft: &Draft<'_>, token: &mut Token) -> Result<bool, Error> {
    let entry = draft.entry(EventKind::TokenRevoked, &token.id);
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
    for secret in living_secrets(draft, token).await? {
        places::revoke(draft, &secret).await?;
    }
    draft.record(
        entry
            .owner(token.owner_id)
            .personal("Name", token.name.as_str()),
    );
    Ok(true)
}

/// Ends a token, whether or not its row is genuine; gives it, and whether it was not revoked before.
pub(crate) async fn revoke_any(
    draft: &Draft<'_>,
    token: Tagged<Token>,
) -> Result<(Token, bool), Error> {
    let (mut token, judgement) = draft.judge(token).await;
    let revoked = match judgement {
        Judgement::Genuine | Judgement::Unknown => revoke(draft, &mut token).await?,
        Judgement::Planted => revoke_planted(draft, &mut token).await?,
    };
    Ok((token, revoked))
}

/// Ends a token whose row was planted or altered: what is left of it is revoked for good. Neither what the row says nor
/// its secrets are believed.
async fn revoke_planted(draft: &Draft<'_>, token: &mut Token) -> Result<bool, Error> {
    draft.quarantine(token);
    token.revoked_at = None;
    revoke(draft, token).await
}

/// The secrets of a token that have a slot. One that was planted or altered grants nothing, and could keep the place of
/// another: it is removed, and the places that the log gave to the token's secrets are revoked in its stead.
pub(crate) async fn living_secrets(draft: &Draft<'_>, token: &Token) -> Result<Vec<Secret>, Error> {
    let mut living = Vec::new();
    let mut planted = false;
    for secret in draft.read().secrets().of_token(token.id).await? {
        match draft.judge(secret).await {
            (secret, Judgement::Planted) => {
                draft.quarantine(&secret);
                draft.delete_secret(&secret).await?;
                planted = true;
            }
            (secret, _) if secret.slot.is_some() => living.push(secret),
            _ => {}
        }
    }
    if planted {
        places::revoke_all_of(draft, token).await?;
    }
    Ok(living)
}

/// Ends a user's active tokens, each with an event.
pub(crate) async fn revoke_tokens_of(draft: &Draft<'_>, owner: UserId) -> Result<(), Error> {
    let active = TokenQuery {
        status: Some(Status::Active),
        page_size: MAX_PAGE_SIZE,
        ..TokenQuery::of(Some(owner))
    };
    loop {
        // Always the first page: what was revoked is active no more.
        let page = draft.read().tokens().page(&active, draft.now).await?;
        if page.items.is_empty() {
            // Nothing but rows that can't be read, or nothing.
            return match page.total {
                0 => Ok(()),
                _ => revoke_every_token_of(draft, owner).await,
            };
        }
        for listed in page.items {
            revoke_any(draft, listed.token).await?;
        }
    }
}

/// As [`revoke_tokens_of`], by a walk through all entries: where rows that can't be read fill the first page.
async fn revoke_every_token_of(draft: &Draft<'_>, owner: UserId) -> Result<(), Error> {
    let mut after = None;
    loop {
        let tokens = draft.read().tokens();
        let batch = tokens.of_owner(owner, after, MAX_PAGE_SIZE.into()).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = Some(last.row.id);
        for token in batch {
            revoke_any(draft, token).await?;
        }
    }
}

impl Change for Revoke {
    /// The token, and whose it is.
    type Output = (TokenView, UserId);

    async fn apply(&self, draft: &Draft<'_>) -> Result<(Self::Output, Taken), Error> {
        let tokens = draft.read().tokens();
        let listed = match draft.only_of()? {
            Some(owner) => tokens.owned(owner, self.id).await?,
            None => tokens.by_id(self.id).await?,
        };
        let listed = listed.ok_or(Problem::TokenNotFound)?;
        let (token, revoked) = revoke_any(draft, listed.token).await?;
        let view = TokenView::new(&token, listed.usage.as_ref(), draft.now);
        Ok(((view, token.owner_id), Taken::now_if(revoked)))
    }
}
