//! Operator keys, by which programs administer.

mod programs;

use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{EventQuery, NewOperatorKey, PolicySource};
use ats_pat_test_support::world::DAY;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::fixture::{Server, TOKENS};

pub async fn server() -> Server {
    Server::with(|settings| settings.policy_source = PolicySource::Database).await
}

/// Every operation of the administration with a right, as the document has it: method, path, right.
const OPERATIONS: [(&str, &str, &str); 22] = [
    ("GET", "users", "users"),
    ("POST", "users", "users"),
    ("GET", "users/{user}", "users"),
    ("PATCH", "users/{user}", "users"),
    ("POST", "users/{user}/erase", "administrators"),
    ("POST", "users/{user}/disable", "users"),
    ("POST", "users/{user}/enable", "users"),
    ("POST", "users/{user}/revokeTokens", "users"),
    ("POST", "users/{user}/personalaccesstoken", "service-tokens"),
    ("GET", "users/{user}/personalaccesstoken", "tokens"),
    (
        "POST",
        "users/{user}/personalaccesstoken/{token}/regenerate",
        "service-tokens",
    ),
    (
        "POST",
        "users/{user}/personalaccesstoken/{token}/revoke",
        "tokens",
    ),
    ("GET", "personalaccesstoken", "tokens"),
    ("GET", "personalaccesstoken/{token}", "tokens"),
    ("POST", "personalaccesstoken/{token}/revoke", "tokens"),
    ("POST", "personalaccesstoken/revokeMatching", "tokens"),
    (
        "GET",
        "personalaccesstoken/revokeMatching/{token}",
        "tokens",
    ),
    ("GET", "events", "audit"),
    ("GET", "policy", "policy"),
    ("PUT", "policy", "policy"),
    ("GET", "signingkey", "keys"),
    ("POST", "signingkey/rotate", "keys"),
];

/// The operations that no operator key may call.
const OF_SESSIONS: [(&str, &str); 3] = [
    ("GET", "operatorkey"),
    ("POST", "operatorkey"),
    ("POST", "operatorkey/{token}/revoke"),
];

/// The secret of an operator key with these rights.
pub async fn operator_key(server: &Server, rights: &[&str], networks: Option<&str>) -> String {
    let new = NewOperatorKey {
        name: Some("Terraform".to_owned()),
        rights: rights.iter().map(ToString::to_string).collect(),
        expires_at: Some(server.world.now().after(DAY).to_string()),
        allowed_networks: networks.map(|network| vec![network.to_owned()]),
    };
    let operator = server.world.service.operator();
    let issued = operator.create_operator_key(new).await.unwrap();
    issued.secret.expose_secret().to_owned()
}

#[tokio::test]
async fn each_operation_requires_its_right_and_changes_nothing_without_it() {
    let server = server().await;
    let root = server.sign_in_administrator("root").await;
    let eve = server.sign_in("eve").await;
    let issued = server.create(&eve, "ci").await;
    let token = issued["Token"]["Id"].as_str().unwrap();
    let user = server.world.add_user("bob").await.id.to_string();
    let pat = issued["Secret"].as_str().unwrap();
    let exchanged = server.world.exchange(&pat.to_owned().into()).await.unwrap();
    let authentication_token = exchanged.token.expose_secret().to_owned();
    let far = operator_key(&server, &["users"], Some("192.0.2.0/24")).await;
    let path = |path: &str| {
        let path = path.replace("{user}", &user).replace("{token}", token);
        format!("/api/administration/{path}")
    };
    let rights: Vec<&str> = Right::ALL.map(Right::as_str).to_vec();
    let before = server.world.store.events().head().await.unwrap().seq;
    for (method, of, right) in OPERATIONS {
        // So that the wrong ones are never too many guesses.
        server.world.clock.advance(Duration::from_secs(5));
        let line = format!("{method} {}", path(of));
        let call = || server.call(&line);
        assert_eq!(call().code().await.1, Code::SignInRequired, "{line}");
        assert_eq!(
            call().cookie(&eve).code().await.1,
            Code::Forbidden,
            "{line}"
        );
        for wrong in [
            "Bearer atsop_x".to_owned(),
            "Basic cm9vdDp4".to_owned(),
            format!("Bearer {pat}"),
            format!("Bearer {authentication_token}"),
            format!("Bearer {far}"),
        ] {
            // The session of an administrator beside it doesn't count.
            let call = call().cookie(&root).header("Authorization", &wrong);
            let answer = call.send().await;
            assert_eq!(
                (answer.status, answer.code().number()),
                (401, 1209),
                "{line}"
            );
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{line}");
        }
        for other in &rights {
            let grants = *other == right || (right == "users" && *other == "administrators");
            if grants {
                continue;
            }
            let key = operator_key(&server, &[other], None).await;
            let call = call().header("Authorization", &format!("Bearer {key}"));
            assert_eq!(call.code().await.1, Code::Forbidden, "{line} by {other}");
        }
    }
    for (method, of) in OF_SESSIONS {
        let line = format!("{method} {}", path(of));
        let key = operator_key(&server, &rights, None).await;
        let call = server.call(&line).cookie(&root);
        let call = call.header("Authorization", &format!("Bearer {key}"));
        assert_eq!(call.code().await.1, Code::Forbidden, "{line}");
        let call = server.call(&line).cookie(&eve);
        assert_eq!(call.code().await.1, Code::Forbidden, "{line}");
    }
    let operator = server.world.service.operator();
    let all = EventQuery {
        limit: 1000,
        ..EventQuery::default()
    };
    let (happened, _) = operator.events_after(before, &all).await.unwrap();
    assert!(
        happened.len() > 90,
        "every right was tried at every operation"
    );
    assert!(
        happened
            .iter()
            .all(|event| event.kind == "operator_key.created")
    );
}

#[tokio::test]
async fn an_administrator_creates_a_key_that_works_until_it_is_revoked() {
    let server = server().await;
    let cookie = server.sign_in_administrator("root").await;
    let expires_at = server.world.now().after(DAY).to_string();
    let new = json!({"Name": "SIEM", "Rights": ["audit"], "ExpiresAt": expires_at});
    let call = server
        .call("POST /api/administration/operatorkey")
        .cookie(&cookie);
    let made = call.json(&new).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json()["Data"].clone();
    let bearer = format!("Bearer {}", made["Secret"].as_str().unwrap());
    let events = async || {
        let call = server.call("GET /api/administration/events");
        call.header("Authorization", &bearer)
            .send()
            .await
            .code()
            .number()
    };
    assert_eq!(events().await, 1);
    // It is not valid elsewhere.
    let own = server
        .call(&format!("GET {TOKENS}"))
        .header("Authorization", &bearer);
    assert_eq!(own.send().await.code().number(), 1100);
    let identity = server
        .call("GET /api/identity")
        .header("Authorization", &bearer);
    assert_eq!(identity.send().await.code().number(), 1206);
    let list = server
        .call("GET /api/administration/operatorkey")
        .cookie(&cookie);
    let listed = list.send().await.json()["Data"]["Items"][0].clone();
    assert_eq!(
        (&listed["Id"], &listed["MadeBy"]),
        (&made["Key"]["Id"], &json!("root"))
    );
    assert!(listed["LastUsedAt"].is_string(), "{listed}");
    let revoke = format!(
        "POST /api/administration/operatorkey/{}/revoke",
        listed["Id"].as_str().unwrap()
    );
    assert_eq!(
        server.call(&revoke).cookie(&cookie).send().await.status,
        200
    );
    assert_eq!(events().await, 1209);
}

#[tokio::test]
async fn every_wrong_operator_key_counts_as_a_guess() {
    let server = server().await;
    let users = || server.call("GET /api/administration/users");
    let shown = ["Basic cm9vdDp4", "Bearer", "Bearer atsop_x"];
    for wrong in shown.into_iter().cycle().take(100) {
        let answer = users().header("Authorization", wrong).code().await;
        assert_eq!(answer, (401, Code::OperatorKeyInvalid), "{wrong}");
    }
    let slowed = users().header("Authorization", "Basic cm9vdDp4");
    assert_eq!(slowed.code().await, (429, Code::TooManyRequests));
}
