//! No secret gets into a trace.

use serde_json::{Value, json};

use super::scene::{EXCHANGE, Traced, send, trace, traceparent};
use crate::support::{Client, PASSWORD, Server, audit_key, in_seconds, text};

/// The attributes that spans may have. Whoever adds one has to think of secrets.
const ATTRIBUTES: [&str; 13] = [
    "ats_pat.request_id",
    "ats_pat.response_code",
    "db.collection.name",
    "db.operation.name",
    "db.system.name",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "server.address",
    "server.port",
    "url.scheme",
    "otel.tracing_event_count",
];

/// People paste secrets into the wrong place.
async fn paste_everywhere(
    server: &Server,
    client: &Client,
    secret: &str,
    [email, address]: [&str; 2],
) {
    for path in [
        format!("/{secret}"),
        format!("/api/personalaccesstoken/{secret}"),
        format!("/settings?token={secret}"),
        format!("/api/personalaccesstoken?Search={email}"),
    ] {
        client.get(&path).await;
    }
    for name in [
        "traceparent",
        "tracestate",
        "baggage",
        "user-agent",
        "x-request-id",
    ] {
        let headers = [(name, secret), ("x-forwarded-for", address)];
        send(server, EXCHANGE, &headers).await;
    }
    let state = format!("a={secret}");
    let parent = traceparent(&trace(7), "01");
    send(
        server,
        EXCHANGE,
        &[("traceparent", &*parent), ("tracestate", &*state)],
    )
    .await;
}

#[tokio::test]
async fn no_secret_no_address_and_no_person_gets_into_a_trace() {
    const WRONG: &str = "wrong-canary-password";
    const EMAIL: &str = "ada.canary@example.com";
    const ADDRESS: &str = "203.0.113.77";
    let traced = Traced::start(&[
        ("ATS_PAT_TRACES_RATIO", "1"),
        ("ATS_PAT_TRUSTED_PROXIES", "127.0.0.1"),
        ("ATS_PAT_LOG", "trace"),
        (
            "ATS_PAT_TRACES_HEADERS",
            "Authorization: Bearer collector-canary",
        ),
    ]);
    let server = &traced.server;
    let link = server.setup_link.clone().unwrap();
    let (_, code) = link.split_once('#').unwrap();
    let client = traced.ada().await;
    client.post("/setup", &json!({"Code": code})).await;
    let wrong = json!({"UserName": "ada", "Password": WRONG});
    assert_eq!(client.post("/api/session", &wrong).await.0, 401);
    let session = session_of(server).await;
    let operator_key = audit_key(traced.folder.path());
    let person = json!({"UserName": "canary-user", "Email": EMAIL, "Password": PASSWORD});
    let (status, person) = client.post("/api/administration/users", &person).await;
    assert_eq!(status, 201, "{person}");
    let person = text(&person["Data"]["Id"]);
    let expires_at = in_seconds(86_400);
    let form = json!({"Name": "canary-token", "Description": "canary-description", "ExpiresAt": expires_at});
    let created = client.post("/api/personalaccesstoken", &form).await.1;
    let id = text(&created["Data"]["Token"]["Id"]);
    let secret = text(&created["Data"]["Secret"]);
    let bearer = text(&client.exchange(&secret).await.1["Data"]);
    client.identity(&bearer).await;
    client.identity(&operator_key).await;
    let events = "/api/administration/events";
    let authorization = format!("Bearer {operator_key}");
    send(server, events, &[("Authorization", &*authorization)]).await;
    paste_everywhere(server, &client, &secret, [EMAIL, ADDRESS]).await;
    let path = format!("/api/personalaccesstoken/{id}/regenerate");
    let newer = text(&client.post(&path, &json!({})).await.1["Data"]["Secret"]);
    client.exchange(&secret).await;
    client.revoke_as_holder(&newer).await;
    let key = traced.folder.path().join("data/master.key");
    let master_key = std::fs::read_to_string(key).unwrap();
    let collector = traced.collector;
    traced.server.stop();

    let spans = collector.spans();
    assert!(spans.len() > 100, "{}", spans.len());
    for span in &spans {
        assert_eq!((span.events_and_links, span.trace_state.as_str()), (0, ""));
        for (name, _) in &span.attributes {
            assert!(ATTRIBUTES.contains(&name.as_str()), "{span:#?}");
        }
    }
    let requests = collector.requests();
    let exported: Vec<String> = requests
        .iter()
        .map(|it| String::from_utf8_lossy(&it.body).into_owned())
        .collect();
    for (name, canary) in [
        ("set-up code", code),
        ("password", PASSWORD),
        ("wrong password", WRONG),
        ("e-mail", EMAIL),
        ("address", ADDRESS),
        ("own address", "127.0.0.1"),
        ("operator key", &operator_key),
        ("session", &session),
        ("secret", &secret),
        ("secret without its prefix", &secret[7..]),
        ("newer secret", &newer),
        ("authentication token", &bearer),
        ("id of a token", &id),
        ("id of a user", &person),
        ("name of a user", "canary-user"),
        ("name of a token", "canary-token"),
        ("description", "canary-description"),
        ("header for the collector", "collector-canary"),
        ("master key", master_key.lines().next().unwrap()),
    ] {
        assert!(canary.len() > 8, "{name}");
        assert!(!exported.iter().any(|body| body.contains(canary)), "{name}");
    }
    // Only the collector gets its secret.
    for request in &requests {
        assert!(request.head.starts_with("POST /v1/traces HTTP/1.1\r\n"));
        let head = request.head.to_ascii_lowercase();
        assert!(head.contains("authorization: bearer collector-canary\r\n"));
        assert!(head.contains("content-type: application/x-protobuf\r\n"));
    }
}

/// The id of a session of Ada's, which is the cookie of it.
async fn session_of(server: &Server) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let body: Value = json!({"UserName": "ada", "Password": PASSWORD});
    let signed_in = http.post(format!("{}/api/session", server.url)).json(&body);
    let signed_in = signed_in.send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}
