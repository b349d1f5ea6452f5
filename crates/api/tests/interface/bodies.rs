//! Bodies: syntax, coercion, size.

use ats_pat_domain::Code;
use ats_pat_test_support::world::PASSWORD;
use serde_json::{Value, json};

use crate::fixture::{Server, TOKENS};

#[tokio::test]
async fn mistyped_and_unknown_fields_are_named() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for (change, parameters) in [
        (json!({"Name": 7}), "body, Name"),
        (json!({"ExpiresAt": 1_764_000_000}), "body, ExpiresAt"),
        (json!({"Scopes": "all"}), "body, Scopes"),
        (
            json!({"AllowedNetworks": ["10.0.0.0/8", 7]}),
            "body, AllowedNetworks[1]",
        ),
        (
            json!({"OwnerId": "0193f2a0-7b1c-7d2e-8f00-0123456789ab"}),
            "body, OwnerId",
        ),
        (json!({"UserId": null}), "body, UserId"),
        (json!({"name": "ci"}), "body, name"),
    ] {
        let mut body = server.new_token("ci");
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let answer = server
            .call(&format!("POST {TOKENS}"))
            .cookie(&cookie)
            .json(&body)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.code(), answer.parameters().as_str()),
            (400, Code::InvalidRequest, parameters)
        );
    }
    for body in ["", "[]", "null", "\"a\"", "{", "{}{}"] {
        let answer = server
            .call(&format!("POST {TOKENS}"))
            .cookie(&cookie)
            .body("application/json", body)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.code(), answer.parameters().as_str()),
            (400, Code::InvalidRequest, "body"),
            "{body}"
        );
    }
    let listed = server
        .call(&format!("GET {TOKENS}"))
        .cookie(&cookie)
        .send()
        .await;
    assert_eq!(listed.json()["Data"]["Total"], 0);
}

#[tokio::test]
async fn null_means_absent_and_missing_fields_are_reported_together() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for body in [
        json!({}),
        json!({"Name": null, "ExpiresAt": null, "Scopes": null}),
    ] {
        let answer = server
            .call(&format!("POST {TOKENS}"))
            .cookie(&cookie)
            .json(&body)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, Code::ValidationFailed)
        );
        assert_eq!(answer.parameters(), "Name, required, ExpiresAt, required");
    }
    let mut body = server.new_token("ci");
    for absent in ["Description", "Scopes", "AllowedNetworks"] {
        body[absent] = Value::Null;
    }
    let answer = server
        .call(&format!("POST {TOKENS}"))
        .cookie(&cookie)
        .json(&body)
        .send()
        .await
        .json();
    assert_eq!(answer["Data"]["Token"]["Description"], "");
    assert_eq!(answer["Data"]["Token"]["Scopes"], json!(["all"]));
    assert_eq!(answer["Data"]["Token"]["AllowedNetworks"], Value::Null);
    let missing = server
        .call("POST /api/session")
        .json(&json!({}))
        .send()
        .await;
    assert_eq!(
        (missing.status, missing.code()),
        (400, Code::ValidationFailed)
    );
    assert_eq!(
        missing.parameters(),
        "UserName, required, Password, required"
    );
}

#[tokio::test]
async fn bodies_are_declared_as_json() {
    let server = Server::start().await;
    server.world.add_user("ada").await;
    let body = json!({"UserName": "ada", "Password": PASSWORD}).to_string();
    for content_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let answer = server
            .call("POST /api/session")
            .body(content_type, body.clone())
            .code()
            .await;
        assert_eq!(answer, (415, Code::UnsupportedMediaType), "{content_type}");
    }
    for content_type in ["application/json", "APPLICATION/JSON;charset=UTF-8"] {
        let answer = server
            .call("POST /api/session")
            .body(content_type, body.clone())
            .code()
            .await;
        assert_eq!(answer, (200, Code::Success), "{content_type}");
    }
}

#[tokio::test]
async fn the_size_of_a_body_is_limited_while_it_is_read() {
    let server = Server::start().await;
    let send = |length: usize| {
        server
            .call("POST /api/session")
            .body("application/json", "x".repeat(length))
    };
    assert_eq!(send(65_536).code().await, (400, Code::InvalidRequest));
    for length in [65_537, 500_000] {
        let answer = send(length).send().await;
        assert_eq!(
            (answer.status, answer.code(), answer.parameters().as_str()),
            (413, Code::BodyTooLarge, "65536")
        );
    }
}
