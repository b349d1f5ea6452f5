//! userinfo that is somebody else's, and groups that are told only there.

use ats_pat_identity::{Distrust, Trouble};
use serde_json::{Value, json};

use crate::scene::{ACCESS_TOKEN, Scene};
use ats_pat_test_support::provider::{Reply, USER_INFO};

#[tokio::test]
async fn userinfo_of_somebody_else_is_refused() {
    let scene = Scene::new().await;
    scene.id_token(|claims| claims["email"] = json!(null));
    for other in [json!("eve"), json!("ADA"), json!(["ada"]), json!(null)] {
        let claims = json!({"sub": other, "email": "eve@example.com"});
        scene.hostile.json(USER_INFO, claims);
        assert!(
            matches!(scene.distrust().await, Distrust::UserInfoSubject),
            "{other}"
        );
    }
    scene
        .hostile
        .json(USER_INFO, json!({"sub": "ada", "email": "ada@example.org"}));
    let proven = scene.prove().await.unwrap();
    assert_eq!(proven.email.as_deref(), Some("ada@example.org"));
}

#[tokio::test]
async fn userinfo_is_asked_with_the_access_token_and_only_where_something_is_missing() {
    let scene = Scene::new().await;
    scene.prove().await.unwrap();
    assert!(scene.hostile.received(USER_INFO).is_empty());
    scene.id_token(|claims| claims["groups"] = json!(null));
    scene.prove().await.unwrap();
    let request = &scene.hostile.received(USER_INFO)[0];
    let expected = format!("Bearer {ACCESS_TOKEN}");
    assert_eq!(request.authorization.as_deref(), Some(&*expected));
}

#[tokio::test]
async fn groups_that_overflow_are_asked_at_userinfo_and_are_never_none_at_all() {
    let scene = Scene::new().await;
    let overflows = [
        json!({"groups": null}),
        json!({"groups": null, "_claim_names": {"groups": "src1"}}),
        json!({"groups": ["one of many"], "_claim_names": {"groups": "src1"}}),
        json!({"groups": null, "hasgroups": true}),
        json!({"groups": ["one of many"], "hasgroups": true}),
    ];
    let merge = |claims: &mut Value, more: &Value| {
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
    };
    for overflow in &overflows {
        scene.id_token(|claims| merge(claims, overflow));
        scene
            .hostile
            .json(USER_INFO, json!({"sub": "ada", "groups": ["a", "b"]}));
        let proven = scene.prove().await.unwrap();
        assert_eq!(
            proven.groups,
            Some(vec!["a".to_owned(), "b".to_owned()]),
            "{overflow}"
        );
        for elsewhere in &overflows {
            let mut claims = json!({"sub": "ada"});
            merge(&mut claims, elsewhere);
            scene.hostile.json(USER_INFO, claims);
            let proven = scene.prove().await.unwrap();
            assert_eq!(proven.groups, None, "{overflow} {elsewhere}");
        }
    }
    scene.id_token(|claims| claims["groups"] = json!([]));
    assert_eq!(scene.prove().await.unwrap().groups, Some(Vec::new()));
}

#[tokio::test]
async fn a_provider_without_userinfo_tells_what_the_token_says() {
    let scene = Scene::new().await;
    scene.hostile.discovery(|document| {
        document
            .as_object_mut()
            .unwrap()
            .remove("userinfo_endpoint");
    });
    scene.id_token(|claims| claims["groups"] = json!(null));
    let proven = scene.prove().await.unwrap();
    assert_eq!(proven.groups, None);
    assert_eq!(proven.user_name.as_deref(), Some("ada"));
}

#[tokio::test]
async fn userinfo_that_does_not_answer_is_not_taken_for_one_that_says_nothing() {
    for reply in [
        Reply::Status(500, json!({"sub": "ada"})),
        Reply::Status(401, json!({"sub": "ada"})),
        Reply::Html("a.b.c".to_owned()),
        Reply::Json(json!(["ada"])),
    ] {
        let scene = Scene::new().await;
        scene.id_token(|claims| claims["groups"] = json!(null));
        scene.hostile.reply(USER_INFO, reply);
        let trouble = scene.trouble().await;
        assert!(
            matches!(
                trouble,
                Trouble::Status { .. } | Trouble::MediaType { .. } | Trouble::Malformed { .. }
            ),
            "{trouble}"
        );
    }
}

#[tokio::test]
async fn an_access_token_that_no_header_can_carry_is_refused() {
    let scene = Scene::new().await;
    let mut answer = json!({"access_token": "a\r\nHost: x", "token_type": "Bearer"});
    let claims = {
        let mut claims = scene.claims();
        claims["groups"] = json!(null);
        claims
    };
    let token = ats_pat_test_support::provider::jwt::rsa()
        .token(&json!({"alg": "RS256", "kid": "rsa"}), &claims);
    answer["id_token"] = json!(token);
    scene
        .hostile
        .json(ats_pat_test_support::provider::TOKEN, answer);
    assert!(matches!(scene.trouble().await, Trouble::Malformed { .. }));
}
