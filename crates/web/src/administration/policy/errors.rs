//! The errors of the form's fields, in words.

use std::collections::HashMap;

use ats_pat_domain::policy_document::MAX_GROUP_POLICIES;
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_text::Text;

use super::field::{Kind, PolicyField};

/// The errors of the form, by the names of their fields.
#[derive(Debug, Default)]
pub struct PolicyErrors(HashMap<String, String>);

impl PolicyErrors {
    /// The errors for failures. A field shows its first failure.
    pub fn of(failures: &[Failure], text: Text) -> Self {
        let mut errors = HashMap::new();
        for failure in failures {
            let field = failure.field.to_string();
            errors.entry(field).or_insert_with(|| words(failure, text));
        }
        Self(errors)
    }

    /// The error of a field.
    pub fn at(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

fn words(failure: &Failure, text: Text) -> String {
    let (_, name) = failure
        .field
        .rsplit_once('.')
        .unwrap_or(("", &failure.field));
    let mut fields = PolicyField::ALL.into_iter();
    let Some(field) = fields.find(|field| field.name() == name) else {
        return match (name, failure.reason) {
            ("Groups", _) => text.policy_too_many_groups(MAX_GROUP_POLICIES),
            (_, Reason::Repeated) => text.policy_group_repeated().to_owned(),
            _ => text.policy_not_a_group().to_owned(),
        };
    };
    let words = match (field.kind(), failure.reason) {
        (Kind::Number(bounds), _) => {
            if field == PolicyField::DefaultLifetimeDays {
                text.policy_default_too_long()
            } else {
                return text.policy_not_a_number(*bounds.start(), *bounds.end());
            }
        }
        (Kind::Choice(_), _) => text.policy_choose(),
        (Kind::Scopes, Reason::Repeated) => text.policy_scope_repeated(),
        (Kind::Scopes, Reason::UnknownValue) => text.policy_scope_reserved(),
        (Kind::Scopes, Reason::TooLong) => text.policy_scopes_too_long(),
        (Kind::Scopes, Reason::TooShort) => text.policy_scopes_both(),
        (Kind::Scopes, _) => text.policy_scope_bad_name(),
        (Kind::Networks, Reason::TooShort) => text.policy_networks_both(),
        (Kind::Networks, Reason::TooLong) => text.policy_networks_too_many(),
        (Kind::Networks, _) => text.policy_not_a_network(),
    };
    words.to_owned()
}
