//! The way of a sign-in that is as it should be.

use std::collections::HashMap;
use std::time::Duration;

use ats_pat_domain::port::{IdentityError, IdentityProvider};
use ats_pat_identity::{Algorithm, Distrust};
use serde_json::json;
use url::Url;

use crate::scene::{ACCESS_TOKEN, CLIENT, SECRET, Scene, trouble};
use ats_pat_test_support::provider::TOKEN;
use ats_pat_test_support::provider::jwt::{Signer, base64, rsa, sha256};

async fn query(scene: &Scene) -> HashMap<String, String> {
    let url = scene.provider.authorization_url(&scene.flow).await.unwrap();
    assert!(
        url.starts_with(&format!("{}/authorize?", scene.hostile.issuer)),
        "{url}"
    );
    let url: Url = url.parse().unwrap();
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_person_is_who_the_id_token_says() {
    let scene = Scene::new().await;
    let proven = scene.prove().await.unwrap();
    assert_eq!(proven.identity.issuer.as_str(), scene.hostile.issuer);
    assert_eq!(proven.identity.subject.as_str(), "ada");
    assert_eq!(proven.user_name.as_deref(), Some("ada"));
    assert_eq!(proven.display_name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(proven.email.as_deref(), Some("ada@example.com"));
    assert_eq!(proven.groups, Some(vec!["builders".to_owned()]));
    assert_eq!(proven.session.as_deref(), Some("sign-in"));
    assert_eq!(
        proven.authenticated_at.unwrap().as_seconds(),
        scene.clock.seconds()
    );
}

#[tokio::test]
async fn every_algorithm_of_the_settings_is_believed() {
    let scene = Scene::new().await;
    let ec = Signer::new_ec();
    scene.hostile.publish(&[rsa().jwk("rsa"), ec.jwk("ec")]);
    for (alg, kid) in [("RS256", "rsa"), ("PS256", "rsa"), ("ES256", "ec")] {
        let signer = if kid == "ec" { &ec } else { rsa() };
        scene.raw_id_token(&signer.token(&json!({"alg": alg, "kid": kid}), &scene.claims()));
        let proven = scene.prove().await;
        assert!(proven.is_ok(), "{alg}: {proven:?}");
    }
}

#[tokio::test]
async fn the_browser_takes_state_nonce_and_challenge_along() {
    let scene = Scene::new().await;
    let query = query(&scene).await;
    let flow = &scene.flow;
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        (
            "redirect_uri",
            "https://tokens.example/signin/corp/callback",
        ),
        ("scope", "openid profile"),
        ("state", &base64(&flow.state)),
        ("nonce", &base64(&flow.nonce)),
        ("code_challenge_method", "S256"),
        ("code_challenge", &base64(&sha256(&base64(&flow.verifier)))),
    ];
    for (name, value) in expected {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(query.len(), expected.len(), "{query:?}");
}

#[tokio::test]
async fn the_code_is_shown_with_the_verifier_and_the_secret() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    let request = &scene.hostile.received(TOKEN)[0];
    assert_eq!(
        request.form("grant_type").as_deref(),
        Some("authorization_code")
    );
    assert_eq!(request.form("code").as_deref(), Some("code"));
    assert_eq!(
        request.form("code_verifier"),
        Some(base64(&scene.flow.verifier))
    );
    let redirect = request.form("redirect_uri");
    assert_eq!(
        redirect.as_deref(),
        Some("https://tokens.example/signin/corp/callback")
    );
    let basic = base64::prelude::BASE64_STANDARD;
    let basic = base64::Engine::encode(&basic, format!("{CLIENT}:{SECRET}"));
    assert_eq!(
        request.authorization.as_deref(),
        Some(&*format!("Basic {basic}"))
    );
    assert_eq!(request.form("client_secret"), None);
}

#[tokio::test]
async fn the_secret_goes_in_the_body_where_the_provider_takes_it_only_there() {
    let scene = Scene::new().await;
    scene.hostile.discovery(|document| {
        document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "x"]);
    });
    scene.prove().await.unwrap();
    let request = &scene.hostile.received(TOKEN)[0];
    assert_eq!(request.authorization, None);
    assert_eq!(request.form("client_secret").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn a_client_without_a_secret_shows_its_name() {
    let scene = Scene::with(|settings| settings.client_secret = None).await;
    scene.prove().await.unwrap();
    let request = &scene.hostile.received(TOKEN)[0];
    assert_eq!(request.authorization, None);
    assert_eq!(request.form("client_secret"), None);
    assert_eq!(request.form("client_id").as_deref(), Some(CLIENT));
}

#[tokio::test]
async fn a_sign_in_that_has_to_be_recent_asks_for_the_password_and_gets_its_time() {
    let mut scene = Scene::new().await;
    scene.flow.max_age = Some(Duration::from_mins(15));
    let query = query(&scene).await;
    assert_eq!(query.get("prompt").map(String::as_str), Some("login"));
    assert_eq!(query.get("max_age").map(String::as_str), Some("900"));

    scene.prove().await.unwrap();
    let now = scene.clock.seconds();
    for (auth_time, is_recent) in [
        (json!(now - 900), true),
        (json!(now - 960), true),
        (json!(now - 961), false),
        (json!(null), false),
    ] {
        scene.id_token(|claims| claims["auth_time"] = auth_time.clone());
        let proven = scene.prove().await;
        assert_eq!(proven.is_ok(), is_recent, "{auth_time}");
        if let Err(error) = proven {
            assert!(matches!(error, IdentityError::NotRecent), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_in_the_future_is_not_believed() {
    let scene = Scene::new().await;
    let now = scene.clock.seconds();
    scene.id_token(|claims| claims["auth_time"] = json!(now + 60));
    scene.prove().await.unwrap();
    scene.id_token(|claims| claims["auth_time"] = json!(now + 61));
    assert!(matches!(
        scene.distrust().await,
        Distrust::AuthenticationTime
    ));
}

#[tokio::test]
async fn signing_out_goes_on_at_the_provider() {
    let scene = Scene::new().await;
    let url = scene
        .provider
        .end_session_url(Some("ada&x"))
        .await
        .unwrap()
        .unwrap();
    let expected = format!(
        "{}/logout?client_id=ats&logout_hint=ada%26x",
        scene.hostile.issuer
    );
    assert_eq!(url, expected);
    let scene = Scene::new().await;
    scene.hostile.discovery(|document| {
        document
            .as_object_mut()
            .unwrap()
            .remove("end_session_endpoint");
    });
    assert_eq!(scene.provider.end_session_url(None).await.unwrap(), None);
}

#[tokio::test]
async fn no_error_quotes_a_code_a_token_or_a_secret() {
    let mut scene = Scene::new().await;
    scene.answer.code = Some("CANARY-code".to_owned());
    // The token's type is missing: parsers like to quote what they found.
    let answer =
        json!({"access_token": {"x": "CANARY-token"}, "token_type": 7, "id_token": "CANARY.x.y"});
    scene.hostile.json(TOKEN, answer);
    let error = scene.prove().await.unwrap_err();
    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");

    scene
        .hostile
        .reply(TOKEN, ats_pat_test_support::provider::Reply::Redirect);
    let error = scene.prove().await.unwrap_err();
    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");

    let scene = Scene::with(|settings| {
        settings.algorithms = vec![Algorithm::Rs256];
        settings.client_secret = Some("CANARY-secret".to_owned().into());
    })
    .await;
    scene.raw_id_token(&format!("{}.CANARY.{ACCESS_TOKEN}", base64(b"{}")));
    let error = scene.prove().await.unwrap_err();
    let shown = format!("{error:?} {:?} {:?}", scene.settings, scene.provider);
    assert!(!shown.contains("CANARY"), "{shown}");

    let scene = Scene::new().await;
    let refusal = json!({"error": "invalid_client", "error_description": "CANARY"});
    scene.hostile.reply(
        TOKEN,
        ats_pat_test_support::provider::Reply::Status(401, refusal),
    );
    let shown = format!("{:?}", trouble(scene.prove().await.unwrap_err()));
    assert!(
        shown.contains("invalid_client") && !shown.contains("CANARY"),
        "{shown}"
    );
}
