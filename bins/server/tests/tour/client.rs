//! The client for other programs, against the real server.

use ats_pat_client::{Client as TokenClient, Error, PersonalAccessToken};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json, text};

fn token_client(server: &Server, secret: &str) -> TokenClient {
    let secret = PersonalAccessToken::parse(secret).expect("a well-formed token");
    TokenClient::builder(&server.url, secret)
        .build()
        .expect("a client")
}

async fn refused(server: &Server, secret: &str) -> Error {
    let bearer = token_client(server, secret).bearer().await;
    bearer.expect_err("a refusal")
}

#[tokio::test]
async fn other_programs_keep_a_token_and_learn_why_it_ends() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    admin_json(
        folder.path(),
        &["user", "add", "ada", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    let person = Client::new(&server);
    person.sign_in("ada").await;
    let (_, created) = person.create("nightly build", 86_400).await;
    let id = text(&created["Data"]["Token"]["Id"]);
    let secret = text(&created["Data"]["Secret"]);

    let client = token_client(&server, &secret);
    let bearer = client.bearer().await.unwrap();
    let (status, identity) = person.identity(bearer.expose()).await;
    assert_eq!((status, &identity["Data"]["TokenId"]), (200, &json!(id)));
    let again = client.bearer().await.unwrap();
    assert_eq!(again.expose(), bearer.expose(), "one exchange serves many");
    client.invalidate(&bearer);
    let fresh = client.bearer().await.unwrap();
    assert_ne!(fresh.expose(), bearer.expose());
    assert_eq!(person.identity(fresh.expose()).await.0, 200);

    let path = format!("/api/personalaccesstoken/{id}");
    let (_, regenerated) = person.post(&format!("{path}/regenerate"), &json!({})).await;
    let replaced = refused(&server, &secret).await;
    assert!(matches!(replaced, Error::Invalid(_)), "{replaced:?}");
    let secret = text(&regenerated["Data"]["Secret"]);
    person.post(&format!("{path}/revoke"), &json!({})).await;
    let revoked = refused(&server, &secret).await;
    assert!(matches!(revoked, Error::Revoked(_)), "{revoked:?}");

    let (_, elsewhere) = person
        .post(
            "/api/personalaccesstoken",
            &json!({
                "Name": "elsewhere",
                "ExpiresAt": created["Data"]["Token"]["ExpiresAt"],
                "AllowedNetworks": ["192.0.2.0/24"],
            }),
        )
        .await;
    let other_network = refused(&server, &text(&elsewhere["Data"]["Secret"])).await;
    assert!(
        matches!(other_network, Error::NetworkNotAllowed(_)),
        "{other_network:?}"
    );

    let (_, short) = person.create("a few seconds", 3).await;
    let short = text(&short["Data"]["Secret"]);
    let expired = loop {
        if let Err(error) = token_client(&server, &short).bearer().await {
            break error;
        }
    };
    assert!(matches!(expired, Error::Expired(_)), "{expired:?}");

    let (_, last) = person.create("after the leaver", 86_400).await;
    admin_json(folder.path(), &["user", "disable", "ada"], "");
    let disabled = refused(&server, &text(&last["Data"]["Secret"])).await;
    assert!(matches!(disabled, Error::OwnerDisabled(_)), "{disabled:?}");
    server.stop();
}
