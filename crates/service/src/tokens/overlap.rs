//! The end of an overlap before its time.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Problem, Tagged, Token, TokenId};

use super::owner::owner_of;
use super::secrets::judged_secrets;
use super::{Acting, Owner};
use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
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
            by: By::Owner(acting.owner()),
        };
        self.change(acting.authority(), end).await?;
        self.token(acting, id).await
    }

    /// Ends the replaced secret of a token, because the one with this hash, which took its place,
    /// was shown for the first time.
    pub(crate) async fn end_overlap_at_first_use(
        &self,
        id: TokenId,
        hash: [u8; 32],
    ) -> Result<(), Error> {
        let end = EndOverlap {
            id,
            by: By::FirstUse { of: hash },
        };
        self.change(Authority::Holder, end).await
    }
}

struct EndOverlap {
    id: TokenId,
    by: By,
}

/// What ends an overlap.
enum By {
    /// The owner of the token.
    Owner(Owner),
    /// The first use of the secret with this hash.
    FirstUse { of: [u8; 32] },
}

impl EndOverlap {
    async fn token(&self, draft: &Draft<'_>) -> Result<Option<Tagged<Token>>, Error> {
        let tokens = draft.read().tokens();
        let found = match self.by {
            By::FirstUse { .. } => tokens.by_id(self.id).await?,
            By::Owner(owner) => {
                let owner = owner_of(draft, owner).await?;
                tokens.owned(owner.id, self.id).await?
            }
        };
        Ok(found.map(|listed| listed.token))
    }

    /// Whether the secret that was used is still the current one. The token may have been
    /// regenerated since, or a fail-over may have lost the secret: then another one is of its
    /// generation.
    fn concerns(&self, secrets: &[(Secret, Judgement)]) -> bool {
        let By::FirstUse { of } = self.by else {
            return true;
        };
        let mut secrets = secrets.iter();
        secrets.any(|(secret, _)| secret.hash == of && secret.slot == Some(Slot::Current))
    }
}

impl Change for EndOverlap {
    type Output = ();

    fn rank(&self) -> Rank {
        match self.by {
            By::Owner(_) => Rank::First,
            By::FirstUse { .. } => Rank::Second,
        }
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let token = self.token(draft).await?.ok_or(Problem::TokenNotFound)?;
        let (token, _) = draft.judge(token).await;
        let secrets = judged_secrets(draft, &token).await?;
        if !self.concerns(&secrets) {
            return Ok(((), Taken::Before));
        }
        let is_first_use = matches!(self.by, By::FirstUse { .. });
        let ended = end_overlap_of(draft, &token, &secrets, is_first_use).await?;
        Ok(((), Taken::now_if(ended)))
    }
}

/// Ends the replaced secret among these, the living ones of `token`. Gives whether there was one.
pub(super) async fn end_overlap_of(
    draft: &Draft<'_>,
    token: &Token,
    secrets: &[(Secret, Judgement)],
    is_first_use: bool,
) -> Result<bool, Error> {
    let (mut changed, mut ended) = (false, false);
    for (secret, judgement) in secrets {
        let mut secret = secret.clone();
        match secret.slot {
            Some(Slot::Overlap) => {
                // Kept without a slot, so that its use can be told from a guess.
                secret.slot = None;
                places::revoke(draft, &secret).await?;
                ended = true;
            }
            // To write a row makes it genuine: only one that is.
            Some(Slot::Current) if secret.ends_overlap && *judgement == Judgement::Genuine => {
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
                .detail("AtFirstUse", is_first_use)
                .personal("Name", token.name.as_str()),
        );
    }
    Ok(ended)
}
