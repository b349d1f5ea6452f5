//! The blade at the side of the table. It has the form for a new token, and then the token.

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::ALL;
use ats_pat_domain::{MayCreate, Problem};
use ats_pat_service::view::{IssuedToken, PolicyView};
use ats_pat_service::{SignedIn, StepUp};
use secrecy::SecretString;

use super::form::{FormErrors, TokenForm};
use crate::expiry::{ExpirationField, Terms, day_of};
use crate::step_up::PasswordField;
use crate::visit::Visit;
use crate::words::When;

/// The form for a new token.
pub struct FormBlade {
    /// What the person entered, or what the form proposes.
    pub form: TokenForm,
    /// Why the entries were refused, if they were.
    pub errors: FormErrors,
    /// The field for the expiration.
    pub expiration: ExpirationField,
    /// The last day on which it may regenerate itself, if the typed text is a day.
    pub renews_until: String,
    /// The policy for the owner.
    policy: PolicyView,
    /// The offered scopes besides `all`: name, description, and whether it is chosen.
    pub scopes: Vec<(String, String, bool)>,
    /// Whether it is open from the start.
    pub is_open: bool,
    /// The field for the person's password, if the sign-in is too old.
    pub step_up: Option<PasswordField>,
}

impl FormBlade {
    /// An empty form that is not open.
    pub fn closed(visit: &Visit<'_>, by: &SignedIn) -> Result<Self, Problem> {
        let form = TokenForm::empty(visit.new_form_key()?, &visit.policy());
        Ok(Self::new(visit, by, form, FormErrors::default(), false))
    }

    /// The open form with these entries and errors.
    pub fn open(visit: &Visit<'_>, by: &SignedIn, form: TokenForm, errors: FormErrors) -> Self {
        Self::new(visit, by, form, errors, true)
    }

    fn new(
        visit: &Visit<'_>,
        by: &SignedIn,
        form: TokenForm,
        errors: FormErrors,
        is_open: bool,
    ) -> Self {
        let policy = visit.policy();
        let terms = terms(visit, &policy);
        Self {
            expiration: ExpirationField::new(&form.expiration, &form.last_day, terms),
            renews_until: day_of(&form.renews_until, &visit.zone),
            scopes: scopes(&policy, &form),
            policy,
            form,
            errors,
            is_open,
            step_up: PasswordField::shown(visit, by, StepUp::ByPolicy),
        }
    }

    /// Replaces the field for the password, which may have an error.
    pub fn with_password(self, step_up: Option<PasswordField>) -> Self {
        Self { step_up, ..self }
    }

    /// Whether the form is shown again only for the person's password.
    pub fn asks_again(&self) -> bool {
        PasswordField::is_wrong(self.step_up.as_ref())
    }

    /// Whether the part with the restrictions is open.
    pub fn is_restricted(&self) -> bool {
        self.form.is_limited
            || !self.all_allowed()
            || !self.form.networks.is_empty()
            || self.errors.scopes.is_some()
            || self.errors.networks.is_some()
    }

    /// Whether the policy lets the owner have a new token.
    pub fn may_create(&self) -> bool {
        may_create(&self.policy)
    }

    /// Whether a token may have all rights.
    pub fn all_allowed(&self) -> bool {
        self.policy.all_scope_allowed
    }

    /// The networks that the policy requires, each list in words.
    pub fn required_networks(&self) -> Vec<String> {
        let in_words = |allowed: &AllowedNetworks| {
            let networks = allowed.networks().iter().map(ToString::to_string);
            networks.collect::<Vec<_>>().join(", ")
        };
        let lists = self.policy.required_networks.iter();
        lists.map(in_words).collect()
    }

    /// After how many days without a use a token is revoked. `None` means never.
    pub fn unused_days(&self) -> Option<u32> {
        Some(self.policy.revoke_unused_after_days).filter(|days| *days > 0)
    }

    /// Whether a token may regenerate itself.
    pub fn may_renew(&self) -> bool {
        self.policy.self_regenerate_allowed
    }

    /// Whether the field for the last day of regenerating itself is open.
    pub fn renews(&self) -> bool {
        !self.form.renews_until.is_empty() || self.errors.renews_until.is_some()
    }
}

/// Whether the policy lets the owner have a new token. Without any scope to give, it can't.
pub fn may_create(policy: &PolicyView) -> bool {
    policy.may_create == MayCreate::Everyone && !policy.scopes.is_empty()
}

/// What the offered lifetimes depend on, by this policy.
pub fn terms<'a>(visit: &'a Visit<'_>, policy: &PolicyView) -> Terms<'a> {
    Terms {
        longest_days: policy.max_lifetime_days,
        proposed_days: policy.default_lifetime_days,
        now: visit.now(),
        zone: &visit.zone,
        text: visit.text,
    }
}

fn scopes(policy: &PolicyView, form: &TokenForm) -> Vec<(String, String, bool)> {
    policy
        .scopes
        .iter()
        .filter(|scope| scope.name != ALL)
        .map(|scope| {
            let is_chosen = form.scopes.contains(&scope.name);
            (scope.name.clone(), scope.description.clone(), is_chosen)
        })
        .collect()
}

/// The new token, shown once.
pub struct Issued {
    /// The id of the token.
    pub id: String,
    /// The name that the token was given.
    pub name: String,
    /// From when on it is refused.
    pub expires: When,
    /// The personal access token, which no later page shows.
    pub secret: SecretString,
    /// Whether it replaced another secret.
    pub is_regenerated: bool,
    /// Whether the other secret still works.
    pub has_overlap: bool,
    /// This server's public URL, for the examples.
    pub origin: String,
}

impl Issued {
    /// A token that a use case just issued.
    pub fn new(visit: &Visit<'_>, issued: IssuedToken, is_regenerated: bool) -> Self {
        Self {
            id: issued.token.id.to_string(),
            name: issued.token.name,
            expires: When::in_full(issued.token.expires_at, &visit.zone, visit.text),
            secret: issued.secret,
            is_regenerated,
            has_overlap: issued.token.previous_secret_valid_until.is_some(),
            origin: visit.settings.origin().to_owned(),
        }
    }
}
