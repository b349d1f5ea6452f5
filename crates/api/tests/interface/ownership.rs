//! Every route for nobody, another user and the owner: only the owner reaches a token.

use ats_pat_domain::Code;
use serde_json::{Value, json};

use crate::fixture::{NOBODYS, Server, TOKENS};

fn routes(id: &str) -> Vec<String> {
    vec![
        format!("GET {TOKENS}/{id}"),
        format!("POST {TOKENS}/{id}/revoke"),
        format!("POST {TOKENS}/{id}/regenerate"),
        format!("POST {TOKENS}/{id}/endOverlap"),
        format!("PATCH {TOKENS}/{id}"),
    ]
}

async fn tokens(server: &Server, cookie: &str) -> Value {
    server
        .call(&format!("GET {TOKENS}"))
        .cookie(cookie)
        .send()
        .await
        .json()
}

#[tokio::test]
async fn another_users_token_and_a_missing_one_get_the_same_answer_and_nothing_changes() {
    let server = Server::start().await;
    let (ada, bob) = (server.sign_in("ada").await, server.sign_in("bob").await);
    let id = server.create(&ada, "ci").await["Token"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = (tokens(&server, &ada).await, tokens(&server, &bob).await);
    for id in [id.as_str(), NOBODYS, "no-id", "policy%20", "a%2Fb", "%ff"] {
        for line in routes(id) {
            let answer = server.call(&line).cookie(&bob).send().await;
            assert_eq!(
                (answer.status, answer.code()),
                (404, Code::TokenNotFound),
                "{line}"
            );
            assert_eq!(answer.json()["ErrorParameters"], Value::Null, "{line}");
            let nobody = server.call(&line).send().await;
            assert_eq!(
                (nobody.status, nobody.code()),
                (401, Code::SignInRequired),
                "{line}"
            );
        }
    }
    let mut for_ada = server.new_token("for ada");
    for field in ["OwnerId", "UserId", "Owner", "User"] {
        for_ada[field] = json!(NOBODYS);
        assert_eq!(
            server
                .call(&format!("POST {TOKENS}"))
                .cookie(&bob)
                .json(&for_ada)
                .code()
                .await,
            (400, Code::InvalidRequest),
            "{field}"
        );
        for_ada.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(
        (tokens(&server, &ada).await, tokens(&server, &bob).await),
        before
    );
    for line in [&routes(&id)[0], &routes(&id)[2], &routes(&id)[1]] {
        assert_eq!(
            server.call(line).cookie(&ada).code().await,
            (200, Code::Success),
            "{line}"
        );
    }
}

#[tokio::test]
async fn lists_have_only_the_users_own_tokens() {
    let server = Server::start().await;
    let (ada, bob) = (server.sign_in("ada").await, server.sign_in("bob").await);
    server.create(&ada, "ci").await;
    server.create(&bob, "ci").await;
    let listed = tokens(&server, &bob).await;
    assert_eq!(listed["Data"]["Total"], 1);
}
