//! Many people who sign in at once. `cargo xtask prove sign-ins` tries it with thousands, beside
//! exchanges.

use std::sync::Arc;

use ats_pat_test_support::provider::{Reply, TOKEN};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::company::{Browser, Company, answer, claims};

/// How many come from one address at once.
const PEOPLE: usize = 48;
/// How many of one address are judged at once.
const PLACES: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn people_who_come_at_once_get_in_as_themselves() {
    let company = Company::new("").await;
    let issuer = company.corp.issuer.clone();
    // The code says who somebody is, and for which sign-in.
    let tokens = move |received: &ats_pat_test_support::provider::Received| {
        let code = received.form("code").unwrap();
        let (person, nonce) = code.split_once('.').unwrap();
        let mut claims = claims(&issuer, nonce);
        claims["sub"] = json!(person);
        claims["sid"] = json!(person);
        claims["preferred_username"] = json!(format!("person-{person}"));
        answer(&claims)
    };
    company.corp.reply(TOKEN, Reply::Made(Arc::new(tokens)));
    let company = Arc::new(company);
    let mut signing_in = JoinSet::new();
    for person in 0..PEOPLE {
        let company = Arc::clone(&company);
        signing_in.spawn(async move { sign_in(&company, person).await });
    }
    let sign_ins = signing_in.join_all().await;
    let let_in = sign_ins.iter().filter(|let_in| **let_in).count();
    // The others are told to come again, because one address can't take all places.
    assert!((PLACES..=PEOPLE).contains(&let_in), "{let_in}");
}

/// Signs in, and asks who that is. Whether there was a place.
async fn sign_in(company: &Company, person: usize) -> bool {
    let mut browser = Browser::default();
    let begun = browser.begin(company, "/signin/corp").await;
    let (state, nonce) = (&begun.query["state"], &begun.query["nonce"]);
    let path = format!("/signin/corp/callback?code={person}.{nonce}&state={state}");
    let back = browser.get(company, &path).await;
    if back.status() == StatusCode::TOO_MANY_REQUESTS {
        assert_eq!(browser.user(company).await, Value::Null);
        return false;
    }
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let user = browser.user(company).await;
    assert_eq!(user["UserName"], format!("person-{person}"));
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_keeps_sixteen_answers_waiting_and_no_more() {
    let company = Arc::new(Company::new("").await);
    company.corp.reply(TOKEN, Reply::Silence);
    let mut waiting = JoinSet::new();
    for _ in 0..PLACES {
        let company = Arc::clone(&company);
        waiting.spawn(async move {
            let mut browser = Browser::default();
            let begun = browser.begin(&company, "/signin/corp").await;
            browser.come_back(&company, &begun).await.status()
        });
    }
    // All of them wait at the provider.
    while company.corp.received(TOKEN).len() < PLACES {
        tokio::task::yield_now().await;
    }
    let mut browser = Browser::default();
    let begun = browser.begin(&company, "/signin/corp").await;
    let refused = browser.come_back(&company, &begun).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(company.corp.received(TOKEN).len(), PLACES);
    waiting.abort_all();
}
