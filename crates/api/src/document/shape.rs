//! Corrects schemas and headers, which poem-openapi leaves incomplete.

use ats_pat_domain::list::MAX_UNUSED_DAYS;
use serde_json::{Value, json};

use crate::operation::Body;
use crate::operations::{self, LONGEST_WAIT, MOST_EVENTS, USUAL_EVENTS};
use crate::request::MOST_AUDIENCES;

/// The titles of the tags. Generators use the tags themselves.
const TAGS: [(&str, &str); 5] = [
    ("Exchange", "Exchange"),
    ("Session", "Session"),
    ("PersonalAccessToken", "Personal access tokens"),
    ("ServiceAccount", "Service accounts"),
    ("Administration", "Administration"),
];

/// Corrects schemas, headers, operations and info.
pub fn put_right(document: &mut Value) {
    document["openapi"] = json!("3.0.3");
    document["info"]["license"] =
        json!({"name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/"});
    let bodies = operations::all().filter_map(|operation| (operation.body)());
    let bodies: Vec<Body> = bodies.collect();
    let enums = enums(document);
    each(&mut document["components"]["schemas"], |name, schema| {
        let part = |body: &Body| Some((body.is_sent_only(), body.required_of(name)?));
        if let Some((is_sent_only, required)) = bodies.iter().find_map(part) {
            request(schema, required, &enums);
            if is_sent_only {
                schema["additionalProperties"] = json!(false);
            }
        } else {
            response(schema, &enums);
            values(schema);
        }
    });
    each(&mut document["paths"], |_, path| {
        each(path, |_, operation| {
            // An empty list says explicitly that the operation needs no credential, such as signing
            // in.
            if operation.get("security").is_none() {
                operation["security"] = json!([]);
            }
            each(&mut operation["responses"], |_, response| headers(response));
            let parameters = operation.get_mut("parameters");
            for described in parameters
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                without_defaults(described);
                parameter(described);
            }
        });
    });
    for tag in document["tags"].as_array_mut().into_iter().flatten() {
        if let Some((_, words)) = TAGS.iter().find(|(name, _)| tag["name"] == *name) {
            tag["x-displayName"] = json!(words);
        }
    }
    standard_formats(document);
}

/// Makes every field of an answer required. Those that poem-openapi considers optional may be
/// `null`.
fn response(schema: &mut Value, enums: &[String]) {
    let required = names(schema.get("required"));
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties.iter_mut() {
        plain_reference(property);
        if !required.contains(name) {
            nullable(property, enums);
        }
    }
    let all: Vec<String> = properties.keys().cloned().collect();
    schema["required"] = json!(all);
}

/// Gives values that are not identifiers a name for programs, by an extension that generators know.
fn values(schema: &mut Value) {
    let values = names(schema.get("enum"));
    if values.iter().any(|value| value.starts_with('-')) {
        let identifiers = values.iter().map(|value| match value.strip_prefix('-') {
            Some(name) => format!("{name}Descending"),
            None => value.clone(),
        });
        schema["x-enum-varnames"] = identifiers.collect();
    }
}

/// Makes every optional field of a request nullable, because `null` means the same as absent.
fn request(schema: &mut Value, required: &[&str], enums: &[String]) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties.iter_mut() {
        if name == "ExpiresAt" {
            property["format"] = json!("date-time");
        }
        if name == "Password" {
            property["format"] = json!("password");
        }
        limits(name, property);
        plain_reference(property);
        if !required.contains(&name.as_str()) {
            nullable(property, enums);
        }
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

/// The references to the schemas that are enumerations.
fn enums(document: &Value) -> Vec<String> {
    let schemas = document["components"]["schemas"].as_object();
    let enums = schemas.into_iter().flatten();
    let enums = enums.filter(|(_, schema)| schema.get("enum").is_some());
    enums
        .map(|(name, _)| format!("#/components/schemas/{name}"))
        .collect()
}

/// Makes a property nullable. In OpenAPI 3.0, `nullable` has no effect beside a `$ref`, and beside
/// `allOf` only with a `type`.
fn nullable(property: &mut Value, enums: &[String]) {
    if let Some(reference) = property.get("$ref").and_then(Value::as_str) {
        let is_enum = enums.iter().any(|name| name == reference);
        let kind = if is_enum { "string" } else { "object" };
        let bare = property.take();
        *property = json!({"type": kind, "allOf": [bare]});
    }
    property["nullable"] = json!(true);
}

/// Removes the `allOf` that poem-openapi puts around a `$ref` to describe a field, because
/// generators make a new type of it. The field then has only the description of its type.
fn plain_reference(property: &mut Value) {
    if let Some(reference) = property
        .get("allOf")
        .and_then(|all| all[0].get("$ref"))
        .cloned()
    {
        *property = json!({"$ref": reference});
    }
}

fn headers(response: &mut Value) {
    let headers = response.get_mut("headers").and_then(Value::as_object_mut);
    for (name, header) in headers.into_iter().flatten() {
        without_defaults(header);
        if name.ends_with("-Expires-At") {
            header["schema"]["format"] = json!("date-time");
        }
    }
}

/// Removes what poem-openapi writes although it is the default of OpenAPI 3.0 (sections 4.7.12 and
/// 4.7.21).
fn without_defaults(described: &mut Value) {
    if let Some(members) = described.as_object_mut() {
        members.retain(|name, value| name != "explode" && (name != "deprecated" || *value == true));
    }
}

/// Adds the limits and defaults of queries and headers.
fn parameter(parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let schema = match &*name {
        "After" => json!({"minimum": 0, "default": 0}),
        "Audience" => json!({"maxItems": MOST_AUDIENCES}),
        "Limit" => json!({"minimum": 1, "maximum": MOST_EVENTS, "default": USUAL_EVENTS}),
        "Page" => json!({"minimum": 1, "default": 1}),
        "PageSize" => json!({"minimum": 1, "maximum": 100, "default": 25}),
        "Wait" => json!({"minimum": 1, "maximum": LONGEST_WAIT}),
        _ => json!({}),
    };
    extend(&mut parameter["schema"], schema);
    limits(&name, &mut parameter["schema"]);
    // `Owner=` means the same as no `Owner`. But an empty audience is refused.
    if parameter["in"] == "query" && name != "Audience" {
        parameter["allowEmptyValue"] = json!(true);
    }
}

/// Adds the limits of fields that queries and bodies have in common.
fn limits(name: &str, schema: &mut Value) {
    let is_list_of_names = schema["items"]["type"] == "string";
    let limits = match name {
        "AllowedNetworks" | "Scopes" if is_list_of_names => json!({"minItems": 1}),
        "CreatedBefore" | "ExpiresBefore" => json!({"format": "date-time"}),
        "Search" => json!({"maxLength": 100}),
        "UnusedForDays" => json!({"minimum": 1, "maximum": MAX_UNUSED_DAYS}),
        _ => return,
    };
    extend(schema, limits);
}

fn extend(schema: &mut Value, more: Value) {
    if let (Some(to), Value::Object(from)) = (schema.as_object_mut(), more) {
        to.extend(from);
    }
}

/// Replaces unsigned formats, because OpenAPI 3.0 has only signed ones. Every number here fits
/// them.
fn standard_formats(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("type").is_some_and(|kind| kind == "integer") {
                match members.get("format").and_then(Value::as_str) {
                    Some("uint32") => members.insert("format".to_owned(), json!("int32")),
                    Some("uint64") => members.insert("format".to_owned(), json!("int64")),
                    _ => None,
                };
            }
            members.values_mut().for_each(standard_formats);
        }
        Value::Array(elements) => elements.iter_mut().for_each(standard_formats),
        _ => {}
    }
}

fn each(object: &mut Value, mut change: impl FnMut(&str, &mut Value)) {
    if let Some(members) = object.as_object_mut() {
        for (name, value) in members.iter_mut() {
            change(name, value);
        }
    }
}

fn names(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(ToOwned::to_owned))
        .collect()
}
