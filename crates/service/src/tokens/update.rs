//! Another name, description or an earlier expiry for a token.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::token::Edit;
use ats_pat_domain::{Description, Policy, Problem, Reason, Timestamp, Token, TokenId, TokenName};

use super::owner::owner_of;
use super::secrets::end_earlier;
use super::{Acting, Owner, owned, refuse_name_in_use};
use crate::change::{Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::view::TokenView;

/// What an owner changes of a token, as written; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct TokenUpdate {
    /// Another name, which no other active token of the owner may have.
    pub name: Option<String>,
    /// Another description; an empty one removes it.
    pub description: Option<String>,
    /// An earlier expiry as RFC 3339.
    pub expires_at: Option<String>,
}

impl TokenUpdate {
    /// [`Problem::ValidationFailed`] for every field that fails, else
    /// [`Problem::ExpirationNotAllowed`] for an expiry that has passed.
    fn check(&self, policy: &Policy, now: Timestamp) -> Result<Edit, Problem> {
        let mut failures = Vec::new();
        let mut failed = |field, reason| failures.push(Failure::new(field, reason));
        let name = self.name.as_deref().map(TokenName::new).transpose();
        let expires_at = self.expires_at.as_deref().map(Timestamp::parse).transpose();
        let description = self
            .description
            .as_deref()
            .map(Description::new)
            .transpose();
        if let Err(reason) = &name {
            failed("Name", *reason);
        }
        if expires_at.is_err() {
            failed("ExpiresAt", Reason::NotATime);
        }
        if let Err(reason) = &description {
            failed("Description", *reason);
        }
        let (Ok(name), Ok(expires_at), Ok(description)) = (name, expires_at, description) else {
            return Err(Problem::ValidationFailed(failures));
        };
        if expires_at.is_some_and(|expires_at| expires_at <= now) {
            // Which expiry the token has is not known yet: whether there is such a token is told
            // later.
            let latest = policy.latest_expiry(now);
            return Err(Problem::ExpirationNotAllowed { latest });
        }
        Ok(Edit {
            name,
            description,
            expires_at,
        })
    }
}

impl Service {
    /// Changes the name, the description or the expiry of one of the owner's tokens. An expiry can
    /// only come earlier, and then no server exchanges the token beyond it once this is answered.
    /// Of a token that ended only the description can change. What is as it was already is no
    /// change.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`], [`Problem::ExpirationNotAllowed`] for an expiry that has
    /// passed, [`Problem::TooManyRequests`] after too many changes in a minute,
    /// [`Problem::UserNotFound`], [`Problem::TokenNotFound`], [`Problem::TokenNotActive`] for
    /// another name or expiry of a token that is not active, [`Problem::ExpirationNotAllowed`] for
    /// a later expiry, [`Problem::NameInUse`].
    pub async fn update_token(
        &self,
        by: impl Into<Acting<'_>>,
        id: &str,
        asked: TokenUpdate,
    ) -> Result<TokenView, Error> {
        let acting = by.into();
        // It only says in a refusal what is allowed: what takes away goes on without.
        let policy = match self.policies().await {
            Ok(policies) => policies.known(acting.own()),
            Err(_) => Policy::default(),
        };
        let edit = asked.check(&policy, self.now())?;
        if edit == Edit::default() {
            return self.token(acting, id).await;
        }
        let update = Update {
            owner: acting.owner(),
            id: self.token_id(acting, id).await?,
            edit,
        };
        self.inner.limits.count_grant(acting.user().id)?;
        self.change(acting.authority(), update).await
    }
}

struct Update {
    owner: Owner,
    id: TokenId,
    edit: Edit,
}

impl Change for Update {
    type Output = TokenView;

    fn rank(&self) -> Rank {
        if self.edit.expires_at.is_some() {
            Rank::First
        } else {
            Rank::Third
        }
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(TokenView, Taken), Error> {
        let owner = owner_of(draft, self.owner).await?;
        let (listed, mut token) = owned(draft, owner.id, self.id).await?;
        let before = token.clone();
        let has_changed = token.edit(&self.edit, draft.now)?;
        let ends_earlier = token.expires_at < before.expires_at;
        let taken = match self.edit.expires_at {
            Some(_) if ends_earlier => Taken::Now,
            // Another call may have brought the expiry forward just now.
            Some(_) => Taken::Before,
            None => Taken::Nothing,
        };
        let view = TokenView::of(&token, &listed, draft.now);
        if !has_changed {
            return Ok((view, taken));
        }
        if token.name != before.name {
            refuse_name_in_use(draft, owner.id, &token.name, Some(token.id)).await?;
        }
        if ends_earlier {
            end_earlier(draft, &before, &token).await?;
        }
        draft.update_token(token.clone()).await?;
        record(draft, &before, &token);
        Ok((view, taken))
    }
}

/// Says what is another than before. Names and descriptions are a person's words, and can be
/// erased.
fn record(draft: &Draft<'_>, before: &Token, after: &Token) {
    let mut entry = draft
        .entry(EventKind::TokenUpdated, &after.id)
        .owner(after.owner_id)
        .personal("Name", after.name.as_str());
    if after.name != before.name {
        entry = entry.personal("NameBefore", before.name.as_str());
    }
    if after.description != before.description {
        entry = entry
            .personal("Description", after.description.as_str())
            .personal("DescriptionBefore", before.description.as_str());
    }
    if after.expires_at != before.expires_at {
        entry = entry
            .detail("ExpiresAt", after.expires_at.to_string())
            .detail("ExpiresAtBefore", before.expires_at.to_string());
    }
    draft.record(entry);
}
