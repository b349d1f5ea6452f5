//! The policy's refusals name their rule, and come in the order of the contract.

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::{Code, GroupPolicy, MayCreate};
use serde_json::json;

use crate::fixture::{EXCHANGE, Server, TOKENS};

/// The tests' requests come from the machine itself.
const ELSEWHERE: &str = "192.0.2.0/24";

async fn server() -> Server {
    Server::with(|settings| {
        let group = |name: &str| GroupPolicy::of(Group::new(name).unwrap());
        let elsewhere = AllowedNetworks::parse(&[ELSEWHERE.to_owned()]).unwrap();
        settings.policy.groups = vec![
            GroupPolicy {
                all_scope_allowed: Some(false),
                ..group("corp/contractors")
            },
            GroupPolicy {
                required_networks: Some(vec![elsewhere]),
                ..group("corp/far")
            },
            GroupPolicy {
                may_create: Some(MayCreate::Nobody),
                ..group("corp/guests")
            },
        ];
    })
    .await
}

async fn join(server: &Server, groups: &[&str]) {
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    let operator = server.world.service.operator();
    operator.set_groups("ada", &groups).await.unwrap();
}

#[tokio::test]
async fn networks_come_before_scopes_and_scopes_before_the_audience() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let issued = server.create(&cookie, "ci").await;
    let secret = issued["Secret"].as_str().unwrap();
    let exchange = async || {
        server
            .call(&format!("GET {EXCHANGE}?Audience=nobody"))
            .header("personalAccessToken", secret)
            .send()
            .await
    };
    for (groups, status, code) in [
        (
            &["corp/contractors", "corp/far"][..],
            403,
            Code::NetworkNotAllowed,
        ),
        (&["corp/contractors"], 403, Code::PolicyForbids),
        (&["corp/guests"], 400, Code::ValidationFailed),
    ] {
        join(&server, groups).await;
        let answer = exchange().await;
        assert_eq!((answer.status, answer.code()), (status, code), "{groups:?}");
    }
    join(&server, &["corp/contractors"]).await;
    assert_eq!(exchange().await.parameters(), "all-scope");
    // In the words of the standard (RFC 8693, section 2.2.2).
    let form = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token={secret}&subject_token_type=urn:atsglobal:params:oauth:token-type:personal-access-token"
    );
    let answer = server
        .call("POST /oauth2/token")
        .body("application/x-www-form-urlencoded", form)
        .send()
        .await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (400, &json!("invalid_request"))
    );
}

#[tokio::test]
async fn faults_of_a_new_token_come_before_the_policy_and_a_used_name_after() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    server.create(&cookie, "ci").await;
    join(&server, &["corp/guests", "corp/contractors"]).await;
    let cookie = server.sign_in_again("ada").await;
    let late = json!("2020-01-01T00:00:00Z");
    for (name, scopes, expires_at, code, parameters) in [
        ("", json!(["burn"]), &late, 1001, "Name, empty"),
        ("ci", json!(["burn"]), &late, 1305, "burn"),
        (
            "ci",
            json!(["all"]),
            &server.new_token("")["ExpiresAt"],
            1306,
            "may-create",
        ),
    ] {
        let mut new = server.new_token(name);
        new["Scopes"] = scopes;
        new["ExpiresAt"] = expires_at.clone();
        let call = server.call(&format!("POST {TOKENS}")).cookie(&cookie);
        let answer = call.json(&new).send().await;
        assert_eq!(
            (answer.code().number(), answer.parameters().as_str()),
            (code, parameters)
        );
    }
    let policy = server.call(&format!("GET {TOKENS}/policy")).cookie(&cookie);
    let policy = policy.send().await.json()["Data"].clone();
    assert_eq!(policy["MayCreate"], "Nobody");
    assert_eq!(policy["AllScopeAllowed"], false);
    assert_eq!(policy["Scopes"], json!([]));
    assert_eq!(policy["RequiredNetworks"], json!([]));
}
