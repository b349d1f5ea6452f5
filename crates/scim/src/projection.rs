//! The attributes that a request wants, or does not want (RFC 7644, section 3.9).

use serde_json::{Map, Value};

/// The attributes that are always answered.
const ALWAYS: [&str; 2] = ["schemas", "id"];

/// The attributes that a request wants. The names are in small letters, without URNs.
#[derive(Debug, Default)]
pub struct Projection {
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl Projection {
    /// Reads `attributes` and `excludedAttributes`.
    pub fn of(attributes: Option<&str>, excluded: Option<&str>) -> Self {
        Self {
            only: attributes.map(names),
            without: excluded.map(names).unwrap_or_default(),
        }
    }

    /// Whether the attribute, or a part of it, is wanted.
    pub fn wants(&self, attribute: &str) -> bool {
        let attribute = attribute.to_ascii_lowercase();
        let is_of_it = |name: &String| name.split('.').next() == Some(&attribute);
        let is_wanted = self
            .only
            .as_ref()
            .is_none_or(|only| only.iter().any(is_of_it));
        is_wanted && !self.without.contains(&attribute)
    }

    /// The resource with the attributes that are wanted.
    pub fn apply(&self, resource: Value) -> Value {
        let Value::Object(members) = resource else {
            return resource;
        };
        let kept = members.into_iter().filter_map(|(name, value)| {
            if ALWAYS.contains(&&*name) {
                return Some((name, value));
            }
            if !self.wants(&name) {
                return None;
            }
            let value = self.inside(&name.to_ascii_lowercase(), value);
            Some((name, value))
        });
        Value::Object(kept.collect())
    }

    /// The parts of an attribute that are wanted.
    fn inside(&self, name: &str, value: Value) -> Value {
        let parts_of = |names: &[String]| -> Vec<String> {
            let parts = names.iter().filter_map(|wanted| wanted.strip_prefix(name));
            let parts = parts.filter_map(|part| part.strip_prefix('.'));
            parts.map(ToOwned::to_owned).collect()
        };
        let only = self.only.as_deref().unwrap_or_default();
        let is_whole = only.is_empty() || only.iter().any(|wanted| wanted == name);
        let only = if is_whole { Vec::new() } else { parts_of(only) };
        let without = parts_of(&self.without);
        if only.is_empty() && without.is_empty() {
            return value;
        }
        let is_kept = |part: &String| {
            let part = part.to_ascii_lowercase();
            (only.is_empty() || only.contains(&part)) && !without.contains(&part)
        };
        let cut = |members: Map<String, Value>| -> Value {
            let kept = members.into_iter().filter(|(part, _)| is_kept(part));
            Value::Object(kept.collect())
        };
        match value {
            Value::Object(members) => cut(members),
            Value::Array(several) => {
                let several = several.into_iter().map(|value| match value {
                    Value::Object(members) => cut(members),
                    other => other,
                });
                Value::Array(several.collect())
            }
            other => other,
        }
    }
}

fn names(text: &str) -> Vec<String> {
    let names = text.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names
        .map(|name| {
            let name = name.to_ascii_lowercase();
            match name.rsplit_once(':') {
                Some((_, last)) => last.to_owned(),
                None => name,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_wanted_is_left() {
        let resource = json!({"schemas": [], "id": "1", "userName": "a", "name": {"givenName": "b", "familyName": "c"}, "emails": [{"value": "d", "type": "work"}]});
        let apply = |only, without| Projection::of(only, without).apply(resource.clone());
        assert_eq!(
            apply(Some("username, name.familyName"), None),
            json!({"schemas": [], "id": "1", "userName": "a", "name": {"familyName": "c"}})
        );
        assert_eq!(
            apply(
                None,
                Some("id,emails.type,urn:ietf:params:scim:schemas:core:2.0:User:name")
            ),
            json!({"schemas": [], "id": "1", "userName": "a", "emails": [{"value": "d"}]})
        );
        assert_eq!(apply(None, None), resource);
        assert!(!Projection::of(None, Some("members")).wants("members"));
        assert!(Projection::of(Some("members.value"), None).wants("members"));
        assert!(!Projection::of(Some("displayName"), None).wants("members"));
    }
}
