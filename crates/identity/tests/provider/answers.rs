//! Answers that come with the wrong browser, or from the wrong provider.

use ats_pat_domain::port::IdentityError;
use ats_pat_identity::{Distrust, Trouble};
use serde_json::json;

use crate::scene::{Scene, name};
use ats_pat_test_support::provider::jwt::base64;
use ats_pat_test_support::provider::{DISCOVERY, Reply, TOKEN};

#[tokio::test]
async fn an_answer_in_another_browser_is_refused_and_its_code_is_never_shown() {
    let mut scene = Scene::new().await;
    for state in [
        None,
        Some(String::new()),
        Some(base64(&[9; 32])),
        Some(base64(&[1; 31])),
        Some(format!("{}x", base64(&[1; 32]))),
    ] {
        scene.answer.state = state;
        assert!(matches!(scene.distrust().await, Distrust::State));
    }
    assert!(scene.hostile.received(DISCOVERY).is_empty());
    assert!(scene.hostile.received(TOKEN).is_empty());
}

#[tokio::test]
async fn an_answer_to_a_sign_in_at_another_provider_is_refused() {
    let mut scene = Scene::new().await;
    scene.flow.provider = name("other");
    assert!(matches!(scene.distrust().await, Distrust::OtherProvider));
    assert!(scene.hostile.received(TOKEN).is_empty());
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_wherever_an_issuer_is_named() {
    let mut scene = Scene::new().await;
    let issuer = scene.hostile.issuer.clone();
    scene.answer.issuer = Some(issuer.clone());
    scene.prove().await.unwrap();
    for other in ["https://attacker.example", "", &format!("{issuer}/")] {
        scene.answer.issuer = Some(other.to_owned());
        assert!(
            matches!(scene.distrust().await, Distrust::OtherIssuer),
            "{other}"
        );
    }
    // An error of another issuer says nothing about this one.
    scene.answer.error = Some("access_denied".to_owned());
    assert!(matches!(scene.distrust().await, Distrust::OtherIssuer));
    assert_eq!(scene.hostile.received(TOKEN).len(), 1);
}

#[tokio::test]
async fn an_answer_without_issuer_is_refused_where_the_provider_announces_it() {
    let mut scene = Scene::new().await;
    scene.hostile.discovery(|document| {
        document["authorization_response_iss_parameter_supported"] = json!(true);
    });
    assert!(matches!(scene.distrust().await, Distrust::IssuerMissing));
    assert!(scene.hostile.received(TOKEN).is_empty());
    scene.answer.issuer = Some(scene.hostile.issuer.clone());
    scene.prove().await.unwrap();
}

#[tokio::test]
async fn a_person_whom_the_provider_does_not_sign_in_is_refused() {
    let mut scene = Scene::new().await;
    scene.answer.error = Some("access_denied\u{1b}[31m\"".to_owned());
    let error = scene.prove().await.unwrap_err();
    let IdentityError::Refused { code } = error else {
        panic!("{error:?}");
    };
    assert_eq!(code, "access_denied[31m");
    assert!(scene.hostile.received(TOKEN).is_empty());
}

#[tokio::test]
async fn an_answer_without_a_code_is_refused() {
    let mut scene = Scene::new().await;
    for code in [None, Some(String::new()), Some("x".repeat(8193))] {
        scene.answer.code = code;
        assert!(matches!(scene.distrust().await, Distrust::Code));
    }
    assert!(scene.hostile.received(TOKEN).is_empty());
}

#[tokio::test]
async fn a_code_that_was_used_before_is_refused() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    let refusal = json!({"error": "invalid_grant"});
    scene.hostile.reply(TOKEN, Reply::Status(400, refusal));
    assert!(matches!(scene.distrust().await, Distrust::CodeRefused));
}

#[tokio::test]
async fn a_service_that_the_provider_does_not_know_is_an_operators_trouble() {
    let scene = Scene::new().await;
    let refusal = json!({"error": "invalid_client"});
    scene.hostile.reply(TOKEN, Reply::Status(401, refusal));
    let trouble = scene.trouble().await;
    assert!(
        matches!(&trouble, Trouble::Client { code } if code == "invalid_client"),
        "{trouble}"
    );
}

#[tokio::test]
async fn an_answer_to_the_code_without_an_id_token_is_refused() {
    let scene = Scene::new().await;
    let answer = json!({"access_token": "a", "token_type": "Bearer"});
    scene.hostile.json(TOKEN, answer);
    assert!(matches!(scene.distrust().await, Distrust::NoIdToken));
    for token in ["", "a.b", "a.b.c", "a.b.c.d.e"] {
        scene.raw_id_token(token);
        assert!(
            matches!(scene.distrust().await, Distrust::NoIdToken),
            "{token}"
        );
    }
}
