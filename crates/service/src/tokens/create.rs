//! Making a token.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::{
    Description, Policy, Problem, Reason, Scopes, Timestamp, Token, TokenId, TokenName, User,
};

use super::NewSecret;
use super::form::PostedForm;
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::SignedIn;
use crate::view::{IssuedToken, TokenView};

/// What a user asks for, as written; `None` is absent.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    /// The name; must be there.
    pub name: Option<String>,
    /// The expiry as RFC 3339; must be there.
    pub expires_at: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Names of the scopes that the user may give; absent is `all`.
    pub scopes: Option<Vec<String>>,
    /// CIDRs or addresses; absent is anywhere.
    pub allowed_networks: Option<Vec<String>>,
    /// What [`Service::new_form_key`] gave the form: posted again, the form makes nothing twice.
    pub form_key: Option<String>,
}

/// What a user asks for, once its rules hold.
struct Checked {
    name: TokenName,
    expires_at: Timestamp,
    description: Description,
    scopes: Scopes,
    allowed_networks: Option<AllowedNetworks>,
}

impl NewToken {
    /// 1001 for every field that fails, else 1305, else 1302.
    fn check(&self, policy: &Policy, owner: &User, now: Timestamp) -> Result<Checked, Problem> {
        let mut failures = Vec::new();
        let mut failed = |field, reason| failures.push(Failure { field, reason });
        let name =
            required(self.name.as_deref(), TokenName::new).map_err(|reason| failed("Name", reason));
        let expires_at = required(self.expires_at.as_deref(), |text| {
            Timestamp::parse(text).map_err(|_| Reason::NotATime)
        })
        .map_err(|reason| failed("ExpiresAt", reason));
        let description = Description::new(self.description.as_deref().unwrap_or_default())
            .map_err(|reason| failed("Description", reason));
        let scopes = self.scopes.as_ref().map_or_else(
            || Ok(Scopes::all()),
            |names| Scopes::choose(names, &policy.scopes_for(owner)),
        );
        if let Err(Problem::ValidationFailed(of_scopes)) = &scopes {
            for failure in of_scopes {
                failed(failure.field, failure.reason);
            }
        }
        let allowed_networks = self
            .allowed_networks
            .as_deref()
            .map(AllowedNetworks::parse)
            .transpose()
            .map_err(|reason| failed("AllowedNetworks", reason));
        let (Ok(name), Ok(expires_at), Ok(description), Ok(allowed_networks), true) = (
            name,
            expires_at,
            description,
            allowed_networks,
            failures.is_empty(),
        ) else {
            return Err(Problem::ValidationFailed(failures));
        };
        let scopes = scopes?;
        policy.check_expiry(expires_at, now)?;
        Ok(Checked {
            name,
            expires_at,
            description,
            scopes,
            allowed_networks,
        })
    }
}

fn required<T>(
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Reason>,
) -> Result<T, Reason> {
    text.ok_or(Reason::Required).and_then(parse)
}

impl Service {
    /// Makes a token and its secret, which is answered this once.
    ///
    /// # Errors
    /// 1000 for a form key that was never given out or is older than any session, 1001, 1305, 1302,
    /// 1400 after too many new secrets in a minute,
    /// [`Error::AlreadyCreated`] for a form posted again, 1301 for a name in use, 1304 at the limit.
    pub async fn create_token(&self, by: &SignedIn, new: NewToken) -> Result<IssuedToken, Error> {
        let now = self.now();
        let form = new
            .form_key
            .as_deref()
            .map(|text| PostedForm::parse(text, now, self.inner.settings.session_absolute))
            .transpose()?;
        let checked = new.check(&self.inner.settings.policy, &by.user, now)?;
        self.inner.limits.count_grant(by.user_id())?;
        let secret = NewSecret::make(self)?;
        let shown = secret.shown.clone();
        let create = Create {
            policy: self.inner.settings.policy.clone(),
            checked,
            form,
            secret,
        };
        let token = self.change(Authority::Session(by.clone()), create).await?;
        Ok(IssuedToken {
            token,
            secret: shown,
        })
    }
}

struct Create {
    policy: Policy,
    checked: Checked,
    form: Option<PostedForm>,
    secret: NewSecret,
}

impl Change for Create {
    type Output = TokenView;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(TokenView, Taken), Error> {
        let owner = draft.user()?;
        let id = match &self.form {
            Some(form) => form.unused_id(draft, owner.id).await?,
            None => TokenId::new(draft.now, draft.random()?),
        };
        // Again: until its turn came, the owner's rights may have changed, and the expiry may have passed.
        Scopes::choose(self.checked.scopes.names(), &self.policy.scopes_for(owner))?;
        self.policy
            .check_expiry(self.checked.expires_at, draft.now)?;
        let tokens = draft.read().tokens();
        let folded = self.checked.name.folded();
        if tokens
            .active_with_name(owner.id, &folded, draft.now)
            .await?
            .is_some()
        {
            return Err(Problem::NameInUse {
                name: self.checked.name.as_str().to_owned(),
            }
            .into());
        }
        let limit = self.policy.max_active_tokens;
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
            revoked_at: None,
        };
        let view = TokenView::new(&token, None, draft.now);
        draft.insert_token(token.clone()).await?;
        self.secret.insert(draft, &token).await?;
        draft.record(
            draft
                .entry(EventKind::TokenCreated, &token.id)
                .owner(owner.id)
                .detail("ExpiresAt", token.expires_at.to_string())
                .detail("Scopes", token.scopes.names().to_vec())
                .personal("Name", token.name.as_str()),
        );
        Ok((view, Taken::Nothing))
    }
}
