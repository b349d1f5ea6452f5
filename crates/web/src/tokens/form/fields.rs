//! The entries of the form.

use ats_pat_service::view::PolicyView;

use crate::expiry::OWN_DAY;
use crate::form::Form;
use crate::networks;
use crate::query::address;
use crate::route::NEW_TOKEN;

/// The entries of the form, as they were typed.
#[derive(Clone, Default)]
pub struct TokenForm {
    /// The idempotency key, so that a form that is sent twice makes one token.
    pub key: String,
    /// The name of the token.
    pub name: String,
    /// The description as it was typed. It may be empty.
    pub description: String,
    /// A number of days, or [`OWN_DAY`].
    pub expiration: String,
    /// The last day, if the person chose one.
    pub last_day: String,
    /// Whether the token has only the chosen scopes.
    pub is_limited: bool,
    /// The names of the chosen scopes, if it is limited.
    pub scopes: Vec<String>,
    /// Networks, separated by white space or commas.
    pub networks: String,
    /// The last day on which it may regenerate itself. Empty for never.
    pub renews_until: String,
    /// A sentence that says who filled the form in, if it was not the person.
    pub note: Option<&'static str>,
}

impl TokenForm {
    /// The form as it is opened, with what the policy proposes.
    pub fn empty(key: String, policy: &PolicyView) -> Self {
        Self {
            key,
            expiration: policy.default_lifetime_days.to_string(),
            is_limited: !policy.all_scope_allowed,
            ..Self::default()
        }
    }

    /// Reads a posted form.
    pub fn posted(form: &Form) -> Self {
        let field = |name| form.field(name).to_owned();
        Self {
            key: field("form_key"),
            name: field("name"),
            description: field("description"),
            expiration: field("expiration"),
            last_day: field("last_day"),
            is_limited: match form.field("rights") {
                "" => form.all("scopes").next().is_some(),
                rights => rights == "chosen",
            },
            scopes: form.all("scopes").map(ToOwned::to_owned).collect(),
            networks: field("networks"),
            renews_until: field("renews_until"),
            note: None,
        }
    }

    /// The link that fills in a form like this one.
    pub fn address(&self) -> String {
        let (days, expires) = if self.expiration == OWN_DAY {
            ("", self.last_day.as_str())
        } else {
            (self.expiration.as_str(), "")
        };
        let networks: Vec<&str> = self.networks().collect();
        address(
            NEW_TOKEN,
            &[
                ("name", &self.name),
                ("days", days),
                ("expires", expires),
                ("description", &self.description),
                ("scopes", &self.scopes.join(",")),
                ("networks", &networks.join(",")),
            ],
        )
    }

    /// The networks, one by one.
    pub fn networks(&self) -> impl Iterator<Item = &str> {
        networks::listed(&self.networks)
    }
}
