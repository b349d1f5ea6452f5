//! What is asked for when a token is made, and its rules.

use ats_pat_auth::Canonical;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::scope::INTROSPECT;
use ats_pat_domain::{Description, Policy, Problem, Reason, Rule, Scopes, Timestamp, TokenName};

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
    /// What [`Service::new_form_key`](crate::Service::new_form_key) gave the form: posted again,
    /// the form makes nothing twice.
    pub form_key: Option<String>,
}

/// What a user asks for, once its rules hold.
pub(super) struct Checked {
    pub(super) name: TokenName,
    pub(super) expires_at: Timestamp,
    pub(super) description: Description,
    pub(super) scopes: Scopes,
    pub(super) allowed_networks: Option<AllowedNetworks>,
    pub(super) regenerates_until: Option<Timestamp>,
}

impl NewToken {
    /// [`Problem::ValidationFailed`] for every field that fails, whatever the policy says.
    pub(super) fn check(&self) -> Result<Checked, Problem> {
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
    /// [`Problem::UnknownScope`] for a scope that the maker may not give, else
    /// [`Problem::ExpirationNotAllowed`] for an expiry that the policy does not allow at `now`,
    /// else [`Problem::PolicyForbids`] where nobody may make tokens, for `all` where no token may
    /// carry it, and for a token that would get new secrets by itself where none may.
    pub(super) fn allow(
        &self,
        policy: &Policy,
        administers: bool,
        now: Timestamp,
    ) -> Result<(), Problem> {
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
    pub(super) fn canonical(&self) -> Canonical {
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
