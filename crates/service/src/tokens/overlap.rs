//! The end of an overlap before its time.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Problem, Tagged, Token, TokenId};

use super::owner::owner_of;
use super::secrets::judged_secrets;
use super::{Acting, Owner};
use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::status::places;
use crate::view::TokenView;

impl Service {
    /// Ends the replaced secret of one of the owner's tokens that still works. Where none does,
    /// nothing changes.
    ///
    /// # Errors
    /// [`Problem::UserNotFound`] for a service account that is not the user's;
    /// [`Problem::TokenNotFound`].
    pub async fn end_overlap(
        &self,
        by: impl Into<Acting<'_>>,
        id: &str,
    ) -> Result<TokenView, Error> {
        let acting = by.into();
        let end = EndOverlap {
            id: self.token_id(acting, id).await?,
            of: Some(acting.owner()),
        };
        self.change(acting.authority(), end).await?;
        self.token(acting, id).await
    }

    /// Ends the replaced secret of a token, whose new one was shown for the first time.
    pub(crate) async fn end_overlap_at_first_use(&self, id: TokenId) -> Result<(), Error> {
        let end = EndOverlap { id, of: None };
        self.change(Authority::Holder, end).await
    }
}

struct EndOverlap {
    id: TokenId,
    /// Whose it has to be; `None` where the new secret was shown for the first time.
    of: Option<Owner>,
}

impl EndOverlap {
    async fn token(&self, draft: &Draft<'_>) -> Result<Option<Tagged<Token>>, Error> {
        let tokens = draft.read().tokens();
        let found = match self.of {
            None => tokens.by_id(self.id).await?,
            Some(owner) => {
                let owner = owner_of(draft, owner).await?;
                tokens.owned(owner.id, self.id).await?
            }
        };
        Ok(found.map(|listed| listed.token))
    }
}

impl Change for EndOverlap {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let token = self.token(draft).await?.ok_or(Problem::TokenNotFound)?;
        let (token, _) = draft.judge(token).await;
        let (mut changed, mut ended) = (false, false);
        for (mut secret, judgement) in judged_secrets(draft, &token).await? {
            match secret.slot {
                Some(Slot::Overlap) => {
                    // Kept without a slot, so that its use can be told from a guess.
                    secret.slot = None;
                    places::revoke(draft, &secret).await?;
                    ended = true;
                }
                // To write a row makes it genuine: only one that is.
                Some(Slot::Current) if secret.ends_overlap && judgement == Judgement::Genuine => {
                    secret.ends_overlap = false;
                }
                Some(Slot::Current | Slot::Unconfirmed) | None => continue,
            }
            draft.update_secret(secret).await?;
            changed = true;
        }
        if changed {
            draft.record(
                draft
                    .entry(EventKind::OverlapEnded, &token.id)
                    .owner(token.owner_id)
                    .detail("AtFirstUse", self.of.is_none())
                    .personal("Name", token.name.as_str()),
            );
        }
        Ok(((), Taken::now_if(ended)))
    }
}
