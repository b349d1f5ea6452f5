//! Keys that a provider exchanges.

use std::time::Duration;

use ats_pat_identity::Distrust;
use serde_json::json;

use crate::scene::Scene;
use ats_pat_test_support::provider::jwt::{Signer, other_rsa, rsa};
use ats_pat_test_support::provider::{KEYS, Reply};

fn sign_by(scene: &Scene, signer: &Signer, alg: &str, kid: &str) {
    scene.raw_id_token(&signer.token(&json!({"alg": alg, "kid": kid}), &scene.claims()));
}

#[tokio::test]
async fn a_new_key_is_read_as_soon_as_a_token_names_it() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    let ec = Signer::new_ec();
    scene.hostile.publish(&[ec.jwk("ec")]);
    sign_by(&scene, &ec, "ES256", "ec");
    scene.prove().await.unwrap();
    assert_eq!(scene.hostile.received(KEYS).len(), 2);
    // The key that is gone is no longer taken.
    scene.id_token(|_| {});
    assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_a_minute() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    for kid in 0..10 {
        sign_by(&scene, other_rsa(), "RS256", &format!("made up {kid}"));
        assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
    }
    assert_eq!(scene.hostile.received(KEYS).len(), 2);
    scene.clock.advance(Duration::from_secs(59));
    assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
    assert_eq!(scene.hostile.received(KEYS).len(), 2);
    scene.clock.advance(Duration::from_secs(1));
    assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
    assert_eq!(scene.hostile.received(KEYS).len(), 3);
}

#[tokio::test]
async fn keys_that_can_not_be_read_again_stay_as_they_were() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    scene.hostile.reply(KEYS, Reply::Endless);
    sign_by(&scene, other_rsa(), "RS256", "made up");
    assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
    scene.id_token(|_| {});
    scene.prove().await.unwrap();
}

#[tokio::test]
async fn a_token_that_names_no_key_is_believed_only_if_there_is_one() {
    let scene = Scene::new().await;
    scene.raw_id_token(&rsa().token(&json!({"alg": "RS256"}), &scene.claims()));
    scene.prove().await.unwrap();

    let scene = Scene::new().await;
    scene
        .hostile
        .publish(&[rsa().jwk("rsa"), other_rsa().jwk("other")]);
    scene.raw_id_token(&rsa().token(&json!({"alg": "RS256"}), &scene.claims()));
    assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
}

#[tokio::test]
async fn a_published_secret_signs_nothing() {
    let scene = Scene::new().await;
    let secret = json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256"});
    scene.hostile.publish(&[rsa().jwk("rsa"), secret]);
    let header = json!({"alg": "HS256", "kid": "secret"});
    let token = ats_pat_test_support::provider::jwt::jwt(&header, &scene.claims(), |signed| {
        ats_pat_test_support::provider::jwt::hs256(b"secret", signed)
    });
    scene.raw_id_token(&token);
    assert!(matches!(scene.distrust().await, Distrust::IdToken(_)));
}
