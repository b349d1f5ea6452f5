//! The operations of administrators: the policy.

use ats_pat_service::PolicySource;
use serde_json::{Value, json};

use crate::fixture::{Server, TOKENS};

const POLICY: &str = "/api/administration/policy";

async fn server() -> Server {
    Server::with(|settings| settings.policy_source = PolicySource::Database).await
}

#[tokio::test]
async fn a_policy_is_read_and_replaced_by_its_version() {
    let server = server().await;
    let cookie = server.sign_in_administrator("root").await;
    let get = async || {
        let answer = server.call(&format!("GET {POLICY}")).cookie(&cookie);
        let answer = answer.send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let version = answer.headers["etag"].to_str().unwrap().to_owned();
        (answer.json()["Data"].clone(), version)
    };
    let put = async |query: &str, version: Option<&str>, policy: &Value| {
        let mut call = server
            .call(&format!("PUT {POLICY}{query}"))
            .cookie(&cookie)
            .json(policy);
        if let Some(version) = version {
            call = call.header("If-Match", version);
        }
        call.send().await
    };
    let (mut policy, first) = get().await;
    assert_eq!(
        (&policy["MaxLifetimeDays"], &*first),
        (&json!(366), "\"settings\"")
    );
    server.create(&cookie, "ci").await;
    policy["AllScopeAllowed"] = json!(false);
    policy["Groups"] = json!([{"Group": "corp/builders", "MaxLifetimeDays": 7}]);
    // Reading changes nothing.
    let dry = put("?DryRun=true", None, &policy).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    let effects = &dry.json()["Data"]["Effects"];
    assert_eq!(
        (&effects["AffectedTokens"], &effects["WithAllScope"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(get().await.1, first);
    let answer = put("", Some(&first), &policy).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.json()["Data"],
        json!({"Policy": policy, "Effects": null})
    );
    let (now, second) = get().await;
    assert_eq!(now["Groups"], policy["Groups"]);
    assert_eq!(answer.headers["etag"], *second);
    // A caller who saw an earlier version gets the current one.
    let late = put("", Some(&first), &json!({})).await;
    assert_eq!((late.status, late.code().number()), (412, 1307));
    assert_eq!(format!("\"{}\"", late.parameters()), second);
    assert_eq!(get().await.1, second);
    let listed = format!("\"another\", {second}");
    assert_eq!(put("", Some(&listed), &policy).await.status, 200);
    assert_eq!(get().await.1, second, "the same policy is no change");
    for (version, status) in [("*", 200), ("W/\"x\"", 412), ("unquoted", 400)] {
        let answer = put("", Some(version), &policy).await;
        assert_eq!(answer.status, status, "{version}");
    }
}

#[tokio::test]
async fn faults_of_a_policy_are_reported_in_the_order_of_the_contract() {
    let server = server().await;
    let cookie = server.sign_in_administrator("root").await;
    let eve = server.sign_in("eve").await;
    let call = || server.call(&format!("PUT {POLICY}"));
    assert_eq!(call().send().await.code().number(), 1100);
    assert_eq!(call().cookie(&eve).send().await.code().number(), 1102);
    let read = server.call(&format!("GET {POLICY}")).cookie(&eve);
    assert_eq!(read.send().await.code().number(), 1102);
    let typed = call().cookie(&cookie).body("text/plain", "{}").send().await;
    assert_eq!(typed.code().number(), 1015);
    for (body, query, code, parameters) in [
        (
            json!({"MaxLifetimeDay": 1}),
            "",
            1000,
            "body, MaxLifetimeDay",
        ),
        (
            json!({"maxLifetimeDays": 1}),
            "",
            1000,
            "body, maxLifetimeDays",
        ),
        (
            json!({"MayCreate": "Somebody"}),
            "",
            1000,
            "body, MayCreate",
        ),
        (
            json!({"MaxLifetimeDays": 0, "Groups": [{"Group": "builders", "RequiredNetworks": ["?"]}]}),
            "",
            1001,
            "MaxLifetimeDays, out_of_range, Groups[0].RequiredNetworks, not_a_network, Groups[0].Group, unknown_value",
        ),
        (json!({}), "?DryRun=perhaps", 1001, "DryRun, unknown_value"),
        (
            json!({}),
            "?enforceonexisting=true&EnforceOnExisting=true",
            1001,
            "EnforceOnExisting, repeated",
        ),
    ] {
        let call = server.call(&format!("PUT {POLICY}{query}")).cookie(&cookie);
        let answer = call.json(&body).send().await;
        assert_eq!(
            (answer.code().number(), answer.parameters().as_str()),
            (code, parameters),
            "{body}"
        );
    }
    // The policy in the settings can only be changed there.
    let of_settings = Server::start().await;
    let cookie = of_settings.sign_in_administrator("root").await;
    let call = of_settings.call(&format!("PUT {POLICY}")).cookie(&cookie);
    let answer = call
        .header("If-Match", "\"x\"")
        .json(&json!({}))
        .send()
        .await;
    assert_eq!(
        (answer.code().number(), answer.parameters().as_str()),
        (1306, "policy-source")
    );
}

#[tokio::test]
async fn scopes_that_another_policy_offers_are_offered_at_once() {
    let server = server().await;
    let cookie = server.sign_in_administrator("root").await;
    let policy = json!({"Scopes": [{"Name": "orders:read", "Description": "Read orders"}]});
    let call = server.call(&format!("PUT {POLICY}")).cookie(&cookie);
    assert_eq!(call.json(&policy).send().await.status, 200);
    let offered = server.call(&format!("GET {TOKENS}/policy")).cookie(&cookie);
    let offered = offered.send().await.json()["Data"]["Scopes"][1].clone();
    assert_eq!(offered, policy["Scopes"][0]);
    let metadata = server.call("GET /.well-known/oauth-authorization-server");
    let metadata = metadata.send().await.json();
    assert_eq!(
        metadata["scopes_supported"],
        json!(["all", "orders:read", "introspect"])
    );
}
