//! Keys, the OpenAPI document and health.

use serde_json::Value;

use crate::fixture::Server;

#[tokio::test]
async fn everybody_may_read_the_keys_and_the_document() {
    let server = Server::start().await;
    let keys = server.call("GET /.well-known/jwks.json").send().await;
    assert_eq!(
        (keys.status, keys.header("access-control-allow-origin")),
        (200, "*")
    );
    assert!(keys.header("cache-control").contains("max-age=300"));
    assert_eq!(keys.json()["keys"][0]["kty"], "OKP");
    let document = server.call("GET /openapi.json").send().await;
    assert_eq!(
        (
            document.status,
            document.header("access-control-allow-origin")
        ),
        (200, "*")
    );
    let cookie = &document.json()["components"]["securitySchemes"]["sessionCookie"]["name"];
    assert_eq!(cookie, "__Host-ats_session");
    let yaml = server.call("GET /openapi.yaml").send().await;
    assert_eq!(
        (yaml.status, yaml.header("content-type")),
        (200, "application/yaml")
    );
    assert!(yaml.text.contains("operationId: getAuthenticationToken"));
}

#[tokio::test]
async fn the_server_says_whether_it_is_healthy() {
    let server = Server::start().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = server.call(&format!("GET {path}")).send().await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/plain; charset=utf-8"),
            "{path}"
        );
        assert!(
            answer.text.lines().all(|line| line.contains(": ok")),
            "{}",
            answer.text
        );
        let head = server.call(&format!("HEAD {path}")).send().await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        let post = server.call(&format!("POST {path}")).send().await;
        assert_eq!(
            (post.status, post.header("allow")),
            (405, "GET, HEAD"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_document_describes_every_answer_that_is_sent() {
    let server = Server::start().await;
    let document = server.call("GET /openapi.json").send().await.json();
    let cookie = server.sign_in("ada").await;
    server.create(&cookie, "ci").await;
    for (path, operation) in [
        ("/api/session", "/api/session"),
        ("/api/personalaccesstoken", "/api/personalaccesstoken"),
        (
            "/api/personalaccesstoken/policy",
            "/api/personalaccesstoken/policy",
        ),
    ] {
        let answer = server
            .call(&format!("GET {path}"))
            .cookie(&cookie)
            .send()
            .await
            .json();
        let schema = &document["paths"][operation]["get"]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert_fits(&document, schema, &answer, path);
    }
}

/// Whether a value has exactly the members that its schema requires, and `null` only where it may.
fn assert_fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return assert_fits(
            document,
            &document["components"]["schemas"][name],
            value,
            at,
        );
    }
    if value.is_null() {
        return assert_eq!(schema["nullable"], true, "{at}");
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().unwrap();
            let members = value.as_object().unwrap();
            assert_eq!(
                members.keys().collect::<Vec<_>>(),
                properties.keys().collect::<Vec<_>>(),
                "{at}"
            );
            for (name, member) in members {
                assert_fits(document, &properties[name], member, &format!("{at}.{name}"));
            }
        }
        Some("array") => {
            for element in value.as_array().unwrap() {
                assert_fits(document, &schema["items"], element, &format!("{at}[]"));
            }
        }
        Some("string") => assert!(value.is_string(), "{at}"),
        Some("integer") => assert!(value.is_u64(), "{at}"),
        Some("boolean") => assert!(value.is_boolean(), "{at}"),
        other => panic!("{at}: {other:?}"),
    }
}
