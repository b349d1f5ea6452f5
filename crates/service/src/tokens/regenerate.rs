//! A new secret for a token; the old one stops working, at once or after an overlap.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::scope::INTROSPECT;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Problem, Reason, Status, Timestamp, Token, TokenId};

use super::owner::{owner_of, require_receiver};
use super::secrets::{judged_secrets, next_generation, replace_place};
use super::{Acting, Maker, NewSecret, Owner, owned};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::policy::InForce;
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::StepUp;
use crate::status::places;
use crate::view::{IssuedToken, TokenView};

/// How a token gets its new secret.
#[derive(Clone, Debug, Default)]
pub struct Regeneration {
    /// The new expiry as RFC 3339; absent, the lifetime stays as it was.
    pub expires_at: Option<String>,
    /// The generation that the person saw: another one is refused, so that a page loaded again
    /// can't mint again.
    pub expected_generation: Option<u32>,
    /// For how many hours the old secret goes on working; 0 is not at all.
    pub overlap_hours: u32,
    /// Whether the first exchange with the new secret ends the old one.
    pub end_overlap_at_first_use: bool,
}

impl Service {
    /// Gives one of the owner's active tokens a new secret, which is answered this once. The old
    /// secret works until the overlap ends, or until the token expires as it would have before,
    /// whichever is earlier. One that was in overlap already is ended.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`] where the policy asks for a sign-in that is more recent;
    /// [`Problem::ValidationFailed`] for what is no time, and for an overlap that its first use
    /// would end and that has no length; [`Problem::ExpirationNotAllowed`];
    /// [`Problem::PolicyForbids`] for an overlap that is too long; [`Problem::TooManyRequests`]
    /// after too many new secrets in a minute; [`Problem::Forbidden`] for a token with the scope
    /// `introspect`, but for administrators; [`Problem::UserNotFound`] for a service account that
    /// is not the user's, [`Problem::OwnerDisabled`] for a disabled one;
    /// [`Problem::TokenNotFound`]; [`Problem::TokenNotActive`], also where the token is no longer
    /// in the expected generation.
    pub async fn regenerate_token(
        &self,
        by: impl Into<Acting<'_>>,
        id: &str,
        asked: Regeneration,
    ) -> Result<IssuedToken, Error> {
        let acting = by.into();
        let id = self.token_id(acting, id);
        self.regenerate_token_as(acting.into(), id, asked).await
    }

    /// As [`regenerate_token`](Self::regenerate_token), by whoever may make tokens for the owner.
    pub(crate) async fn regenerate_token_as(
        &self,
        maker: Maker,
        id: impl Future<Output = Result<TokenId, Error>>,
        asked: Regeneration,
    ) -> Result<IssuedToken, Error> {
        let session = maker.authority.session();
        if let Some(by) = session {
            self.require_recent_sign_in(by, StepUp::ByPolicy).await?;
        }
        let own = session.filter(|_| maker.owner == Owner::Own);
        let policy = self.policies().await?.known(own.map(|by| &by.user));
        let expires_at = asked
            .expires_at
            .map(|text| {
                Timestamp::parse(&text)
                    .map_err(|_| Problem::validation("ExpiresAt", Reason::NotATime))
            })
            .transpose()?;
        if asked.end_overlap_at_first_use && asked.overlap_hours == 0 {
            return Err(Problem::validation("EndOverlapAtFirstUse", Reason::UnknownValue).into());
        }
        if let Some(expires_at) = expires_at {
            policy.check_expiry(expires_at, self.now())?;
        }
        policy.overlap(asked.overlap_hours)?;
        let id = id.await?;
        if let Some(by) = session {
            self.inner.limits.count_grant(by.user.id)?;
        }
        let secret = NewSecret::make(self)?;
        let shown = secret.shown.clone();
        let regenerate = Regenerate {
            owner: maker.owner,
            id,
            expires_at,
            expected_generation: asked.expected_generation,
            policies: Arc::clone(&self.inner.policies),
            overlap_hours: asked.overlap_hours,
            end_overlap_at_first_use: asked.end_overlap_at_first_use,
            secret,
        };
        let token = self.change(maker.authority, regenerate).await?;
        Ok(IssuedToken {
            token,
            secret: shown,
        })
    }
}

struct Regenerate {
    owner: Owner,
    id: TokenId,
    expires_at: Option<Timestamp>,
    expected_generation: Option<u32>,
    policies: Arc<InForce>,
    overlap_hours: u32,
    end_overlap_at_first_use: bool,
    secret: NewSecret,
}

/// What became of the secrets that a token had.
struct Replaced {
    /// Until when the last one goes on working; `None` for not at all.
    in_overlap: Option<Timestamp>,
    /// Whether one was ended.
    ended: bool,
}

impl Regenerate {
    /// Ends the secrets of `token`, which was moved to its next generation, or lets the last one
    /// work on in overlap.
    async fn replace(
        draft: &Draft<'_>,
        token: &Token,
        secrets: Vec<(Secret, Judgement)>,
        overlap: Duration,
        expired_at: Timestamp,
    ) -> Result<Replaced, Error> {
        let mut replaced = Replaced {
            in_overlap: None,
            ended: false,
        };
        // The older one comes first and leaves its slot to the other.
        for (mut secret, judgement) in secrets {
            if overlap > Duration::ZERO && secret.slot == Some(Slot::Current) {
                if judgement != Judgement::Genuine {
                    return Err(Error::LogNotRead);
                }
                let until = draft.now.after(overlap).min(expired_at);
                secret.slot = Some(Slot::Overlap);
                secret.valid_until = Some(until);
                secret.ends_overlap = false;
                if token.expires_at < expired_at {
                    replace_place(draft, token, &mut secret).await?;
                }
                draft.update_secret(secret).await?;
                replaced.in_overlap = Some(until);
            } else {
                // Kept without a slot, so that its use can be told from a guess.
                secret.slot = None;
                places::revoke(draft, &secret).await?;
                draft.update_secret(secret).await?;
                replaced.ended = true;
            }
        }
        Ok(replaced)
    }
}

impl Change for Regenerate {
    type Output = TokenView;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(TokenView, Taken), Error> {
        let owner = owner_of(draft, self.owner).await?;
        let policy = self.policies.in_change(draft).await?.of(&owner.groups);
        let policy = &policy.rules;
        if let Some(expires_at) = self.expires_at {
            policy.check_expiry(expires_at, draft.now)?;
        }
        let overlap = policy.overlap(self.overlap_hours)?;
        require_receiver(draft, &owner).await?;
        let (listed, mut token) = owned(draft, owner.id, self.id).await?;
        // Who may not make such a token gets no secret of one either.
        if token.scopes.contains(INTROSPECT) && !draft.is_by_administrator() {
            return Err(Problem::Forbidden.into());
        }
        if self
            .expected_generation
            .is_some_and(|expected| expected != token.generation)
        {
            return Err(Problem::TokenNotActive {
                status: Status::Active,
            }
            .into());
        }
        let expired_at = token.expires_at;
        let secrets = judged_secrets(draft, &token).await?;
        let generation = next_generation(&token, &secrets);
        token.regenerate(self.expires_at, generation, policy, draft.now)?;
        let replaced = Self::replace(draft, &token, secrets, overlap, expired_at).await?;
        let ends_overlap = self.end_overlap_at_first_use && replaced.in_overlap.is_some();
        self.secret
            .insert_after(draft, &token, ends_overlap)
            .await?;
        draft.update_token(token.clone()).await?;
        let mut entry = draft
            .entry(EventKind::TokenRegenerated, &token.id)
            .owner(owner.id)
            .detail("Generation", token.generation)
            .detail("ExpiresAt", token.expires_at.to_string())
            .personal("Name", token.name.as_str());
        if let Some(until) = replaced.in_overlap {
            entry = entry
                .detail("PreviousSecretValidUntil", until.to_string())
                .detail("EndOverlapAtFirstUse", ends_overlap);
        }
        draft.record(entry);
        let view =
            TokenView::of(&token, &listed, draft.now).with_overlap_until(replaced.in_overlap);
        let takes = replaced.ended || token.expires_at < expired_at;
        let taken = if takes { Taken::Now } else { Taken::Nothing };
        Ok((view, taken))
    }
}
