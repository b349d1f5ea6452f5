//! Discovery documents that are huge, slow, endless or another provider's.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Issuer;
use ats_pat_domain::port::IdentityProvider;
use ats_pat_identity::{Provider, SettingError, Trouble};
use futures_util::future::join_all;
use serde_json::json;

use crate::scene::Scene;
use ats_pat_test_support::provider::{DISCOVERY, KEYS, Reply, TOKEN, USER_INFO};

async fn failure(scene: &Scene) -> String {
    scene.trouble().await.to_string()
}

#[tokio::test]
async fn an_endless_answer_is_broken_off_wherever_it_comes() {
    for path in [DISCOVERY, KEYS, TOKEN, USER_INFO] {
        let scene = Scene::new().await;
        scene.id_token(|claims| claims["email"] = json!(null));
        scene.hostile.reply(path, Reply::Endless);
        let failure = failure(&scene).await;
        assert!(
            failure.contains("longer than 262144 bytes"),
            "{path}: {failure}"
        );
    }
}

#[tokio::test]
async fn an_answer_of_a_byte_too_much_is_refused() {
    let scene = Scene::new().await;
    let is_taken = async |length: usize| {
        scene.clock.advance(Duration::from_hours(25));
        scene.hostile.discovery(|document| {
            document["x"] = json!("");
            let rest = length - document.to_string().len();
            document["x"] = json!("x".repeat(rest));
        });
        let url = scene.provider.authorization_url(&scene.flow);
        url.await.is_ok()
    };
    assert!(is_taken(256 * 1024).await);
    assert!(!is_taken(256 * 1024 + 1).await);
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_not_waited_for() {
    for path in [DISCOVERY, KEYS, TOKEN, USER_INFO] {
        let scene = Scene::with(|settings| settings.timeout = Duration::from_millis(300)).await;
        scene.id_token(|claims| claims["email"] = json!(null));
        scene.hostile.reply(path, Reply::Silence);
        let failure = failure(&scene).await;
        assert!(failure.contains("no answer in time"), "{path}: {failure}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    for path in [DISCOVERY, KEYS, TOKEN, USER_INFO] {
        let scene = Scene::new().await;
        scene.id_token(|claims| claims["email"] = json!(null));
        scene.hostile.reply(path, Reply::Redirect);
        assert!(scene.prove().await.is_err(), "{path}");
        assert_eq!(scene.hostile.received(path).len(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_document_for_another_issuer_is_refused() {
    for other in ["https://attacker.example", "/", "/{tenantid}"] {
        let scene = Scene::new().await;
        let other = match other {
            "https://attacker.example" => other.to_owned(),
            suffix => format!("{}{suffix}", scene.hostile.issuer),
        };
        scene
            .hostile
            .discovery(|document| document["issuer"] = json!(other));
        let trouble = scene.trouble().await;
        assert!(
            matches!(trouble, Trouble::OtherIssuer { .. }),
            "{other}: {trouble}"
        );
        assert!(scene.hostile.received(KEYS).is_empty());
    }
}

#[tokio::test]
async fn an_address_without_tls_is_refused() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
    ] {
        for url in [
            "http://id.example/x",
            "javascript:alert(1)",
            "ftp://127.0.0.1/",
        ] {
            let scene = Scene::new().await;
            scene
                .hostile
                .discovery(|document| document[name] = json!(url));
            let trouble = scene.trouble().await;
            assert!(
                matches!(trouble, Trouble::Endpoint { .. }),
                "{name} {url}: {trouble}"
            );
        }
    }
}

#[tokio::test]
async fn an_issuer_without_tls_is_refused_unless_it_is_on_this_machine() {
    let scene = Scene::new().await;
    let provider = |issuer: &str| {
        let mut settings = scene.settings.clone();
        settings.issuer = Issuer::new(issuer).unwrap();
        Provider::new(settings, Arc::new(scene.clock.clone()))
    };
    for issuer in [
        "http://id.example",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
    ] {
        let refused = provider(issuer).err();
        assert!(matches!(refused, Some(SettingError::Insecure)), "{issuer}");
    }
    for issuer in [
        "id.example",
        "https://id.example?x",
        "https://id.example#x",
        "https://u:p@id.example",
    ] {
        let refused = provider(issuer).err();
        assert!(matches!(refused, Some(SettingError::Issuer)), "{issuer}");
    }
    assert!(provider("https://id.example/tenant/v2.0").is_ok());
}

#[tokio::test]
async fn what_is_no_discovery_document_is_refused() {
    for (reply, expected) in [
        (Reply::Html("<html>".to_owned()), "is not JSON"),
        (Reply::Status(500, json!({})), "the status 500"),
        (Reply::Status(404, json!({})), "the status 404"),
        (Reply::Json(json!([])), "can't be read"),
        (Reply::Json(json!({"issuer": 7})), "can't be read"),
    ] {
        let scene = Scene::new().await;
        scene.hostile.reply(DISCOVERY, reply);
        let failure = failure(&scene).await;
        assert!(failure.contains(expected), "{failure}");
    }
}

#[tokio::test]
async fn documents_are_read_once_for_many_and_again_after_an_hour() {
    let scene = Scene::new().await;
    let many = (0..50).map(|_| scene.provider.authorization_url(&scene.flow));
    for url in join_all(many).await {
        url.unwrap();
    }
    let asked = |path| scene.hostile.received(path).len();
    assert_eq!((asked(DISCOVERY), asked(KEYS)), (1, 1));
    scene.clock.advance(Duration::from_secs(3599));
    scene.provider.authorization_url(&scene.flow).await.unwrap();
    assert_eq!((asked(DISCOVERY), asked(KEYS)), (1, 1));
    scene.clock.advance(Duration::from_secs(1));
    scene.provider.authorization_url(&scene.flow).await.unwrap();
    assert_eq!((asked(DISCOVERY), asked(KEYS)), (2, 2));
}

#[tokio::test]
async fn a_provider_that_is_away_is_asked_every_ten_seconds_by_one() {
    let scene = Scene::new().await;
    scene
        .hostile
        .reply(DISCOVERY, Reply::Status(503, json!({})));
    let many = (0..50).map(|_| scene.provider.authorization_url(&scene.flow));
    for url in join_all(many).await {
        url.unwrap_err();
    }
    assert_eq!(scene.hostile.received(DISCOVERY).len(), 1);
    scene.hostile.discovery(|_| {});
    scene.clock.advance(Duration::from_millis(9_999));
    scene
        .provider
        .authorization_url(&scene.flow)
        .await
        .unwrap_err();
    scene.clock.advance(Duration::from_millis(1));
    scene.provider.authorization_url(&scene.flow).await.unwrap();
}

#[tokio::test]
async fn documents_that_can_not_be_read_again_are_used_for_a_day() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    scene
        .hostile
        .reply(DISCOVERY, Reply::Status(503, json!({})));
    scene.clock.advance(Duration::from_secs(24 * 3600 - 1));
    scene.id_token(|_| {});
    scene.prove().await.unwrap();
    scene.clock.advance(Duration::from_secs(1));
    scene.id_token(|_| {});
    assert!(matches!(
        scene.trouble().await,
        Trouble::Status { status: 503, .. }
    ));
}
