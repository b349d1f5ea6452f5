//! The document is valid, complete, and the one in the repository.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::OpenAPI;

use super::*;

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
        serde_yaml::from_str::<Value>(&as_yaml(&document)).unwrap(),
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
    ];
    let mut expected: BTreeSet<String> = views
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("{name}Envelope")])
        .collect();
    expected.extend(
        [
            "PersonalAccessTokenStatus",
            "AuthenticationTokenEnvelope",
            "EmptyEnvelope",
            "ErrorEnvelope",
            "TokenSort",
            "PersonalAccessTokenScope",
            "SignInRequest",
            "CreatePersonalAccessTokenRequest",
            "RegeneratePersonalAccessTokenRequest",
            "ReportLeakedPersonalAccessTokensRequest",
        ]
        .map(ToOwned::to_owned),
    );
    assert_eq!(names("schemas"), expected);
    assert_eq!(
        names("securitySchemes"),
        ["bearer", "personalAccessToken", "sessionCookie"]
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
        if name.ends_with("Request") {
            assert_eq!(nullable, optional, "{name}");
        } else {
            assert_eq!(optional, Vec::<&String>::new(), "{name}");
        }
        nullables.insert(name.clone(), nullable);
    }
    insta::assert_json_snapshot!("nullable", nullables);
}
