//! JSON as directories write it: names in any case, booleans as text.

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// The member of this name, in any case (RFC 7643, section 2.1). `null` is as absent.
pub fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = object.get(name);
    let found = exact.or_else(|| {
        let mut members = object.iter();
        members
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

/// A text.
///
/// # Errors
/// `invalidValue`.
pub fn text(value: &Value, name: &str) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        // As a value of one, which Entra ID wraps now and then.
        Value::Array(several) if several.len() == 1 => text_of(&several[0], name),
        Value::Object(object) => match member(object, "value") {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err(not_a_text(name)),
        },
        _ => Err(not_a_text(name)),
    }
}

fn text_of(value: &Value, name: &str) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Object(object) => match member(object, "value") {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err(not_a_text(name)),
        },
        _ => Err(not_a_text(name)),
    }
}

fn not_a_text(name: &str) -> Refusal {
    Refusal::invalid_value(format!("The value of {name} is not a text."))
}

/// A boolean, which Entra ID writes as `"True"` and `"False"`.
///
/// # Errors
/// `invalidValue`.
pub fn boolean(value: &Value, name: &str) -> Result<bool, Refusal> {
    let text = match value {
        Value::Bool(boolean) => return Ok(*boolean),
        Value::Array(several) if several.len() == 1 => several[0].clone(),
        other => other.clone(),
    };
    let text = match &text {
        Value::Bool(boolean) => return Ok(*boolean),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        _ => String::new(),
    };
    match text.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::invalid_value(format!(
            "The value of {name} is neither true nor false."
        ))),
    }
}

/// The objects of an array. One object stands for an array of one.
pub fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Array(several) => several.iter().filter_map(Value::as_object).collect(),
        Value::Object(one) => vec![one],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_boolean_may_be_a_text_in_any_case() {
        for (value, expected) in [
            (json!(true), true),
            (json!("True"), true),
            (json!("False"), false),
            (json!(" false "), false),
            (json!([false]), false),
            (json!(["False"]), false),
        ] {
            assert_eq!(boolean(&value, "active").unwrap(), expected, "{value}");
        }
        for value in [json!("no"), json!(0), json!(null), json!([]), json!({})] {
            assert!(boolean(&value, "active").is_err(), "{value}");
        }
    }

    #[test]
    fn names_are_found_in_any_case_and_null_is_as_absent() {
        let object = json!({"UserName": "a", "active": null});
        let object = object.as_object().unwrap();
        assert_eq!(member(object, "userName"), Some(&json!("a")));
        assert_eq!(member(object, "active"), None);
    }
}
