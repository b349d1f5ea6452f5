//! What is in the fields, as it was typed.

use ats_pat_service::view::PolicyView;

use crate::expiry::OWN_DAY;
use crate::form::Form;
use crate::networks;
use crate::query::address;
use crate::route::NEW_TOKEN;

/// What stands in the form, as it was typed.
#[derive(Clone, Default)]
pub struct TokenForm {
    /// So that the form, sent twice, makes one token.
    pub key: String,
    /// What the token is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// A number of days, or [`OWN_DAY`].
    pub expiration: String,
    /// The last day, where it is one of one's own.
    pub last_day: String,
    /// Whether it carries the chosen scopes only.
    pub is_limited: bool,
    /// The chosen scopes.
    pub scopes: Vec<String>,
    /// Networks, separated by white space or commas.
    pub networks: String,
    /// The last day on which it may get new secrets by itself; empty for never.
    pub renews_until: String,
    /// Who filled it in, where it was not the person.
    pub note: Option<&'static str>,
}

impl TokenForm {
    /// An empty one.
    pub fn empty(key: String, policy: &PolicyView) -> Self {
        Self {
            key,
            expiration: policy.default_lifetime_days.to_string(),
            is_limited: !policy.all_scope_allowed,
            ..Self::default()
        }
    }

    /// What was posted.
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

    /// The link that fills a form in like this one.
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
