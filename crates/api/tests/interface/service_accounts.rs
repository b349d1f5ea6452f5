//! The tokens of service accounts: only the responsible person manages them, like their own.

use ats_pat_domain::{Code, IdempotencyKey};
use ats_pat_test_support::{TestDatabase, on_every_database};
use serde_json::{Value, json};

use crate::fixture::{Answer, EXCHANGE, NOBODYS, Server, TOKENS};

const ACCOUNTS: &str = "/api/serviceaccount";

/// The path of an account's tokens.
fn tokens_of(account: &str) -> String {
    format!("{ACCOUNTS}/{account}/personalaccesstoken")
}

/// Every route on the tokens of `account`, with a body if it needs one, and the status of a
/// success. `id` is an active token, which the last route revokes.
fn routes(server: &Server, account: &str, id: &str) -> Vec<(String, Option<Value>, u16)> {
    let tokens = tokens_of(account);
    vec![
        (format!("GET {tokens}"), None, 200),
        (format!("POST {tokens}"), Some(server.new_token("new")), 201),
        (format!("GET {tokens}/{id}"), None, 200),
        (
            format!("PATCH {tokens}/{id}"),
            Some(json!({"Description": "changed"})),
            200,
        ),
        (
            format!("POST {tokens}/{id}/regenerate"),
            Some(json!({"OverlapHours": 1})),
            200,
        ),
        (format!("POST {tokens}/{id}/endOverlap"), None, 200),
        (format!("POST {tokens}/{id}/revoke"), None, 200),
    ]
}

async fn send(
    server: &Server,
    (line, body, _): &(String, Option<Value>, u16),
    headers: &[(&str, &str)],
) -> Answer {
    let call = server.call(line);
    let call = headers
        .iter()
        .fold(call, |call, (name, value)| call.header(name, value));
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

/// Requires this refusal from every route.
async fn refused(
    server: &Server,
    account: &str,
    id: &str,
    headers: &[(&str, &str)],
    expected: (u16, Code),
) {
    for route in routes(server, account, id) {
        let answer = send(server, &route, headers).await;
        assert_eq!((answer.status, answer.code()), expected, "{route:?}");
        assert_eq!(answer.json()["ErrorParameters"], Value::Null, "{route:?}");
    }
}

#[on_every_database]
async fn only_the_responsible_person_reaches_the_tokens_of_an_account(database: &TestDatabase) {
    let server = Server::on(database, |_| {}).await;
    let (ada, bob) = (server.sign_in("ada").await, server.sign_in("bob").await);
    let account = server.world.add_service_account("deploy", "ada").await.id;
    let foreign = server.world.add_service_account("backup", "bob").await.id;
    let (account, foreign) = (account.to_string(), foreign.to_string());
    let created = server
        .call(&format!("POST {}", tokens_of(&account)))
        .cookie(&ada)
        .json(&server.new_token("ci"))
        .send()
        .await;
    let issued = &created.json()["Data"];
    let (id, secret) = (
        issued["Token"]["Id"].as_str().unwrap(),
        issued["Secret"].as_str().unwrap(),
    );
    let exchanged = server
        .call(&format!("GET {EXCHANGE}"))
        .header("personalAccessToken", secret)
        .send()
        .await
        .json();
    let bearer = format!("Bearer {}", exchanged["Data"].as_str().unwrap());
    let (by_ada, by_bob) = (("cookie", ada.as_str()), ("cookie", bob.as_str()));

    let sign_in = (401, Code::SignInRequired);
    refused(&server, &account, id, &[], sign_in).await;
    refused(
        &server,
        &account,
        id,
        &[("personalAccessToken", secret)],
        sign_in,
    )
    .await;
    refused(
        &server,
        &account,
        id,
        &[("Authorization", &bearer)],
        sign_in,
    )
    .await;
    let not_found = (404, Code::UserNotFound);
    refused(&server, &account, id, &[by_bob], not_found).await;
    let me = server
        .call("GET /api/session")
        .cookie(&ada)
        .send()
        .await
        .json();
    let me = me["Data"]["Id"].as_str().unwrap().to_owned();
    for none in [&foreign, &me, NOBODYS, "no-id", "%ff", "a%2Fb"] {
        refused(&server, none, id, &[by_ada], not_found).await;
    }
    // Another owner's token doesn't belong to the account.
    let own = server.create(&ada, "own").await["Token"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    for none in [own.as_str(), NOBODYS, "no-id"] {
        for route in &routes(&server, &account, none)[2..] {
            let answer = send(&server, route, &[by_ada]).await;
            assert_eq!(
                (answer.status, answer.code()),
                (404, Code::TokenNotFound),
                "{route:?}"
            );
        }
    }
    let on_own = server.call(&format!("GET {TOKENS}/{id}")).cookie(&ada);
    assert_eq!(on_own.code().await, (404, Code::TokenNotFound));

    for route in routes(&server, &account.to_uppercase(), id) {
        let answer = send(&server, &route, &[by_ada]).await;
        assert_eq!(
            (answer.status, answer.code()),
            (route.2, Code::Success),
            "{route:?}"
        );
    }
    let operator = server.world.service.operator();
    operator.disable_user("ada").await.unwrap();
    refused(&server, &account, id, &[by_ada], sign_in).await;
    operator.set_responsible("deploy", "bob").await.unwrap();
    let listed = server
        .call(&format!("GET {}", tokens_of(&account)))
        .cookie(&bob);
    assert_eq!(listed.send().await.json()["Data"]["Total"], 2);
}

#[on_every_database]
async fn a_person_lists_their_accounts(database: &TestDatabase) {
    let server = Server::on(database, |_| {}).await;
    let (ada, bob) = (server.sign_in("ada").await, server.sign_in("bob").await);
    let list = async |cookie: &str| {
        let answer = server.call(&format!("GET {ACCOUNTS}")).cookie(cookie);
        answer.send().await.json()["Data"].clone()
    };
    assert_eq!(list(&ada).await, json!({"Items": []}));
    for name in ["Zeta", "alpha"] {
        server.world.add_service_account(name, "ada").await;
    }
    let operator = server.world.service.operator();
    operator.disable_user("alpha").await.unwrap();
    let items = list(&ada).await["Items"].clone();
    let me = server
        .call("GET /api/session")
        .cookie(&ada)
        .send()
        .await
        .json();
    for (index, (name, disabled)) in [("alpha", true), ("Zeta", false)].into_iter().enumerate() {
        let item = &items[index];
        assert_eq!(
            (&item["UserName"], &item["Disabled"]),
            (&json!(name), &json!(disabled))
        );
        assert_eq!(item["ResponsibleId"], me["Data"]["Id"]);
    }
    assert_eq!(list(&bob).await, json!({"Items": []}));
    assert_eq!(
        server.call(&format!("GET {ACCOUNTS}")).code().await,
        (401, Code::SignInRequired)
    );
}

#[tokio::test]
async fn a_new_token_has_a_location_and_is_created_once() {
    let server = Server::start().await;
    let ada = server.sign_in("ada").await;
    let account = server.world.add_service_account("deploy", "ada").await.id;
    let account = account.to_string();
    let key = IdempotencyKey::new(server.world.now(), [9; 10]).to_string();
    let create = async |body: Value| {
        let call = server.call(&format!("POST {}", tokens_of(&account.to_uppercase())));
        let call = call.cookie(&ada).header("Idempotency-Key", &key);
        call.json(&body).send().await
    };
    let first = create(server.new_token("ci")).await;
    assert_eq!(first.status, 201);
    let location = first.header("location").to_owned();
    let id = first.json()["Data"]["Token"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(location, format!("{}/{id}", tokens_of(&account)));
    let read = server
        .call(&format!("GET {location}"))
        .cookie(&ada)
        .send()
        .await;
    assert_eq!(read.json()["Data"], first.json()["Data"]["Token"]);
    let again = create(server.new_token("ci")).await;
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(again.json()["Data"]["Secret"], Value::Null);
    assert_eq!(again.header("location"), location);
    let other = create(server.new_token("other")).await;
    assert_eq!(other.code(), Code::IdempotencyKeyReused);
}

#[tokio::test]
async fn the_first_fault_of_an_accounts_token_is_reported_first() {
    let server = Server::start().await;
    let ada = server.sign_in("ada").await;
    let account = server.world.add_service_account("deploy", "ada").await.id;
    let own = tokens_of(&account.to_string());
    let post = |path: &str, kind: &str, body: &Value| {
        let body = if *body == Value::Null {
            "{".to_owned()
        } else {
            body.to_string()
        };
        server
            .call(&format!("POST {path}"))
            .cookie(&ada)
            .body(kind, body)
    };
    let json = "application/json";
    let past = "2020-01-01T00:00:00Z";
    let foreign = tokens_of(NOBODYS);
    let good = server.new_token("ci");
    for (path, kind, body, expected) in [
        (
            &foreign,
            "text/plain",
            Value::Null,
            (415, Code::UnsupportedMediaType),
        ),
        (&foreign, json, Value::Null, (400, Code::InvalidRequest)),
        (
            &foreign,
            json,
            json!({"Name": ""}),
            (400, Code::ValidationFailed),
        ),
        (
            &foreign,
            json,
            json!({"Name": "ci", "ExpiresAt": past, "Scopes": ["introspect"]}),
            (400, Code::UnknownScope),
        ),
        (
            &foreign,
            json,
            json!({"Name": "ci", "ExpiresAt": past}),
            (400, Code::ExpirationNotAllowed),
        ),
        (&foreign, json, good.clone(), (404, Code::UserNotFound)),
        (&own, json, good.clone(), (201, Code::Success)),
        (&own, json, good, (409, Code::NameInUse)),
    ] {
        assert_eq!(
            post(path, kind, &body).code().await,
            expected,
            "{path} {body}"
        );
    }
    let regenerate = |tokens: &str| format!("{tokens}/{NOBODYS}/regenerate");
    for (path, body, expected) in [
        (
            regenerate(&foreign),
            json!({"OverlapHours": 1000}),
            (403, Code::PolicyForbids),
        ),
        (regenerate(&foreign), json!({}), (404, Code::UserNotFound)),
        (regenerate(&own), json!({}), (404, Code::TokenNotFound)),
    ] {
        assert_eq!(
            post(&path, json, &body).code().await,
            expected,
            "{path} {body}"
        );
    }
    let operator = server.world.service.operator();
    operator.disable_user("deploy").await.unwrap();
    let refused = post(&own, json, &server.new_token("late")).send().await;
    assert_eq!((refused.status, refused.code()), (401, Code::OwnerDisabled));
}
