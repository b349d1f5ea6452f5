//! A new secret for a token; the old one stops working.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Policy, Problem, Reason, Status, Timestamp, TokenId};

use super::secrets::living_secrets;
use super::{NewSecret, owned, parse_id};
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::SignedIn;
use crate::status::places;
use crate::view::{IssuedToken, TokenView};

/// How a token gets its new secret.
#[derive(Clone, Debug, Default)]
pub struct Regeneration {
    /// The new expiry as RFC 3339; absent, the lifetime stays as it was.
    pub expires_at: Option<String>,
    /// The generation that the person saw: another one is refused, so that a page loaded again can't mint again.
    pub expected_generation: Option<u32>,
}

impl Service {
    /// Gives one of the user's active tokens a new secret, which is answered this once.
    ///
    /// # Errors
    /// 1001 for what is no time, 1302, 1400 after too many new secrets in a minute, 1300, 1303 for a token that is not active (or no longer in the
    /// expected generation).
    pub async fn regenerate_token(
        &self,
        by: &SignedIn,
        id: &str,
        asked: Regeneration,
    ) -> Result<IssuedToken, Error> {
        let policy = &self.inner.settings.policy;
        let expires_at = asked
            .expires_at
            .map(|text| {
                Timestamp::parse(&text)
                    .map_err(|_| Problem::validation("ExpiresAt", Reason::NotATime))
            })
            .transpose()?;
        if let Some(expires_at) = expires_at {
            policy.check_expiry(expires_at, self.now())?;
        }
        self.inner.limits.count_grant(by.user_id())?;
        let secret = NewSecret::make(self)?;
        let shown = secret.shown.clone();
        let regenerate = Regenerate {
            id: parse_id(id)?,
            expires_at,
            expected_generation: asked.expected_generation,
            policy: policy.clone(),
            secret,
        };
        let authority = Authority::Session(by.clone());
        let token = self.change(authority, regenerate).await?;
        Ok(IssuedToken {
            token,
            secret: shown,
        })
    }
}

struct Regenerate {
    id: TokenId,
    expires_at: Option<Timestamp>,
    expected_generation: Option<u32>,
    policy: Policy,
    secret: NewSecret,
}

impl Change for Regenerate {
    type Output = TokenView;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(TokenView, Taken), Error> {
        let owner = draft.user()?;
        let (listed, mut token) = owned(draft, owner.id, self.id).await?;
        if self
            .expected_generation
            .is_some_and(|expected| expected != token.generation)
        {
            return Err(Problem::TokenNotActive {
                status: Status::Active,
            }
            .into());
        }
        token.regenerate(self.expires_at, &self.policy, draft.now)?;
        for mut dead in living_secrets(draft, &token).await? {
            // Kept without a slot, so that its use can be told from a guess.
            dead.slot = None;
            places::revoke(draft, &dead).await?;
            draft.update_secret(dead).await?;
        }
        self.secret.insert(draft, &token).await?;
        draft.update_token(token.clone()).await?;
        draft.record(
            draft
                .entry(EventKind::TokenRegenerated, &token.id)
                .owner(owner.id)
                .detail("Generation", token.generation)
                .detail("ExpiresAt", token.expires_at.to_string())
                .personal("Name", token.name.as_str()),
        );
        let view = TokenView::new(&token, listed.usage.as_ref(), draft.now);
        Ok((view, Taken::Now))
    }
}
