//! The tour of the README, through the real programs and real HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails has failed the test"
)]

mod canaries;
mod client;
mod drain;
mod hanging;
mod log;
mod metrics;
mod overload;
mod reload;
mod rotation;
mod siem;
mod storage;
mod support;
mod traces;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use support::{Client, PASSWORD, Server, admin, admin_json, text};
use tempfile::TempDir;

/// Verifies with another library, and a key from the published set.
async fn verify_independently(client: &Client, server: &Server, token: &str) -> Value {
    let (status, set) = client.get("/.well-known/jwks.json").await;
    assert_eq!(status, 200);
    let set: JwkSet = serde_json::from_value(set).expect("a JWK set");
    let header = decode_header(token).expect("a header");
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let jwk = set
        .find(&header.kid.expect("a key id"))
        .expect("the key is published");
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[&server.url]);
    validation.set_issuer(&[&server.url]);
    validation.leeway = 0;
    validation.validate_nbf = true;
    decode(
        token,
        &DecodingKey::from_jwk(jwk).expect("a key"),
        &validation,
    )
    .expect("it verifies")
    .claims
}

#[tokio::test]
async fn from_an_empty_folder_to_a_disabled_owner() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    assert!(server.setup_link.is_some(), "there is no administrator yet");
    let input = format!("{PASSWORD}\n");
    let ada = admin_json(
        folder.path(),
        &["user", "add", "Ada", "--admin", "--password-stdin"],
        &input,
    );
    assert_eq!(
        (&ada["UserName"], &ada["IsAdmin"], &ada["Disabled"]),
        (&json!("Ada"), &json!(true), &json!(false))
    );

    let client = Client::new(&server);
    assert_eq!(client.get("/api/session").await.1["ResponseCode"], 1100);
    let (status, signed_in) = client.sign_in("ada").await;
    assert_eq!((status, &signed_in["Data"]["Id"]), (200, &ada["Id"]));

    let (status, created) = client.create("nightly build", 86_400).await;
    assert_eq!(status, 201);
    let (id, secret) = (
        text(&created["Data"]["Token"]["Id"]),
        text(&created["Data"]["Secret"]),
    );
    assert_eq!((secret.len(), &secret[..7]), (56, "atspat_"));

    let (status, exchanged) = client.exchange(&secret).await;
    assert_eq!(status, 200);
    let token = text(&exchanged["Data"]);
    let claims = verify_independently(&client, &server, &token).await;
    assert_eq!(
        (&claims["sub"], &claims["client_id"], &claims["scope"]),
        (&ada["Id"], &json!(id), &json!("all"))
    );
    let (_, identity) = client.identity(&token).await;
    assert_eq!(
        (&identity["Data"]["UserName"], &identity["Data"]["TokenId"]),
        (&json!("Ada"), &json!(id))
    );

    let (_, list) = client.get("/api/personalaccesstoken").await;
    assert_eq!(
        (&list["Data"]["Total"], &list["Data"]["Items"][0]["Name"]),
        (&json!(1), &json!("nightly build"))
    );
    assert!(
        !list.to_string().contains(&secret),
        "the secret is answered once"
    );

    let (status, regenerated) = client
        .post(
            &format!("/api/personalaccesstoken/{id}/regenerate"),
            &json!({}),
        )
        .await;
    assert_eq!(
        (status, &regenerated["Data"]["Token"]["Id"]),
        (200, &json!(id))
    );
    let new_secret = text(&regenerated["Data"]["Secret"]);
    assert_eq!(client.exchange(&secret).await.1["ResponseCode"], 1201);
    assert_eq!(client.exchange(&new_secret).await.0, 200);

    let (status, revoked) = client
        .post(&format!("/api/personalaccesstoken/{id}/revoke"), &json!({}))
        .await;
    assert_eq!(
        (status, &revoked["Data"]["Status"]),
        (200, &json!("Revoked"))
    );
    assert_eq!(client.exchange(&new_secret).await.1["ResponseCode"], 1203);

    let (_, short) = client.create("a few seconds", 3).await;
    let short = text(&short["Data"]["Secret"]);
    let mut code = client.exchange(&short).await.1["ResponseCode"].clone();
    while code == 1 {
        code = client.exchange(&short).await.1["ResponseCode"].clone();
    }
    assert_eq!(code, 1202);

    let (_, last) = client.create("after the leaver", 86_400).await;
    let last = text(&last["Data"]["Secret"]);
    let disabled = admin_json(
        folder.path(),
        &["user", "disable", "ada", "--even-the-last"],
        "",
    );
    assert_eq!(disabled["Disabled"], true);
    assert_eq!(client.exchange(&last).await.1["ResponseCode"], 1205);
    assert_eq!(client.get("/api/session").await.1["ResponseCode"], 1100);
    assert_eq!(client.sign_in("ada").await.1["ResponseCode"], 1205);

    let verified = admin(folder.path(), &["audit", "verify"], "");
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    server.stop();
}

#[tokio::test]
async fn acknowledged_changes_survive_a_kill() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    admin_json(
        folder.path(),
        &["user", "add", "ada", "--admin", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    let client = Client::new(&server);
    client.sign_in("ada").await;
    let (_, kept) = client.create("kept", 86_400).await;
    let (_, gone) = client.create("gone", 86_400).await;
    let id = text(&gone["Data"]["Token"]["Id"]);
    assert_eq!(
        client
            .post(&format!("/api/personalaccesstoken/{id}/revoke"), &json!({}))
            .await
            .0,
        200
    );
    server.kill();
    let server = Server::start(folder.path());
    assert_eq!(server.setup_link, None, "there is an administrator");
    let client = Client::new(&server);
    assert_eq!(client.exchange(&text(&kept["Data"]["Secret"])).await.0, 200);
    assert_eq!(
        client.exchange(&text(&gone["Data"]["Secret"])).await.1["ResponseCode"],
        1203
    );
    server.stop();
}

#[tokio::test]
async fn no_secret_reaches_log_or_database_even_at_trace() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(folder.path(), &[("ATS_PAT_LOG", "trace")]);
    let link = server.setup_link.clone().expect("a link");
    let code = link.split_once('#').expect("a fragment").1.to_owned();
    admin_json(
        folder.path(),
        &["user", "add", "ada", "--admin", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let signed_in = http
        .post(format!("{}/api/session", server.url))
        .json(&json!({"UserName": "ada", "Password": PASSWORD}))
        .send()
        .await
        .unwrap();
    let cookie = signed_in.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let session = cookie.split(['=', ';']).nth(1).unwrap().to_owned();

    let client = Client::new(&server);
    client.sign_in("ada").await;
    let (_, created) = client.create("ci", 86_400).await;
    let secret = text(&created["Data"]["Secret"]);
    let token = text(&client.exchange(&secret).await.1["Data"]);
    client.identity(&token).await;
    client.exchange(&secret[..55]).await;
    client
        .post(
            "/api/session",
            &json!({"UserName": "ada", "Password": "wrong-plum-velvet"}),
        )
        .await;
    client
        .post(
            "/api/session",
            &json!({"UserName": ["ada"], "Password": PASSWORD}),
        )
        .await;
    let id = text(&created["Data"]["Token"]["Id"]);
    let (_, regenerated) = client
        .post(
            &format!("/api/personalaccesstoken/{id}/regenerate"),
            &json!({}),
        )
        .await;
    let new_secret = text(&regenerated["Data"]["Secret"]);
    let log = server.stop();
    assert!(
        log.contains("TRACE"),
        "the log is at TRACE: {} bytes",
        log.len()
    );

    let master = std::fs::read_to_string(folder.path().join("data/master.key")).unwrap();
    let master = master
        .lines()
        .find(|line| !line.starts_with('#'))
        .unwrap()
        .to_owned();
    let canaries = [
        ("set-up code", code),
        ("password", PASSWORD.to_owned()),
        ("wrong password", "wrong-plum-velvet".to_owned()),
        ("session id", session),
        ("PAT", secret),
        ("new PAT", new_secret),
        ("authentication token", token),
        ("master key", master),
    ];
    for (name, canary) in &canaries {
        assert!(!log.contains(canary.as_str()), "a {name} stands in the log");
        for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("master.key") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(canary.len())
                .any(|window| window == canary.as_bytes());
            assert!(!found, "a {name} stands in {}", path.display());
        }
    }
}
