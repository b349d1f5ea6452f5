//! How often tokens can make the verifier ask the issuer: in virtual time, with the issuer in
//! memory.

use std::time::Duration;

use ats_pat_verify::{Error, Verifier};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    clock::TestClock,
    issuer::{AUDIENCE, Issuer, KEYS, LISTS, METADATA, Reply, key},
    server::Server,
};

fn verifier(issuer: &Issuer) -> Verifier {
    let builder = Verifier::builder(issuer.url(), AUDIENCE).clock(TestClock::new());
    builder.build_with(issuer.clone()).unwrap()
}

/// A token that names a key that the issuer doesn't have.
fn forged(issuer: &Issuer, seed: u8) -> String {
    issuer.state().signing = key(seed);
    let token = issuer.token(1);
    issuer.state().signing = key(1);
    token
}

#[tokio::test(start_paused = true)]
async fn many_unknown_keys_at_once_are_one_request() {
    let issuer = Issuer::new("https://pat.example.com");
    let verifier = verifier(&issuer);
    verifier.ready().await.unwrap();
    assert_eq!(issuer.asked(KEYS), 1);
    let forged: Vec<String> = (100..200).map(|seed| forged(&issuer, seed)).collect();
    let began = Instant::now();
    for answer in join_all(forged.iter().map(|token| verifier.verify(token))).await {
        assert_eq!(answer.err(), Some(Error::UnknownKey));
    }
    assert_eq!(issuer.asked(KEYS), 2);
    assert!(
        began.elapsed() <= Duration::from_millis(1100),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_cause_a_request_a_second_however_many_come() {
    let issuer = Issuer::new("https://pat.example.com");
    let verifier = verifier(&issuer);
    verifier.ready().await.unwrap();
    let good = issuer.token(1);
    let began = Instant::now();
    for seed in 100..110 {
        let answer = verifier.verify(&forged(&issuer, seed)).await;
        assert_eq!(answer.err(), Some(Error::UnknownKey));
        assert!(verifier.verify(&good).await.is_ok());
    }
    let seconds = began.elapsed().as_secs();
    assert!(
        issuer.asked(KEYS) <= seconds + 2,
        "{} in {seconds} s",
        issuer.asked(KEYS)
    );
}

#[tokio::test(start_paused = true)]
async fn other_lists_cause_a_look_a_second_however_many_come() {
    let issuer = Issuer::new("https://pat.example.com");
    let verifier = verifier(&issuer);
    verifier.ready().await.unwrap();
    let looks = issuer.asked(LISTS);
    let elsewhere = |list: u64| {
        let mut claims = issuer.claims(1);
        claims.status.as_mut().unwrap().uri =
            format!("https://pat.example.com/status-lists/{list}");
        issuer.sign(&claims)
    };
    let tokens: Vec<String> = (1..100).map(elsewhere).collect();
    for answer in join_all(tokens.iter().map(|token| verifier.verify(token))).await {
        assert_eq!(answer.err(), Some(Error::NotListed));
    }
    assert_eq!(issuer.asked(LISTS), looks + 1);
    let began = Instant::now();
    for list in 100..110 {
        let answer = verifier.verify(&elsewhere(list)).await;
        assert_eq!(answer.err(), Some(Error::NotListed));
    }
    let seconds = began.elapsed().as_secs();
    assert!(issuer.asked(LISTS) <= looks + seconds + 3);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_takes_nothing_from_the_others() {
    let issuer = Issuer::new("https://pat.example.com");
    let verifier = verifier(&issuer);
    let token = issuer.token(1);
    {
        let mut first = Box::pin(verifier.verify(&token));
        assert!(futures_util::poll!(first.as_mut()).is_pending());
    }
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(issuer.asked(KEYS), 1);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_away_is_asked_once_a_second() {
    let issuer = Issuer::new("https://pat.example.com");
    issuer.answer_instead(METADATA, Reply::status(503));
    let verifier = verifier(&issuer);
    assert_eq!(
        verifier.ready().await.map_err(Error::from).err(),
        Some(Error::KeysUnavailable)
    );
    sleep(Duration::from_mins(1)).await;
    let asked = issuer.asked(METADATA);
    assert!((50..=62).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_read_more_often_than_looked_up_holds_no_look_up_up() {
    let second = Duration::from_secs(1);
    for (list_interval, lookup_interval) in [(second / 5, second), (second, 5 * second)] {
        let issuer = Issuer::new("https://pat.example.com");
        let verifier = Verifier::builder(issuer.url(), AUDIENCE)
            .clock(TestClock::new())
            .list_interval(list_interval)
            .lookup_interval(lookup_interval)
            .build_with(issuer.clone())
            .unwrap();
        verifier.ready().await.unwrap();
        for looks in 1..=3 {
            assert_eq!(issuer.asked(LISTS), looks);
            let began = Instant::now();
            let beyond = issuer.token(5000 + looks);
            let answer = timeout(Duration::from_mins(1), verifier.verify(&beyond)).await;
            assert_eq!(answer.unwrap().err(), Some(Error::NotListed));
            let took = began.elapsed();
            assert!(took <= lookup_interval + second / 10, "{took:?}");
            assert!(took + second / 10 >= lookup_interval, "{took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_look_ups_that_never_come_the_issuer_is_followed_at_its_intervals() {
    let issuer = Issuer::new("https://pat.example.com");
    issuer.answer_instead(METADATA, Reply::status(503));
    let verifier = Verifier::builder(issuer.url(), AUDIENCE)
        .clock(TestClock::new())
        .lookup_interval(Duration::MAX)
        .build_with(issuer.clone())
        .unwrap();
    assert_eq!(
        verifier.ready().await.map_err(Error::from).err(),
        Some(Error::KeysUnavailable)
    );
    issuer.state().instead.clear();
    sleep(Duration::from_mins(6)).await;
    let token = issuer.token(1);
    let answer = timeout(Duration::from_secs(1), verifier.verify(&token)).await;
    assert!(answer.unwrap().is_ok());
    let list = "/status-lists/0";
    let before = issuer.asked(list);
    sleep(Duration::from_mins(1)).await;
    let asked = issuer.asked(list) - before;
    assert!((50..=62).contains(&asked), "{asked}");
}

#[tokio::test]
async fn the_longest_intervals_there_are_end_nothing() {
    let server = Server::start();
    let nearly_for_ever = Duration::MAX.saturating_sub(Duration::from_secs(1));
    let verifier = server
        .builder()
        .request_timeout(Duration::MAX)
        .key_interval(nearly_for_ever)
        .key_limit(Duration::MAX)
        .list_interval(nearly_for_ever)
        .staleness_limit(Duration::MAX)
        .lookup_interval(Duration::from_millis(1))
        .build()
        .unwrap();
    assert!(verifier.verify(&server.issuer.token(1)).await.is_ok());
    // Both tasks still run, and make the requests that tokens cause.
    let beyond = verifier.verify(&server.issuer.token(5000)).await;
    assert_eq!(beyond.err(), Some(Error::NotListed));
    let unknown = verifier.verify(&forged(&server.issuer, 100)).await;
    assert_eq!(unknown.err(), Some(Error::UnknownKey));
}
