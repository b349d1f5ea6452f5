//! The document is valid and complete, and the repository has the same.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::OpenAPI;

use super::*;
use crate::operations;

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (path, method, operation))
        })
}

#[test]
fn the_document_in_the_repository_is_the_default_deployment_s() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == as_json(&document(false)),
        "docs/openapi.json is not what the program says: run `cargo xtask openapi`"
    );
}

#[test]
fn the_document_reads_as_openapi_3_0_and_its_references_hold() {
    let document = document(true);
    let read: OpenAPI = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(
        (read.openapi.as_str(), read.info.version.as_str()),
        ("3.0.3", VERSION)
    );
    assert_eq!(document["servers"], json!([{"url": "/"}]));
    assert_eq!(
        yaml_serde::from_str::<Value>(&as_yaml(&document)).unwrap(),
        document
    );
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name}"
        );
    }
}

#[test]
fn operations_have_their_names_tags_and_security() {
    let document = document(false);
    let found: BTreeMap<String, String> = operations(&document)
        .map(|(path, method, operation)| {
            let said = format!(
                "{} {path} {} {}",
                method.to_uppercase(),
                operation["tags"],
                operation["security"]
            );
            (operation["operationId"].as_str().unwrap().to_owned(), said)
        })
        .collect();
    insta::assert_json_snapshot!("operations", found);
}

#[test]
fn schemas_and_security_schemes_have_their_names() {
    let document = document(false);
    let names = |of: &str| {
        document["components"][of]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let views = [
        "PersonalAccessToken",
        "PersonalAccessTokenPage",
        "IssuedPersonalAccessToken",
        "PersonalAccessTokenPolicy",
        "SessionUser",
        "Identity",
        "ServiceAccountList",
        "Policy",
        "PolicyResult",
        "User",
        "UserPage",
        "RevokedTokens",
        "OwnedPersonalAccessToken",
        "OwnedPersonalAccessTokenPage",
        "EventList",
        "SigningKeyList",
        "OperatorKey",
        "OperatorKeyList",
        "IssuedOperatorKey",
    ];
    let mut expected: BTreeSet<String> = views
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("{name}Envelope")])
        .collect();
    expected.extend(
        [
            "PersonalAccessTokenStatus",
            "ServiceAccount",
            "AuthenticationTokenEnvelope",
            "ConfirmSessionRequest",
            "EmptyEnvelope",
            "ErrorEnvelope",
            "TokenSort",
            "PersonalAccessTokenScope",
            "PersonalAccessTokenMakers",
            "GroupPolicy",
            "PolicyScope",
            "PolicyMakers",
            "PolicyEffects",
            "CreateOperatorKeyRequest",
            "CreateUserRequest",
            "DisableUserRequest",
            "DisabledBy",
            "MatchingTokensFilter",
            "MatchingTokensResult",
            "MatchingTokensResultEnvelope",
            "RevocationJob",
            "RevocationJobEnvelope",
            "RevokeMatchingTokensRequest",
            "Event",
            "RotateSigningKeysRequest",
            "RotationKind",
            "SigningKey",
            "UserKind",
            "UserSort",
            "UserStatus",
            "SignInRequest",
            "CreatePersonalAccessTokenRequest",
            "RegeneratePersonalAccessTokenRequest",
            "UpdatePersonalAccessTokenRequest",
            "UpdateUserRequest",
            "SelfRegeneratePersonalAccessTokenRequest",
            "SelfRegeneratedPersonalAccessToken",
            "SelfRegeneratedPersonalAccessTokenEnvelope",
            "ReportLeakedPersonalAccessTokensRequest",
        ]
        .map(ToOwned::to_owned),
    );
    assert_eq!(names("schemas"), expected);
    assert_eq!(
        names("securitySchemes"),
        [
            "bearer",
            "operatorKey",
            "personalAccessToken",
            "sessionCookie"
        ]
        .map(ToOwned::to_owned)
        .into()
    );
}

#[test]
fn the_cookie_is_named_as_the_deployment_names_it() {
    for (is_https, name) in [(false, "ats_session"), (true, "__Host-ats_session")] {
        assert_eq!(
            document(is_https)["components"]["securitySchemes"]["sessionCookie"]["name"],
            name
        );
    }
}

#[test]
fn each_operation_has_one_success_and_refuses_with_envelopes() {
    let document = document(false);
    for (_, _, operation) in operations(&document) {
        let id = &operation["operationId"];
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(
            responses
                .keys()
                .filter(|status| status.starts_with('2'))
                .count(),
            1,
            "{id}"
        );
        for (status, response) in responses {
            let schema = response["content"]["application/json"]["schema"]["$ref"]
                .as_str()
                .unwrap();
            let is_error = schema == "#/components/schemas/ErrorEnvelope";
            assert_eq!(is_error, !status.starts_with('2'), "{id} {status}");
            assert!(schema.ends_with("Envelope"), "{id} {status}");
        }
        for status in ["500", "503"] {
            assert!(responses.contains_key(status), "{id} {status}");
        }
        assert!(responses.len() > 3, "{id} has no statuses of its own");
    }
}

#[test]
fn operations_say_what_they_do_and_show_it() {
    let document = document(false);
    for (_, _, operation) in operations(&document) {
        let id = &operation["operationId"];
        for text in ["summary", "description"] {
            assert!(operation[text].is_string(), "{id} has no {text}");
        }
        if let Some(body) = operation.get("requestBody") {
            let content = &body["content"]["application/json"];
            assert_shows(&document, &content["schema"], &content["example"]);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = &response["content"]["application/json"];
            let examples = content["examples"].as_object();
            let values = examples
                .into_iter()
                .flatten()
                .map(|(_, example)| &example["value"]);
            let values: Vec<_> = content.get("example").into_iter().chain(values).collect();
            assert!(!values.is_empty(), "{id} {status} shows nothing");
            for value in values {
                assert_shows(&document, &content["schema"], value);
            }
        }
    }
}

/// Checks an example against its schema: it has no unknown member, every required one, and each has
/// its type.
fn assert_shows(document: &Value, schema: &Value, example: &Value) {
    let reference = schema["$ref"]
        .as_str()
        .or(schema["allOf"][0]["$ref"].as_str());
    if example.is_null() {
        assert_eq!(schema["nullable"], true, "null is no {schema}");
    } else if let Some(reference) = reference {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        assert_shows(document, schema, example);
    } else if let Some(elements) = example.as_array() {
        for element in elements {
            assert_shows(document, &schema["items"], element);
        }
    } else if let (Some(members), Some(properties)) =
        (example.as_object(), schema["properties"].as_object())
    {
        for (name, member) in members {
            assert_shows(document, &properties[name], member);
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains_key(name.as_str().unwrap()), "{name} lacks");
        }
    } else if let Some(values) = schema["enum"].as_array() {
        assert!(
            values.contains(example),
            "{example} is not one of {values:?}"
        );
    } else if schema["additionalProperties"].is_object() {
        assert!(example.is_object(), "{example}");
    } else if schema["format"] == "date-time" {
        let time = ats_pat_domain::Timestamp::parse(example.as_str().unwrap());
        assert!(time.is_ok(), "{example}");
    } else {
        let kind = if example.is_string() {
            "string"
        } else if example.is_boolean() {
            "boolean"
        } else {
            "integer"
        };
        assert_eq!(schema["type"], kind, "{example}");
    }
}

#[test]
fn no_example_is_taken_for_a_leaked_secret() {
    let text = as_json(&document(false));
    for found in text.split("atspat_").skip(1) {
        let length = found
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(found.len());
        assert_ne!(length, 49, "{found:.60}");
    }
}

#[test]
fn every_field_of_an_answer_is_required_and_what_can_be_null_says_so() {
    let document = document(false);
    let mut nullables = BTreeMap::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let Some(properties) = schema["properties"].as_object() else {
            continue;
        };
        let nullable: Vec<&String> = properties
            .iter()
            .filter(|(_, property)| property["nullable"] == true)
            .map(|(field, _)| field)
            .collect();
        let optional: Vec<&String> = properties
            .keys()
            .filter(|field| {
                !schema["required"]
                    .as_array()
                    .is_some_and(|required| required.contains(&json!(field)))
            })
            .collect();
        let mut bodies = operations::all().filter_map(|entry| (entry.body)());
        if bodies.any(|body| body.required_of(name).is_some()) {
            assert_eq!(nullable, optional, "{name}");
        } else {
            assert_eq!(optional, Vec::<&String>::new(), "{name}");
        }
        nullables.insert(name.clone(), nullable);
    }
    insta::assert_json_snapshot!("nullable", nullables);
}
