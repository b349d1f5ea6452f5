//! Ending a token for good.

use std::collections::HashSet;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::{
    Description, Problem, Scopes, Status, Tagged, Token, TokenId, TokenName, UserId,
};

use super::owner::owner_of;
use super::secrets::living_secrets;
use super::{Acting, Owner};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::ledger::Entry;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::status::places;
use crate::view::TokenView;

/// How many entries are read at once.
const BATCH: u64 = 500;

impl Service {
    /// Revokes one of the owner's tokens; a revoked one stays as it was.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`] for a service account that is not the user's;
    /// [`Problem::TokenNotFound`].
    pub async fn revoke_token(
        &self,
        by: impl Into<Acting<'_>>,
        id: &str,
    ) -> Result<TokenView, Error> {
        let acting = by.into();
        let id = self.token_id(acting, id).await?;
        if let Some(ended) = self.revoked_before(acting, id).await? {
            self.wait_for_taken_before().await;
            return Ok(ended);
        }
        let revoke = Revoke {
            id,
            of: Whose::Owner(acting.owner()),
        };
        let (token, _) = self.change(acting.authority(), revoke).await?;
        Ok(token)
    }

    /// The token, if it was revoked before: asking again must not take the event lock, which
    /// changes wait for.
    async fn revoked_before(
        &self,
        acting: Acting<'_>,
        id: TokenId,
    ) -> Result<Option<TokenView>, Error> {
        let currency = self.currency();
        let owner = self.owner_id(acting).await?;
        let read = || async { Ok(self.store().tokens().owned(owner, id).await?) };
        let certain = currency.certain(read, |listed| {
            let token = currency.check(listed.token.clone())?;
            let view = TokenView::of(&token, &listed, self.now());
            Ok(token.revoked_at.is_some().then_some(view))
        });
        // What was planted or altered, or can't be told, is for the change to end, whatever it
        // says.
        Ok(certain.await.ok().flatten().flatten())
    }
}

/// The change that revokes a token.
pub(crate) struct Revoke {
    pub(crate) id: TokenId,
    pub(crate) of: Whose,
}

/// Whose token a revocation may end.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    /// The owner's whom a session's user acts for.
    Owner(Owner),
    /// This user's, whoever it is; under an authority over everybody's.
    User(UserId),
    /// Anybody's, under such an authority.
    Anybody,
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
    if !end(draft, token).await? {
        return Ok(false);
    }
    draft.record(
        entry
            .owner(token.owner_id)
            .personal("Name", token.name.as_str()),
    );
    Ok(true)
}

/// Ends a token without an entry of its own; gives whether it was not revoked before.
async fn end(draft: &Draft<'_>, token: &mut Token) -> Result<bool, Error> {
    if !token.revoke(draft.now) {
        return Ok(false);
    }
    // The secret keeps its slot: whoever sends it is told that it was revoked.
    draft.update_token(token.clone()).await?;
    for secret in living_secrets(draft, token).await? {
        places::revoke(draft, &secret).await?;
    }
    Ok(true)
}

/// Ends a token without an entry of its own, whether or not its row is genuine; gives whether it
/// was not revoked before.
pub(crate) async fn end_any(draft: &Draft<'_>, token: Tagged<Token>) -> Result<bool, Error> {
    let (mut token, judgement) = draft.judge(token).await;
    if judgement == Judgement::Planted {
        draft.quarantine(&token);
        token.revoked_at = None;
    }
    end(draft, &mut token).await
}

/// Ends a token, whether or not its row is genuine; gives it, and whether it was not revoked
/// before.
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

/// Ends a token whose row was planted or altered: what is left of it is revoked for good. Neither
/// what the row says nor its secrets are believed.
async fn revoke_planted(draft: &Draft<'_>, token: &mut Token) -> Result<bool, Error> {
    draft.quarantine(token);
    token.revoked_at = None;
    revoke(draft, token).await
}

/// Ends a user's active tokens, each with an event. Every entry is looked at: whoever can write to
/// the database can make an active one look ended, or unreadable, until this is over.
pub(crate) async fn revoke_tokens_of(draft: &Draft<'_>, owner: UserId) -> Result<(), Error> {
    revoke_tokens(draft, Some(owner)).await.map(drop)
}

/// As [`revoke_tokens_of`], of this owner or of everybody; gives how many were revoked.
pub(crate) async fn revoke_tokens(draft: &Draft<'_>, owner: Option<UserId>) -> Result<u64, Error> {
    let tokens = draft.read().tokens();
    let (mut revoked, mut after) = (0, None);
    let mut seen = HashSet::new();
    loop {
        let batch = match owner {
            Some(owner) => tokens.of_owner(owner, after, BATCH).await?,
            None => tokens.after(after, BATCH).await?,
        };
        let Some(last) = batch.last() else { break };
        after = Some(last.row.id);
        for token in batch {
            seen.insert(token.row.id);
            let has_ended = token.row.status(draft.now) != Status::Active;
            if has_ended && owner.is_some() && !draft.may_be_replaced(&token).await {
                continue;
            }
            let (_, was_active) = revoke_any(draft, token).await?;
            revoked += u64::from(was_active);
        }
    }
    let mut after = None;
    loop {
        let ids = tokens.ids(owner, after, BATCH).await?;
        let Some((last, _)) = ids.last() else {
            return Ok(revoked);
        };
        after = Some(*last);
        for (id, owner) in ids {
            if !seen.contains(&id) {
                revoke_unreadable(draft, id, owner).await?;
                revoked += 1;
            }
        }
    }
}

/// Writes over a row that can't be read: what is left is a token that was revoked.
async fn revoke_unreadable(
    draft: &Draft<'_>,
    id: TokenId,
    owner_id: UserId,
) -> Result<Token, Error> {
    let mut token = Token {
        id,
        owner_id,
        name: TokenName::from_stored("unreadable".to_owned()),
        description: Description::default(),
        scopes: Scopes::from_stored(""),
        allowed_networks: None,
        generation: 1,
        created_at: draft.now,
        expires_at: draft.now,
        regenerated_at: None,
        regenerates_until: None,
        revoked_at: None,
    };
    revoke_planted(draft, &mut token).await?;
    Ok(token)
}

/// Whose a token is, as the log tells that made it.
async fn owner_in_log(draft: &Draft<'_>, id: TokenId) -> Result<Option<UserId>, Error> {
    let filter = EventFilter {
        kind: Some(EventKind::TokenCreated.as_str().to_owned()),
        subjects: Some(vec![id.to_string()]),
        limit: 1,
        ..EventFilter::default()
    };
    let events = draft.read().events().newest(&filter).await?;
    Ok(events.first().and_then(|event| event.owner))
}

impl Change for Revoke {
    /// The token, and whose it is.
    type Output = (TokenView, UserId);

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(Self::Output, Taken), Error> {
        let tokens = draft.read().tokens();
        let only_of = match self.of {
            Whose::Owner(owner) => Some(owner_of(draft, owner).await?.id),
            _ if !draft.reaches_everybody() => return Err(Problem::Forbidden.into()),
            Whose::User(owner) => Some(owner),
            Whose::Anybody => None,
        };
        let listed = match only_of {
            Some(owner) => tokens.owned(owner, self.id).await,
            None => tokens.by_id(self.id).await,
        };
        if let Err(StoreError::Corrupt { .. }) = listed {
            // It was found, and can't be read.
            let owner = match only_of {
                Some(owner) => Some(owner),
                None => owner_in_log(draft, self.id).await?,
            };
            let owner = owner.ok_or(Problem::TokenNotFound)?;
            let token = revoke_unreadable(draft, self.id, owner).await?;
            let view = TokenView::new(&token, None, draft.now);
            return Ok(((view, owner), Taken::Now));
        }
        let listed = listed?.ok_or(Problem::TokenNotFound)?;
        let (token, revoked) = revoke_any(draft, listed.token.clone()).await?;
        let view = TokenView::of(&token, &listed, draft.now);
        Ok(((view, token.owner_id), Taken::now_if(revoked)))
    }
}
