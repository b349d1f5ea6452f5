//! Names, mail addresses and groups in claims.

use serde_json::{Map, Value};

use crate::settings::ClaimNames;

/// What a person is shown by, as far as claims told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) user_name: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) groups: Option<Vec<String>>,
    /// Who it is in the company's directory.
    pub(crate) directory_id: Option<String>,
    /// Whether the directory knows persons by another claim than `sub`.
    is_in_directory: bool,
}

impl Shown {
    /// Reads the claims of these names.
    pub(crate) fn read(names: &ClaimNames, claims: &Map<String, Value>) -> Self {
        let text = |name: &str| find(claims, name).and_then(first_text);
        Self {
            user_name: text(&names.user_name),
            display_name: text(&names.display_name),
            email: text(&names.email).filter(|_| is_verified(claims)),
            groups: groups(&names.groups, claims),
            directory_id: names.directory_id.as_deref().and_then(text),
            is_in_directory: names.directory_id.is_some(),
        }
    }

    /// Whether everything was told.
    pub(crate) fn is_complete(&self) -> bool {
        self.user_name.is_some()
            && self.display_name.is_some()
            && self.email.is_some()
            && self.groups.is_some()
            && (self.directory_id.is_some() || !self.is_in_directory)
    }

    /// What was told, and what `other` tells of the rest.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            user_name: self.user_name.or(other.user_name),
            display_name: self.display_name.or(other.display_name),
            email: self.email.or(other.email),
            groups: self.groups.or(other.groups),
            directory_id: self.directory_id.or(other.directory_id),
            is_in_directory: self.is_in_directory,
        }
    }
}

/// Whether the provider does not say that the mail address is unproven.
fn is_verified(claims: &Map<String, Value>) -> bool {
    match claims.get("email_verified") {
        None | Some(Value::Null | Value::Bool(true)) => true,
        Some(Value::String(text)) => text == "true",
        Some(_) => false,
    }
}

/// A claim by its name, or by the way to it: names of claims may have dots themselves.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// A claim as text; the first of several.
fn first_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Array(several) => several.first()?.as_str()?,
        one => one.as_str()?,
    };
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// The groups; `None` if they are missing, or not all there.
fn groups(name: &str, claims: &Map<String, Value>) -> Option<Vec<String>> {
    if overflow(name, claims) {
        return None;
    }
    let value = find(claims, name)?;
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        // One that is no text would be a group less.
        Value::Array(several) => several
            .iter()
            .map(|group| group.as_str().map(ToOwned::to_owned))
            .collect(),
        _ => None,
    }
}

/// Whether the provider says that the groups are too many for a token: it names another place for
/// them (OpenID Connect Core 1.0, section 5.6.2), or only says that there are some, as Entra ID
/// does.
fn overflow(name: &str, claims: &Map<String, Value>) -> bool {
    let first = name.split('.').next().unwrap_or(name);
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    let is_elsewhere =
        elsewhere.is_some_and(|names| names.contains_key(name) || names.contains_key(first));
    let has_some = matches!(claims.get("hasgroups"), Some(Value::Bool(true)))
        || claims.get("hasgroups").and_then(Value::as_str) == Some("true");
    is_elsewhere || has_some
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(names: &ClaimNames, claims: &Value) -> Shown {
        Shown::read(names, claims.as_object().unwrap())
    }

    fn groups_of(claims: &Value) -> Option<Vec<String>> {
        read(&ClaimNames::default(), claims).groups
    }

    #[test]
    fn a_claim_is_text_or_the_first_of_several() {
        let names = ClaimNames::default();
        let one =
            json!({"preferred_username": "ada", "name": "Ada", "email": "a@x", "groups": "g"});
        let several = json!({"preferred_username": ["ada", "b"], "name": ["Ada"], "email": ["a@x"], "groups": ["g"]});
        let expected = Shown {
            user_name: Some("ada".to_owned()),
            display_name: Some("Ada".to_owned()),
            email: Some("a@x".to_owned()),
            groups: Some(vec!["g".to_owned()]),
            ..Shown::default()
        };
        assert_eq!(read(&names, &one), expected);
        assert_eq!(read(&names, &several), expected);
        let other = json!({"preferred_username": 7, "name": [], "email": null, "groups": {}});
        assert_eq!(read(&names, &other), Shown::default());
    }

    #[test]
    fn a_claim_is_found_by_its_whole_name_and_by_the_way_to_it() {
        let names = ClaimNames {
            groups: "resource.api.roles".to_owned(),
            user_name: "https://id.example/name".to_owned(),
            ..ClaimNames::default()
        };
        let found = read(
            &names,
            &json!({"resource": {"api": {"roles": ["a"]}}, "https://id.example/name": "ada"}),
        );
        assert_eq!(found.groups, Some(vec!["a".to_owned()]));
        assert_eq!(found.user_name.as_deref(), Some("ada"));
        let dotted = read(
            &names,
            &json!({"resource.api.roles": "b", "resource": {"api": 1}}),
        );
        assert_eq!(dotted.groups, Some(vec!["b".to_owned()]));
    }

    #[test]
    fn groups_that_were_not_all_told_are_not_told() {
        assert_eq!(groups_of(&json!({"groups": []})), Some(Vec::new()));
        for claims in [
            json!({}),
            json!({"groups": null}),
            json!({"groups": ["a", 7]}),
            json!({"groups": [["a"]]}),
            json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}),
            json!({"groups": ["a"], "_claim_names": {"groups": "src1"}}),
            json!({"hasgroups": true}),
            json!({"hasgroups": true, "groups": ["a"]}),
            json!({"hasgroups": "true", "groups": []}),
        ] {
            assert_eq!(groups_of(&claims), None, "{claims}");
        }
        let elsewhere = json!({"groups": ["a"], "_claim_names": {"address": "src1"}});
        assert_eq!(groups_of(&elsewhere), Some(vec!["a".to_owned()]));
    }

    #[test]
    fn an_address_that_is_not_verified_is_none() {
        let email = |verified: Value| {
            let claims = json!({"email": "a@x", "email_verified": verified});
            read(&ClaimNames::default(), &claims).email
        };
        for verified in [json!(true), json!("true"), json!(null)] {
            assert!(email(verified.clone()).is_some(), "{verified}");
        }
        for verified in [json!(false), json!("false"), json!("no")] {
            assert_eq!(email(verified.clone()), None, "{verified}");
        }
    }

    #[test]
    fn what_the_id_token_says_goes_before_userinfo() {
        let names = ClaimNames::default();
        let token = read(&names, &json!({"name": "Ada", "groups": []}));
        let user_info = read(
            &names,
            &json!({"name": "Eve", "email": "a@x", "groups": ["a"]}),
        );
        let both = token.or(user_info);
        assert_eq!(both.display_name.as_deref(), Some("Ada"));
        assert_eq!(both.email.as_deref(), Some("a@x"));
        assert_eq!(both.groups, Some(Vec::new()));
    }
}
