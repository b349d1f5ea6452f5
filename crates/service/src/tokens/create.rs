//! Making a token.

use std::sync::Arc;

use ats_pat_auth::Canonical;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::scope::INTROSPECT;
use ats_pat_domain::{
    Description, Policy, Problem, Reason, Rule, Scopes, Timestamp, Token, TokenId, TokenName,
    UserId,
};
use secrecy::SecretString;

use super::form::{OneTimeKey, REQUEST};
use super::owner::{owner_of, require_receiver};
use super::{Acting, NewSecret, Owner, refuse_name_in_use};
use crate::change::{Authority, Change, Draft, Taken};
use crate::policy::InForce;
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::StepUp;
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
    /// Whether it may get new secrets by itself; then there must be an end to it.
    pub may_regenerate_itself: bool,
    /// Until when it may, as RFC 3339; only where it may.
    pub regenerates_until: Option<String>,
    /// What [`Service::new_form_key`] gave the form: posted again, the form makes nothing twice.
    pub form_key: Option<String>,
}

/// The token that a request with an idempotency key made, now or before.
pub struct CreatedOnce {
    /// The entry, as it is now.
    pub token: TokenView,
    /// The personal access token, `atspat_…`; `None` where the same request made it before, and was
    /// answered it then.
    pub secret: Option<SecretString>,
}

/// What a user asks for, once its rules hold.
struct Checked {
    name: TokenName,
    expires_at: Timestamp,
    description: Description,
    scopes: Scopes,
    allowed_networks: Option<AllowedNetworks>,
    regenerates_until: Option<Timestamp>,
}

impl NewToken {
    /// 1001 for every field that fails, whatever the policy says.
    fn check(&self) -> Result<Checked, Problem> {
        let mut failures = Vec::new();
        let mut failed = |field, reason| failures.push(Failure::new(field, reason));
        let name =
            required(self.name.as_deref(), TokenName::new).map_err(|reason| failed("Name", reason));
        let expires_at = required(self.expires_at.as_deref(), |text| {
            Timestamp::parse(text).map_err(|_| Reason::NotATime)
        })
        .map_err(|reason| failed("ExpiresAt", reason));
        let description = Description::new(self.description.as_deref().unwrap_or_default())
            .map_err(|reason| failed("Description", reason));
        let scopes = self
            .scopes
            .as_ref()
            .map_or_else(|| Ok(Scopes::all()), |names| Scopes::distinct(names));
        if let Err(Problem::ValidationFailed(of_scopes)) = &scopes {
            for failure in of_scopes {
                failed("Scopes", failure.reason);
            }
        }
        let allowed_networks = self
            .allowed_networks
            .as_deref()
            .map(AllowedNetworks::parse)
            .transpose()
            .map_err(|reason| failed("AllowedNetworks", reason));
        let regenerates_until = self.regenerates_until().map_err(|failure| {
            failures.push(failure);
        });
        let (
            Ok(name),
            Ok(expires_at),
            Ok(description),
            Ok(allowed_networks),
            Ok(regenerates_until),
            true,
        ) = (
            name,
            expires_at,
            description,
            allowed_networks,
            regenerates_until,
            failures.is_empty(),
        )
        else {
            return Err(Problem::ValidationFailed(failures));
        };
        Ok(Checked {
            name,
            expires_at,
            description,
            scopes: scopes?,
            allowed_networks,
            regenerates_until,
        })
    }

    /// Until when it may get new secrets by itself. Not one that can ask about others' tokens.
    fn regenerates_until(&self) -> Result<Option<Timestamp>, Failure> {
        let failure = |field, reason| Failure::new(field, reason);
        match (self.may_regenerate_itself, &self.regenerates_until) {
            (false, None) => Ok(None),
            (false, Some(_)) => Err(failure("MayRegenerateItself", Reason::Required)),
            (true, None) => Err(failure("RegeneratesUntil", Reason::Required)),
            (true, Some(_)) if self.may_introspect() => {
                Err(failure("MayRegenerateItself", Reason::UnknownValue))
            }
            (true, Some(until)) => match Timestamp::parse(until) {
                Ok(until) => Ok(Some(until)),
                Err(_) => Err(failure("RegeneratesUntil", Reason::NotATime)),
            },
        }
    }

    fn may_introspect(&self) -> bool {
        let mut scopes = self.scopes.iter().flatten();
        scopes.any(|scope| scope == INTROSPECT)
    }
}

impl Checked {
    /// 1305 for a scope that the maker may not give, else 1302 for an expiry that the policy does
    /// not allow at `now`, else 1306 where nobody may make tokens, for `all` where no token may
    /// carry it, and for a token that would get new secrets by itself where none may.
    fn allow(&self, policy: &Policy, administers: bool, now: Timestamp) -> Result<(), Problem> {
        self.scopes
            .require_offered(&policy.scopes_by(administers))?;
        policy.check_expiry(self.expires_at, now)?;
        if let Some(until) = self.regenerates_until {
            policy.check_expiry(until, now)?;
        }
        policy.check_creation()?;
        policy.check_all_scope(&self.scopes)?;
        if self.regenerates_until.is_some() && !policy.self_regenerate_allowed {
            let rule = Rule::SelfRegenerate;
            return Err(Problem::PolicyForbids { rule });
        }
        Ok(())
    }

    /// What tells two requests apart. Neither scopes nor networks have an order.
    fn canonical(&self) -> Canonical {
        let networks = self.allowed_networks.as_ref().map(|allowed| {
            let mut networks: Vec<_> = allowed.networks().iter().map(ToString::to_string).collect();
            networks.sort_unstable();
            networks.join(" ")
        });
        let canonical = Canonical::new("request")
            .text(self.name.as_str())
            .i64(self.expires_at.as_millis())
            .text(self.description.as_str())
            .texts(self.scopes.names())
            .optional_text(networks.as_deref());
        match self.regenerates_until {
            Some(until) => canonical.i64(until.as_millis()),
            None => canonical,
        }
    }
}

fn required<T>(
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, Reason>,
) -> Result<T, Reason> {
    text.ok_or(Reason::Required).and_then(parse)
}

impl Service {
    /// Makes a token for the owner, and its secret, which is answered this once.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`] where the policy asks for a sign-in that is more recent,
    /// 1000 for a form key that was never given out or is older than any session, 1001, 1305, 1302,
    /// 1306, 1400 after too many new secrets in a minute, [`Error::AlreadyCreated`] for a form
    /// posted again, 1310 for a service account that is not the user's, 1205 for a disabled one,
    /// 1301 for a name in use, 1304 at the limit.
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
    /// [`Problem::RecentSignInRequired`], 1000 for a key that is no UUID of version 7 from the last
    /// 24 hours, 1001, 1305, 1302, 1306, 1400, 1309 for a key that was sent with another request
    /// before, 1310, 1205, 1301, 1304.
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
