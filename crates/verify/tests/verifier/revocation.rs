use ats_pat_token::StatusReference;
use ats_pat_verify::Error;

use crate::{
    issuer::{LISTS, METADATA, Reply},
    server::Server,
};

const LIST: &str = "/status-lists/0";

#[tokio::test]
async fn what_was_revoked_is_refused_known_or_not_with_the_next_list() {
    let server = Server::start();
    let verifier = server.verifier();
    let [known, new, good] = [1, 2, 3].map(|index| server.issuer.token(index));
    assert!(verifier.verify(&known).await.is_ok());
    assert!(verifier.verify(&good).await.is_ok());
    server.issuer.revoke(1);
    server.issuer.revoke(2);
    server.issuer.follow(LIST).await;
    assert_eq!(verifier.verify(&known).await.err(), Some(Error::Revoked));
    assert_eq!(verifier.verify(&new).await.err(), Some(Error::Revoked));
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test]
async fn a_place_that_is_newer_than_the_list_is_found_at_once() {
    let server = Server::start();
    // The interval is so long that only the token itself can cause the request.
    let builder = server
        .builder()
        .list_interval(std::time::Duration::from_hours(1))
        .staleness_limit(std::time::Duration::from_hours(2));
    let verifier = builder.build().unwrap();
    verifier.ready().await.unwrap();
    {
        let mut state = server.issuer.state();
        state.list.extend_to(2000).unwrap();
        state.version.seq += 1;
    }
    assert!(verifier.verify(&server.issuer.token(1999)).await.is_ok());
    assert_eq!(server.issuer.asked(LIST), 2);
}

#[tokio::test]
async fn an_unchanged_list_is_confirmed_without_being_sent() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    for _ in 0..3 {
        server.clock.pass(29);
        server.issuer.follow(LIST).await;
        assert!(verifier.verify(&server.issuer.token(1)).await.is_ok());
    }
    // A 304 confirms nothing if the verifier had no list to ask about.
    server.issuer.answer_instead(METADATA, Reply::status(500));
    let fresh = Server::start();
    fresh.issuer.answer_instead(LIST, Reply::status(304));
    assert_eq!(
        fresh.verifier().ready().await.map_err(Error::from).err(),
        Some(Error::StatusUnavailable)
    );
}

#[tokio::test]
async fn the_age_of_an_answer_counts() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    let token = server.issuer.token(1);
    // The list is confirmed again and again, but each time with the issuer's knowledge of 25
    // seconds ago.
    server.issuer.state().age = Some(25);
    server.clock.pass(20);
    server.issuer.follow(LIST).await;
    assert!(verifier.verify(&token).await.is_ok());
    server.clock.pass(6);
    assert!(verifier.verify(&token).await.is_ok());
    server.clock.pass(5);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::StatusUnavailable)
    );
    // A new list that is as old does not help either.
    {
        let mut state = server.issuer.state();
        state.version.seq += 1;
        state.age = Some(31);
    }
    server.issuer.follow(LIST).await;
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::StatusUnavailable)
    );
    server.issuer.state().age = None;
    server.issuer.follow(LIST).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_list_is_renewed_before_it_expires_though_nothing_changes() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    for _ in 0..40 {
        server.clock.pass(29);
        server.issuer.state().now += 29;
        server.issuer.follow(LIST).await;
        assert!(verifier.verify(&server.issuer.token(1)).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_without_a_place_is_refused() {
    let server = Server::start();
    let verifier = server.verifier();
    let mut claims = server.issuer.claims(1);
    claims.status = None;
    let answer = verifier.verify(&server.issuer.sign(&claims)).await;
    assert_eq!(answer.err(), Some(Error::NotListed));
}

#[tokio::test]
async fn a_token_of_another_list_is_refused_after_a_look() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    let asked = server.issuer.asked(LISTS);
    let mut claims = server.issuer.claims(1);
    claims.status = Some(StatusReference {
        index: 1,
        uri: format!("{}/status-lists/7", server.issuer.url()),
    });
    let answer = verifier.verify(&server.issuer.sign(&claims)).await;
    assert_eq!(answer.err(), Some(Error::NotListed));
    assert_eq!(server.issuer.asked(LISTS), asked + 1);
    assert_eq!(server.issuer.asked("/status-lists/7"), 0);
}
