//! Logout tokens: genuine, forged, and made for something else.

use std::time::Duration;

use ats_pat_domain::port::{IdentityProvider, LoggedOut, Logout};
use ats_pat_domain::{Identity, Issuer, Subject};
use ats_pat_identity::Distrust;
use serde_json::{Value, json};

use crate::scene::{CLIENT, SECRET, Scene, distrust};
use ats_pat_test_support::provider::KEYS;
use ats_pat_test_support::provider::jwt::{Signer, base64, hs256, jwt, other_rsa, rsa};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn header() -> Value {
    json!({"alg": "RS256", "kid": "rsa", "typ": "logout+jwt"})
}

fn claims(scene: &Scene) -> Value {
    let now = scene.clock.seconds();
    json!({
        "iss": scene.hostile.issuer, "aud": CLIENT, "iat": now, "exp": now + 120,
        "jti": "once", "events": {EVENT: {}}, "sub": "ada", "sid": "sign-in",
    })
}

/// What comes of a token whose claims a test edits.
async fn logged_out(scene: &Scene, edit: impl FnOnce(&mut Value)) -> Result<Logout, String> {
    let mut claims = claims(scene);
    edit(&mut claims);
    raw(scene, &rsa().token(&header(), &claims)).await
}

async fn raw(scene: &Scene, token: &str) -> Result<Logout, String> {
    let judged = scene.provider.logged_out(token).await;
    judged.map_err(|error| match distrust(error) {
        Distrust::Logout(rule) => rule.to_owned(),
        other => panic!("{other}"),
    })
}

fn without(name: &'static str) -> impl FnOnce(&mut Value) {
    move |claims| drop(claims.as_object_mut().unwrap().remove(name))
}

fn ada(scene: &Scene) -> Identity {
    Identity {
        issuer: Issuer::new(&scene.hostile.issuer).unwrap(),
        subject: Subject::new("ada").unwrap(),
    }
}

#[tokio::test]
async fn a_logout_token_ends_one_sign_in_or_all_of_a_person() {
    let scene = Scene::new().await;
    let logout = logged_out(&scene, |_| {}).await.unwrap();
    let session = |subject| LoggedOut::Session {
        session: "sign-in".to_owned(),
        subject,
    };
    assert_eq!(logout.whose, session(Some(ada(&scene))));
    assert_eq!(logout.token_id, "once");
    assert_eq!(logout.valid_until.as_seconds(), scene.clock.seconds() + 300);

    let logout = logged_out(&scene, without("sub")).await.unwrap();
    assert_eq!(logout.whose, session(None));
    let logout = logged_out(&scene, without("sid")).await.unwrap();
    assert_eq!(logout.whose, LoggedOut::Subject(ada(&scene)));
    let neither = logged_out(&scene, |claims| {
        without("sub")(claims);
        without("sid")(claims);
    });
    assert_eq!(neither.await.unwrap_err(), "neither sid nor sub is there");
}

#[tokio::test]
async fn a_logout_token_is_of_this_provider_and_for_this_client() {
    let scene = Scene::new().await;
    logged_out(&scene, |claims| claims["aud"] = json!(["other", CLIENT]))
        .await
        .unwrap();
    for audience in [json!("other"), json!(["other"]), json!(null), json!([])] {
        let refused = logged_out(&scene, |claims| claims["aud"] = audience.clone()).await;
        assert_eq!(
            refused.unwrap_err(),
            "aud names another client",
            "{audience}"
        );
    }
    for issuer in [json!("https://attacker.example"), json!(null)] {
        let refused = logged_out(&scene, |claims| claims["iss"] = issuer.clone()).await;
        assert_eq!(
            refused.unwrap_err(),
            "iss names another provider",
            "{issuer}"
        );
    }
}

#[tokio::test]
async fn a_logout_token_is_taken_for_five_minutes() {
    let scene = Scene::new().await;
    let now = scene.clock.seconds();
    for (issued_at, is_taken) in [
        (json!(now - 300), true),
        (json!(now - 301), false),
        (json!(now + 60), true),
        (json!(now + 61), false),
        (json!(1e300), false),
        (json!(-1e300), false),
    ] {
        let taken = logged_out(&scene, |claims| claims["iat"] = issued_at.clone()).await;
        assert_eq!(taken.is_ok(), is_taken, "{issued_at}");
        if let Err(rule) = taken {
            assert_eq!(rule, "iat is not within five minutes", "{issued_at}");
        }
    }
    logged_out(&scene, |claims| claims["exp"] = json!(now - 59))
        .await
        .unwrap();
    let expired = logged_out(&scene, |claims| claims["exp"] = json!(now - 60)).await;
    assert_eq!(expired.unwrap_err(), "it has expired");
    for (name, rule) in [("iat", "iat is missing"), ("exp", "exp is missing")] {
        assert_eq!(logged_out(&scene, without(name)).await.unwrap_err(), rule);
        let text = logged_out(&scene, |claims| claims[name] = json!(now.to_string())).await;
        assert_eq!(text.unwrap_err(), rule);
    }
}

#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    let scene = Scene::new().await;
    let id_token = json!({"alg": "RS256", "kid": "rsa"});
    let refused = raw(&scene, &rsa().token(&id_token, &scene.claims())).await;
    assert!(refused.is_err());
    for nonce in [json!("n"), json!(null)] {
        let refused = logged_out(&scene, |claims| claims["nonce"] = nonce).await;
        assert_eq!(refused.unwrap_err(), "it has a nonce");
    }
    for events in [
        json!(null),
        json!({}),
        json!([EVENT]),
        json!(EVENT),
        json!({EVENT: null}),
        json!({EVENT: true}),
        json!({"http://schemas.openid.net/event/other": {}}),
    ] {
        let refused = logged_out(&scene, |claims| claims["events"] = events.clone()).await;
        assert_eq!(
            refused.unwrap_err(),
            "events does not name a logout",
            "{events}"
        );
    }
}

#[tokio::test]
async fn a_logout_token_has_an_id_by_which_a_second_one_is_known() {
    let scene = Scene::new().await;
    for id in [json!(null), json!(""), json!(7), json!("x".repeat(256))] {
        let refused = logged_out(&scene, |claims| claims["jti"] = id.clone()).await;
        assert_eq!(refused.unwrap_err(), "jti is missing", "{id}");
    }
}

#[tokio::test]
async fn a_logout_token_names_people_as_an_issuer_may() {
    let scene = Scene::new().await;
    for subject in [
        json!(""),
        json!(null),
        json!("x".repeat(256)),
        json!(["ada"]),
    ] {
        let refused = logged_out(&scene, |claims| claims["sub"] = subject.clone()).await;
        assert_eq!(
            refused.unwrap_err(),
            "sub is not one that an issuer may give",
            "{subject}"
        );
    }
    for sid in [json!(""), json!(null), json!(7), json!("x".repeat(256))] {
        let refused = logged_out(&scene, |claims| claims["sid"] = sid.clone()).await;
        assert_eq!(
            refused.unwrap_err(),
            "sid is not one that a provider may give",
            "{sid}"
        );
    }
}

#[tokio::test]
async fn a_forged_logout_token_is_refused() {
    let scene = Scene::new().await;
    let claims = claims(&scene);
    let forged = "no published key made its signature";
    let refused = raw(&scene, &other_rsa().token(&header(), &claims)).await;
    assert_eq!(refused.unwrap_err(), forged);
    let own_key = json!({"alg": "RS256", "kid": "rsa", "jwk": other_rsa().jwk("rsa")});
    let refused = raw(&scene, &other_rsa().token(&own_key, &claims)).await;
    assert_eq!(refused.unwrap_err(), forged);
    // Claims that were exchanged after signing.
    let token = rsa().token(&header(), &claims);
    let parts: Vec<&str> = token.split('.').collect();
    let mut other = claims.clone();
    other["sub"] = json!("eve");
    let other = base64(other.to_string().as_bytes());
    let refused = raw(&scene, &format!("{}.{other}.{}", parts[0], parts[2])).await;
    assert_eq!(refused.unwrap_err(), forged);
}

#[tokio::test]
async fn a_logout_token_that_is_unsigned_or_signed_by_a_secret_is_refused() {
    let scene = Scene::new().await;
    let rule = "its algorithm is not allowed";
    let claims = claims(&scene);
    for alg in ["none", "None", "", "RS512"] {
        let header = json!({"alg": alg, "kid": "rsa"});
        let refused = raw(&scene, &jwt(&header, &claims, |_| Vec::new())).await;
        assert_eq!(refused.unwrap_err(), rule, "{alg}");
    }
    let modulus = rsa().modulus();
    for secret in [SECRET.as_bytes(), &modulus] {
        let header = json!({"alg": "HS256", "kid": "rsa"});
        let token = jwt(&header, &claims, |signed| hs256(secret, signed));
        assert_eq!(raw(&scene, &token).await.unwrap_err(), rule);
    }
}

#[tokio::test]
async fn a_logout_token_has_the_header_of_one() {
    let scene = Scene::new().await;
    let claims = claims(&scene);
    for (typ, is_taken) in [
        (json!("JWT"), true),
        (json!("Application/Logout+JWT"), true),
        (json!(null), true),
        (json!("at+jwt"), false),
        (json!("secevent+jwt"), false),
    ] {
        let header = json!({"alg": "RS256", "kid": "rsa", "typ": typ});
        let taken = raw(&scene, &rsa().token(&header, &claims)).await;
        assert_eq!(taken.is_ok(), is_taken, "{typ}");
    }
    let critical = json!({"alg": "RS256", "kid": "rsa", "crit": ["exp"]});
    let refused = raw(&scene, &rsa().token(&critical, &claims)).await;
    assert_eq!(refused.unwrap_err(), "its header has critical members");
}

#[tokio::test]
async fn what_is_no_token_asks_the_provider_nothing() {
    let scene = Scene::new().await;
    let long = format!("{}.x.y", "x".repeat(16 * 1024));
    for text in [
        "", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "£.e30.x", &long,
    ] {
        assert!(raw(&scene, text).await.is_err(), "{text}");
    }
    assert!(scene.hostile.received(KEYS).is_empty());
}

#[tokio::test]
async fn unknown_keys_of_logout_tokens_are_asked_for_once_in_a_minute() {
    let scene = Scene::new().await;
    let claims = claims(&scene);
    for kid in 0..10 {
        let header = json!({"alg": "RS256", "kid": format!("made up {kid}")});
        let refused = raw(&scene, &other_rsa().token(&header, &claims)).await;
        assert_eq!(refused.unwrap_err(), "no published key made its signature");
    }
    assert_eq!(scene.hostile.received(KEYS).len(), 2);
    let ec = Signer::new_ec();
    scene.hostile.publish(&[ec.jwk("ec")]);
    let token = ec.token(&json!({"alg": "ES256", "kid": "ec"}), &claims);
    raw(&scene, &token).await.unwrap_err();
    scene.clock.advance(Duration::from_mins(1));
    raw(&scene, &token).await.unwrap();
}
