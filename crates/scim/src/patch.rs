//! The operations of PATCH (RFC 7644, section 3.5.2), as Entra ID and Okta write them: the
//! operation in any case, with a path or without, and values whose names are paths.

use serde_json::{Map, Value};

use crate::json::member;
use crate::path::Path;
use crate::refusal::Refusal;

/// The most operations, with those of values whose names are paths.
const MOST: usize = 2000;

/// What an operation does with its attribute (RFC 7644, section 3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Adds a value, or sets the one.
    Add,
    /// Sets the value, and drops what there was.
    Replace,
    /// Removes the attribute, or the values that the path selects.
    Remove,
}

/// An operation on one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is done to the attribute.
    pub kind: Kind,
    /// Which attribute it is, and which of its values.
    pub path: Path,
    /// The value. `null` if there is none.
    pub value: Value,
}

/// Reads the body of a PATCH of a resource of the schema `urn`.
///
/// # Errors
/// `invalidSyntax`, `invalidValue`, `invalidPath`, `noTarget`.
pub fn operations(body: &Map<String, Value>, urn: &str) -> Result<Vec<Operation>, Refusal> {
    let written = member(body, "Operations").and_then(Value::as_array);
    let written = written.ok_or_else(|| Refusal::invalid_syntax("Operations is not a list."))?;
    if written.is_empty() {
        return Err(Refusal::invalid_syntax("Operations is empty."));
    }
    let mut operations = Vec::with_capacity(written.len());
    for operation in written {
        let operation = operation
            .as_object()
            .ok_or_else(|| Refusal::invalid_syntax("An operation is not an object."))?;
        let kind = kind(operation)?;
        let value = member(operation, "value").cloned().unwrap_or_default();
        match member(operation, "path") {
            Some(Value::String(path)) => operations.push(Operation {
                kind,
                path: Path::parse(path, urn)?,
                value,
            }),
            Some(_) => return Err(Refusal::invalid_path("A path is not a text.")),
            None => without_path(kind, value, urn, &mut operations)?,
        }
        if operations.len() > MOST {
            return Err(Refusal::invalid_value("These are too many operations."));
        }
    }
    Ok(operations)
}

fn kind(operation: &Map<String, Value>) -> Result<Kind, Refusal> {
    let name = member(operation, "op").and_then(Value::as_str);
    match name.map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Ok(Kind::Add),
        Some("replace") => Ok(Kind::Replace),
        Some("remove") => Ok(Kind::Remove),
        _ => Err(Refusal::invalid_syntax(
            "An operation is neither add nor replace nor remove.",
        )),
    }
}

/// The names of the value's members are the paths.
fn without_path(
    kind: Kind,
    value: Value,
    urn: &str,
    operations: &mut Vec<Operation>,
) -> Result<(), Refusal> {
    if kind == Kind::Remove {
        let detail = "An operation that removes has no path.";
        return Err(Refusal::no_target(detail));
    }
    let Value::Object(members) = value else {
        return Err(Refusal::invalid_value(
            "The value of an operation without a path is not an object.",
        ));
    };
    for (name, value) in members {
        if name.eq_ignore_ascii_case("schemas") || value.is_null() {
            continue;
        }
        operations.push(Operation {
            kind,
            path: Path::parse(&name, urn)?,
            value,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::group;
    use crate::user;

    fn read(body: &Value) -> Result<Vec<Operation>, Refusal> {
        operations(body.as_object().unwrap(), user::URN)
    }

    #[test]
    fn operations_are_read_in_any_case_with_a_path_and_without() {
        let body = json!({"schemas": [], "operations": [
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "ADD", "value": {"name.givenName": "Ada", "emails[type eq \"work\"].value": "a@x"}},
            {"OP": "remove", "Path": "displayName"},
        ]});
        let read = read(&body).unwrap();
        let names: Vec<_> = read.iter().map(|it| (it.kind, it.path.name())).collect();
        assert_eq!(
            names,
            [
                (Kind::Replace, "active"),
                (Kind::Add, "emails"),
                (Kind::Add, "name"),
                (Kind::Remove, "displayname"),
            ]
        );
    }

    #[test]
    fn what_is_no_operation_is_refused() {
        for operations in [
            json!(null),
            json!({}),
            json!([]),
            json!(["replace"]),
            json!([{"op": "move", "path": "active"}]),
            json!([{"path": "active"}]),
            json!([{"op": "remove"}]),
            json!([{"op": "add", "value": "x"}]),
            json!([{"op": "add", "path": 7}]),
            json!([{"op": "add", "path": "a b", "value": "x"}]),
        ] {
            let body = json!({"Operations": operations});
            assert!(read(&body).is_err(), "{body}");
        }
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            Just(json!("0193f2a0-7b1c-7d2e-8f00-0123456789ab")),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let name = prop_oneof!["value", "members", "emails", "name", "active", "\\PC{0,8}"];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..4)
                    .prop_map(|members| { Value::Object(members.into_iter().collect()) }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_fail_badly(
            op in prop_oneof!["add", "Replace", "REMOVE", "\\PC{0,5}"],
            path in proptest::option::of(prop_oneof![
                "active", "members", "emails\\[type eq \"work\"\\].value",
                "members\\[value eq \"x\"\\]", "name.familyName", "\\PC{0,20}",
            ]),
            value in anything(),
        ) {
            let mut operation = json!({"op": op, "value": value});
            if let Some(path) = path {
                operation["path"] = json!(path);
            }
            let body = json!({"Operations": [operation]});
            let body = body.as_object().unwrap();
            for urn in [user::URN, group::URN] {
                let Ok(operations) = operations(body, urn) else { continue };
                let _ = user::patched(&operations);
                let _ = group::patched(&operations);
            }
        }

        #[test]
        fn no_resource_makes_the_reader_fail_badly(value in anything()) {
            if let Some(object) = value.as_object() {
                let _ = user::read(object, false);
                let _ = user::read(object, true);
                let _ = group::read(object);
            }
        }
    }
}
