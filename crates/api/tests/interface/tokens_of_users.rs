//! What a program with an operator key does to the tokens of one user, and how it finds the user.

use ats_pat_domain::{Code, UserId};
use ats_pat_service::NewToken;
use ats_pat_test_support::world::DAY;
use serde_json::json;

use crate::fixture::EXCHANGE;
use crate::operator_keys::{operator_key, server};

#[tokio::test]
async fn a_program_with_a_key_renews_and_revokes_the_tokens_of_a_service_account() {
    let server = server().await;
    server.sign_in_administrator("ada").await;
    let world = &server.world;
    let deploy = world.add_service_account("deploy", "ada").await.id;
    let other = world.add_service_account("other", "ada").await.id;
    let bob = world.add_user("bob").await.id;
    let key = operator_key(&server, &["service-tokens", "tokens"], None).await;
    let call = |line: String| {
        let call = server.call(&line);
        call.header("Authorization", &format!("Bearer {key}"))
    };
    let of = |user: UserId| of_text(&user.to_string());
    let made = call(format!("POST {}", of(deploy)));
    let made = made.json(&server.new_token("ci")).send().await.json();
    let token = made["Data"]["Token"]["Id"].as_str().unwrap().to_owned();
    let old = made["Data"]["Secret"].as_str().unwrap().to_owned();
    let exchange = async |secret: &str| {
        let call = server.call(&format!("GET {EXCHANGE}"));
        let call = call.header("personalAccessToken", secret);
        call.send().await.code().number()
    };

    let listed = call(format!("GET {}?Sort=Name", of(deploy))).send().await;
    assert_eq!(listed.json()["Data"]["Items"][0]["Token"]["Id"], token);
    let of_bob = call(format!("GET {}", of(bob))).send().await.json();
    assert_eq!(of_bob["Data"]["Total"], 0);

    // Neither another account's, nor a person's, nor nobody's.
    for (user, code) in [
        (other.to_string(), 1300),
        (bob.to_string(), 1310),
        ("x".to_owned(), 1310),
    ] {
        let act = call(format!("POST {}/{token}/regenerate", of_text(&user)));
        assert_eq!(act.send().await.code().number(), code, "{user}");
    }
    for (user, code) in [(other.to_string(), 1300), ("x".to_owned(), 1310)] {
        let act = call(format!("POST {}/{token}/revoke", of_text(&user)));
        assert_eq!(act.send().await.code().number(), code, "{user}");
    }
    let renew = || call(format!("POST {}/{token}/regenerate", of(deploy)));
    let wrong = renew().json(&json!({"ExpiresAt": "soon"})).send().await;
    assert_eq!(wrong.code().number(), 1001);
    let renewed = renew().json(&json!({"OverlapHours": 1})).send().await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let new = renewed.json()["Data"]["Secret"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!((exchange(&old).await, exchange(&new).await), (1, 1));
    assert_eq!(renew().send().await.status, 200);
    assert_eq!((exchange(&old).await, exchange(&new).await), (1201, 1201));

    let revoke = call(format!("POST {}/{token}/revoke", of(deploy))).send();
    assert_eq!(revoke.await.json()["Data"]["Token"]["Status"], "Revoked");
    assert_eq!(renew().send().await.code().number(), 1303);
}

fn of_text(user: &str) -> String {
    format!("/api/administration/users/{user}/personalaccesstoken")
}

#[tokio::test]
async fn a_program_gets_no_secret_that_can_introspect() {
    let server = server().await;
    server.sign_in_administrator("ada").await;
    let world = &server.world;
    let deploy = world.add_service_account("deploy", "ada").await.id;
    let new = NewToken {
        name: Some("gateway".to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        scopes: Some(vec!["introspect".to_owned()]),
        ..NewToken::default()
    };
    let operator = world.service.operator();
    let issued = operator.create_token("deploy", new).await.unwrap();
    let renew = format!(
        "POST {}/{}/regenerate",
        of_text(&deploy.to_string()),
        issued.token.id
    );
    let key = operator_key(&server, &["service-tokens"], None).await;
    let call = server.call(&renew);
    let call = call.header("Authorization", &format!("Bearer {key}"));
    assert_eq!(call.code().await.1, Code::Forbidden);
    // Nor does the person who is responsible for the account, and no administrator any more.
    let bob = server.sign_in("bob").await;
    operator.set_responsible("deploy", "bob").await.unwrap();
    let own = format!(
        "POST /api/serviceaccount/{deploy}/personalaccesstoken/{}/regenerate",
        issued.token.id
    );
    let call = server.call(&own).cookie(&bob);
    assert_eq!(call.code().await.1, Code::Forbidden);
    let root = server.sign_in_administrator("root").await;
    assert_eq!(
        server.call(&renew).cookie(&root).code().await.1,
        Code::Success
    );
}

#[tokio::test]
async fn users_are_listed_by_kind_status_and_order() {
    let server = server().await;
    server.sign_in_administrator("ada").await;
    server.world.add_user("bob").await;
    server.world.add_service_account("deploy", "ada").await;
    let operator = server.world.service.operator();
    operator.disable_user("bob").await.unwrap();
    let key = operator_key(&server, &["users"], None).await;
    for (query, expected) in [
        ("", "ada bob deploy"),
        ("?Kind=Person", "ada bob"),
        ("?Kind=Service&Status=Active", "deploy"),
        ("?Kind=Erased", ""),
        ("?Kind=Quarantined", ""),
        ("?status=Disabled", "bob"),
        ("?Sort=-UserName", "deploy bob ada"),
        ("?Kind=person", "1001"),
        ("?Status=active", "1001"),
        ("?Sort=Email", "1001"),
    ] {
        let line = format!("GET /api/administration/users{query}");
        let call = server.call(&line);
        let call = call.header("Authorization", &format!("Bearer {key}"));
        let answer = call.send().await;
        let listed = answer.json()["Data"]["Items"].clone();
        let found = match listed.as_array() {
            Some(users) => {
                let names = users.iter().map(|user| user["UserName"].as_str().unwrap());
                names.collect::<Vec<_>>().join(" ")
            }
            None => answer.code().number().to_string(),
        };
        assert_eq!(found, expected, "{query}");
    }
}
