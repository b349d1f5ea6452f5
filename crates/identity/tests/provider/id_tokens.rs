//! ID tokens that are forged, for somebody else, or too late.

use ats_pat_identity::{Algorithm, Distrust};
use openidconnect::{ClaimsVerificationError as Claims, SignatureVerificationError as Signature};
use serde_json::{Value, json};

use crate::scene::{ACCESS_TOKEN, CLIENT, SECRET, Scene};
use ats_pat_test_support::provider::jwt::{Signer, base64, hs256, jwt, other_rsa, rsa, sha256};

/// How the library refuses the ID token.
async fn refusal(scene: &Scene) -> Claims {
    match scene.distrust().await {
        Distrust::IdToken(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_token_for_another_sign_in_is_refused() {
    let scene = Scene::new().await;
    for nonce in [json!(base64(&[9; 32])), json!(""), json!(null)] {
        scene.id_token(|claims| claims["nonce"] = nonce.clone());
        let refusal = refusal(&scene).await;
        assert!(
            matches!(refusal, Claims::InvalidNonce(_)),
            "{nonce}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let scene = Scene::new().await;
    let issuer = scene.hostile.issuer.clone();
    for other in [
        "https://attacker.example",
        &format!("{issuer}/"),
        &issuer.to_uppercase(),
    ] {
        scene.id_token(|claims| claims["iss"] = json!(other));
        let refusal = refusal(&scene).await;
        assert!(
            matches!(refusal, Claims::InvalidIssuer(_)),
            "{other}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_also_for_others_is_refused() {
    let scene = Scene::new().await;
    scene.id_token(|claims| claims["aud"] = json!([CLIENT]));
    scene.prove().await.unwrap();
    for audience in [
        json!("other"),
        json!([]),
        json!([CLIENT, "other"]),
        json!("ATS"),
    ] {
        scene.id_token(|claims| claims["aud"] = audience.clone());
        let refusal = refusal(&scene).await;
        assert!(
            matches!(refusal, Claims::InvalidAudience(_)),
            "{audience}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_token_that_another_client_asked_for_is_refused() {
    let scene = Scene::new().await;
    scene.id_token(|claims| claims["azp"] = json!(CLIENT));
    scene.prove().await.unwrap();
    scene.id_token(|claims| claims["azp"] = json!("other"));
    assert!(matches!(scene.distrust().await, Distrust::AuthorizedParty));
}

#[tokio::test]
async fn a_token_is_refused_after_its_end_and_long_after_its_making() {
    let scene = Scene::new().await;
    let now = scene.clock.seconds();
    for (name, seconds, is_believed) in [
        ("exp", now - 59, true),
        ("exp", now - 60, false),
        ("iat", now + 60, true),
        ("iat", now + 61, false),
        ("iat", now - 600, true),
        ("iat", now - 601, false),
    ] {
        scene.id_token(|claims| claims[name] = json!(seconds));
        let proven = scene.prove().await;
        assert_eq!(proven.is_ok(), is_believed, "{name} {}", seconds - now);
        if !is_believed {
            let refusal = refusal(&scene).await;
            assert!(
                matches!(refusal, Claims::Expired(_) | Claims::Other(_)),
                "{refusal}"
            );
        }
    }
    for name in ["exp", "iat", "sub", "iss", "aud"] {
        scene.id_token(|claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert!(scene.prove().await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let scene = Scene::new().await;
    let claims = scene.claims();
    for header in [json!({"alg": "none"}), json!({"alg": "none", "kid": "rsa"})] {
        scene.raw_id_token(&jwt(&header, &claims, |_| Vec::new()));
        let refusal = refusal(&scene).await;
        assert!(
            matches!(
                refusal,
                Claims::SignatureVerification(Signature::NoSignature)
            ),
            "{refusal}"
        );
    }
    // The spelling of a name that some libraries fold.
    scene.raw_id_token(&jwt(&json!({"alg": "NONE"}), &claims, |_| Vec::new()));
    assert!(matches!(scene.distrust().await, Distrust::NoIdToken));
    let signature_is_gone = rsa().token(&json!({"alg": "RS256", "kid": "rsa"}), &claims);
    let (signed, _) = signature_is_gone.rsplit_once('.').unwrap();
    scene.raw_id_token(&format!("{signed}."));
    assert!(scene.prove().await.is_err());
}

#[tokio::test]
async fn a_token_that_is_signed_by_a_shared_secret_is_refused() {
    let scene = Scene::new().await;
    let modulus = rsa().modulus();
    let secrets: [&[u8]; 3] = [SECRET.as_bytes(), &modulus, b""];
    for secret in secrets {
        for header in [
            json!({"alg": "HS256"}),
            json!({"alg": "HS256", "kid": "rsa"}),
        ] {
            scene.raw_id_token(&jwt(&header, &scene.claims(), |signed| {
                hs256(secret, signed)
            }));
            let refusal = refusal(&scene).await;
            assert!(
                matches!(
                    refusal,
                    Claims::SignatureVerification(Signature::DisallowedAlg(_))
                ),
                "{refusal}"
            );
        }
    }
}

#[tokio::test]
async fn an_algorithm_that_the_settings_do_not_name_is_refused() {
    let scene = Scene::with(|settings| settings.algorithms = vec![Algorithm::Es256]).await;
    let ec = Signer::new_ec();
    scene.hostile.publish(&[rsa().jwk("rsa"), ec.jwk("ec")]);
    scene.raw_id_token(&ec.token(&json!({"alg": "ES256", "kid": "ec"}), &scene.claims()));
    scene.prove().await.unwrap();
    for alg in ["RS256", "PS256", "RS512"] {
        scene.raw_id_token(&rsa().token(&json!({"alg": alg, "kid": "rsa"}), &scene.claims()));
        let refusal = refusal(&scene).await;
        assert!(
            matches!(
                refusal,
                Claims::SignatureVerification(Signature::DisallowedAlg(_))
            ),
            "{alg}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_token_of_a_key_that_the_provider_does_not_publish_is_refused() {
    let scene = Scene::new().await;
    let right = json!({"alg": "RS256", "kid": "rsa"});
    let own_key = json!({"alg": "RS256", "kid": "rsa", "jwk": other_rsa().jwk("rsa"),
        "jku": "https://attacker.example/keys", "x5u": "https://attacker.example/x"});
    for header in [&right, &own_key, &json!({"alg": "RS256"})] {
        scene.raw_id_token(&other_rsa().token(header, &scene.claims()));
        let refusal = refusal(&scene).await;
        assert!(
            matches!(
                refusal,
                Claims::SignatureVerification(Signature::CryptoError(_))
            ),
            "{header}: {refusal}"
        );
    }
    // Claims that were exchanged after signing.
    let token = rsa().token(&right, &scene.claims());
    let mut claims = scene.claims();
    claims["sub"] = json!("eve");
    let parts: Vec<&str> = token.split('.').collect();
    let payload = base64(claims.to_string().as_bytes());
    scene.raw_id_token(&format!("{}.{payload}.{}", parts[0], parts[2]));
    assert!(matches!(
        refusal(&scene).await,
        Claims::SignatureVerification(_)
    ));
}

#[tokio::test]
async fn a_header_that_asks_for_more_than_is_known_is_refused() {
    let scene = Scene::new().await;
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("typ", json!("logout+jwt")),
        ("typ", json!("at+jwt")),
        ("cty", json!("JWT")),
    ] {
        let mut header = json!({"alg": "RS256", "kid": "rsa"});
        header[name] = value;
        scene.raw_id_token(&rsa().token(&header, &scene.claims()));
        let refusal = refusal(&scene).await;
        assert!(
            matches!(refusal, Claims::Unsupported(_)),
            "{header}: {refusal}"
        );
    }
    scene.raw_id_token(&rsa().token(
        &json!({"alg": "RS256", "kid": "rsa", "typ": "JWT"}),
        &scene.claims(),
    ));
    scene.prove().await.unwrap();
}

#[tokio::test]
async fn an_access_token_that_was_put_beside_the_token_is_refused() {
    let scene = Scene::new().await;
    let half = |token: &str| json!(base64(&sha256(token)[..16]));
    scene.id_token(|claims| claims["at_hash"] = half(ACCESS_TOKEN));
    scene.prove().await.unwrap();
    for other in [
        half("another"),
        json!(""),
        json!(base64(&sha256(ACCESS_TOKEN))),
    ] {
        scene.id_token(|claims| claims["at_hash"] = other);
        assert!(matches!(scene.distrust().await, Distrust::AccessTokenHash));
    }
}

#[tokio::test]
async fn a_subject_that_no_issuer_may_give_is_refused() {
    let scene = Scene::new().await;
    for subject in [String::new(), "x".repeat(256), "a\nb".to_owned()] {
        scene.id_token(|claims| claims["sub"] = json!(subject));
        assert!(
            matches!(scene.distrust().await, Distrust::Subject(_)),
            "{subject:?}"
        );
    }
    for subject in [json!(7), json!(["ada"]), Value::Null] {
        scene.id_token(|claims| claims["sub"] = subject.clone());
        assert!(
            matches!(scene.distrust().await, Distrust::NoIdToken),
            "{subject}"
        );
    }
}
