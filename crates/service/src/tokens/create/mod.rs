//! Making a token for a user or a service account.

mod asked;

use std::sync::Arc;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Problem, Token, TokenId, UserId};
use secrecy::SecretString;

use self::asked::Checked;
use super::form::{OneTimeKey, REQUEST};
use super::owner::{owner_of, require_receiver};
use super::{Acting, NewSecret, Owner, refuse_name_in_use};
use crate::change::{Authority, Change, Draft, Taken};
use crate::policy::InForce;
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::StepUp;
use crate::view::{IssuedToken, TokenView};

pub use asked::NewToken;

/// The token that a request with an idempotency key made, now or before.
pub struct CreatedOnce {
    /// The entry, as it is now.
    pub token: TokenView,
    /// The personal access token, `atspat_…`; `None` where the same request made it before, and was
    /// answered it then.
    pub secret: Option<SecretString>,
}

impl Service {
    /// Makes a token for the owner, and its secret, which is answered this once.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`] where the policy asks for a sign-in that is more recent,
    /// [`Code::InvalidRequest`](ats_pat_domain::Code::InvalidRequest) for a form key that was never
    /// given out or is older than any session, [`Problem::ValidationFailed`],
    /// [`Problem::UnknownScope`], [`Problem::ExpirationNotAllowed`], [`Problem::PolicyForbids`],
    /// [`Problem::TooManyRequests`] after too many new secrets in a minute,
    /// [`Error::AlreadyCreated`] for a form posted again, [`Problem::UserNotFound`] for a service
    /// account that is not the user's, [`Problem::OwnerDisabled`] for a disabled one,
    /// [`Problem::NameInUse`] for a name in use, [`Problem::TokenLimitReached`] at the limit.
    pub async fn create_token(
        &self,
        by: impl Into<Acting<'_>>,
        new: NewToken,
    ) -> Result<IssuedToken, Error> {
        let session = self.inner.settings.session_absolute;
        let key = new
            .form_key
            .as_deref()
            .map(|text| OneTimeKey::of_form(text, self.now(), session))
            .transpose()?;
        let form = key.map_or(Once::No, Once::Form);
        self.issue(by.into().into(), &new, form).await
    }

    /// Makes a token of what no form and no request can send again.
    ///
    /// # Errors
    /// As [`create_token`](Self::create_token).
    pub(crate) async fn create_token_as(
        &self,
        maker: Maker,
        new: &NewToken,
    ) -> Result<IssuedToken, Error> {
        self.issue(maker, new, Once::No).await
    }

    async fn issue(&self, maker: Maker, new: &NewToken, once: Once) -> Result<IssuedToken, Error> {
        let (token, secret) = self.create(maker, new, once).await?;
        match secret {
            Some(secret) => Ok(IssuedToken { token, secret }),
            None => Err(Error::AlreadyCreated {
                id: token.id,
                name: token.name,
            }),
        }
    }

    /// As [`create_token`](Self::create_token), of a request that may be sent again with the same
    /// key: then it makes nothing, and the token that it made is answered, without its secret.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`],
    /// [`Code::InvalidRequest`](ats_pat_domain::Code::InvalidRequest) for a key that is no UUID of
    /// version 7 from the last 24 hours, [`Problem::ValidationFailed`], [`Problem::UnknownScope`],
    /// [`Problem::ExpirationNotAllowed`], [`Problem::PolicyForbids`], [`Problem::TooManyRequests`],
    /// [`Problem::IdempotencyKeyReused`] for a key that was sent with another request before,
    /// [`Problem::UserNotFound`], [`Problem::OwnerDisabled`], [`Problem::NameInUse`],
    /// [`Problem::TokenLimitReached`].
    pub async fn create_token_once(
        &self,
        by: impl Into<Acting<'_>>,
        new: NewToken,
        idempotency_key: &str,
    ) -> Result<CreatedOnce, Error> {
        let key = OneTimeKey::of_request(idempotency_key, self.now())?;
        let (token, secret) = self
            .create(by.into().into(), &new, Once::Request(key))
            .await?;
        Ok(CreatedOnce { token, secret })
    }

    /// Makes a token; without a secret where it was made before.
    async fn create(
        &self,
        maker: Maker,
        new: &NewToken,
        once: Once,
    ) -> Result<(TokenView, Option<SecretString>), Error> {
        let session = maker.authority.session();
        if let Some(by) = session {
            self.require_recent_sign_in(by, StepUp::ByPolicy).await?;
        }
        let checked = new.check()?;
        let by = session.map(|by| &by.user);
        if matches!(once, Once::No) {
            // Before the lock is taken. What was made before is answered, whatever the policy says
            // now.
            let administers = by.is_none_or(|user| user.is_administrator);
            let owner = by.filter(|_| maker.owner == Owner::Own);
            let policy = self.policies().await?.known(owner);
            checked.allow(&policy, administers, self.now())?;
        }
        if let Some(user) = by {
            self.inner.limits.count_grant(user.id)?;
        }
        let secret = NewSecret::make(self)?;
        let create = Create {
            owner: maker.owner,
            policies: Arc::clone(&self.inner.policies),
            checked,
            once,
            secret,
        };
        self.change(maker.authority, create).await
    }
}

/// Who makes a token, and whose it becomes.
pub(crate) struct Maker {
    pub(crate) authority: Authority,
    pub(crate) owner: Owner,
}

impl From<Acting<'_>> for Maker {
    fn from(acting: Acting<'_>) -> Self {
        Self {
            authority: acting.authority(),
            owner: acting.owner(),
        }
    }
}

/// What keeps a token from being made twice.
enum Once {
    No,
    Form(OneTimeKey),
    Request(OneTimeKey),
}

struct Create {
    owner: Owner,
    policies: Arc<InForce>,
    checked: Checked,
    once: Once,
    secret: NewSecret,
}

impl Create {
    /// The token that the same form or request made before.
    ///
    /// # Errors
    /// [`Problem::IdempotencyKeyReused`] if another request made it.
    async fn made_before(
        &self,
        draft: &Draft<'_>,
        owner: UserId,
    ) -> Result<Option<TokenView>, Error> {
        let (Once::Form(key) | Once::Request(key)) = &self.once else {
            return Ok(None);
        };
        let Some(made) = key.made_before(draft, owner).await? else {
            return Ok(None);
        };
        let is_request = matches!(self.once, Once::Request(_));
        if is_request
            && !key
                .is_made_by(&made, draft, &self.checked.canonical())
                .await?
        {
            return Err(Problem::IdempotencyKeyReused.into());
        }
        Ok(Some(TokenView::of(&made.token, &made.listed, draft.now)))
    }
}

impl Change for Create {
    /// The token, and its secret unless it was made before.
    type Output = (TokenView, Option<SecretString>);

    async fn apply(&self, draft: &Draft<'_>) -> Result<(Self::Output, Taken), Error> {
        let owner = owner_of(draft, self.owner).await?;
        if let Some(token) = self.made_before(draft, owner.id).await? {
            return Ok(((token, None), Taken::Nothing));
        }
        // Until its turn came, the maker's rights and the owner's groups may have changed, and the
        // expiry may have passed.
        let policy = self.policies.in_change(draft).await?.of(&owner.groups);
        let administers = draft.is_by_administrator();
        self.checked.allow(&policy.rules, administers, draft.now)?;
        require_receiver(draft, &owner).await?;
        let id = match &self.once {
            Once::Form(key) | Once::Request(key) => key.new_id(draft, owner.id),
            Once::No => TokenId::new(draft.now, draft.random()?),
        };
        refuse_name_in_use(draft, owner.id, &self.checked.name, None).await?;
        let tokens = draft.read().tokens();
        let limit = policy.rules.max_active_tokens;
        if tokens.count_active(owner.id, draft.now).await? >= u64::from(limit) {
            return Err(Problem::TokenLimitReached { limit }.into());
        }
        let token = Token {
            id,
            owner_id: owner.id,
            name: self.checked.name.clone(),
            description: self.checked.description.clone(),
            scopes: self.checked.scopes.clone(),
            allowed_networks: self.checked.allowed_networks.clone(),
            generation: 1,
            created_at: draft.now,
            expires_at: self.checked.expires_at,
            regenerated_at: None,
            regenerates_until: self.checked.regenerates_until,
            revoked_at: None,
        };
        let view = TokenView::new(&token, None, draft.now);
        draft.insert_token(token.clone()).await?;
        self.secret.insert(draft, &token).await?;
        let mut entry = draft
            .entry(EventKind::TokenCreated, &token.id)
            .owner(owner.id)
            .detail("ExpiresAt", token.expires_at.to_string())
            .detail("Scopes", token.scopes.names().to_vec())
            .personal("Name", token.name.as_str());
        if let Some(until) = token.regenerates_until {
            entry = entry.detail("RegeneratesUntil", until.to_string());
        }
        if let Once::Request(key) = &self.once {
            let told = key.told_request(draft, &self.checked.canonical());
            entry = entry.detail(REQUEST, told);
        }
        draft.record(entry);
        Ok(((view, Some(self.secret.shown.clone())), Taken::Nothing))
    }
}
