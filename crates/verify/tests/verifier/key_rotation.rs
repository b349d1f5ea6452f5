use std::time::Duration;

use ats_pat_verify::Error;

use crate::{
    issuer::{KEYS, key},
    server::Server,
};

#[tokio::test]
async fn a_new_key_is_known_with_the_first_token_that_it_signed() {
    let server = Server::start();
    let verifier = server.verifier();
    let before = server.issuer.token(1);
    verifier.verify(&before).await.unwrap();
    {
        let mut state = server.issuer.state();
        state.published.push(key(2));
        state.signing = key(2);
    }
    assert!(verifier.verify(&server.issuer.token(2)).await.is_ok());
    assert!(verifier.verify(&before).await.is_ok());
    assert_eq!(server.issuer.asked(KEYS), 2);
}

#[tokio::test]
async fn the_list_may_be_what_is_signed_with_the_new_key_first() {
    let server = Server::start();
    let verifier = server.verifier();
    let before = server.issuer.token(1);
    verifier.verify(&before).await.unwrap();
    {
        let mut state = server.issuer.state();
        state.published.push(key(2));
        state.signing = key(2);
    }
    server.issuer.revoke(1);
    server.issuer.follow("/status-lists/0").await;
    assert_eq!(verifier.verify(&before).await.err(), Some(Error::Revoked));
}

#[tokio::test]
async fn a_server_that_only_remembers_does_not_bring_a_key_back() {
    let server = Server::start();
    let verifier = server
        .builder()
        .key_interval(Duration::from_millis(5))
        .build()
        .unwrap();
    let old = server.issuer.token(1);
    {
        let mut state = server.issuer.state();
        state.published = vec![key(2)];
        state.signing = key(2);
    }
    let new = server.issuer.token(2);
    assert!(verifier.verify(&new).await.is_ok());
    // Another server of the issuer, whose database has not answered since before the rotation.
    {
        let mut state = server.issuer.state();
        state.published = vec![key(1)];
        state.age = Some(20);
    }
    server.issuer.follow(KEYS).await;
    assert!(verifier.verify(&new).await.is_ok());
    assert_eq!(verifier.verify(&old).await.err(), Some(Error::UnknownKey));
}

#[tokio::test]
async fn a_key_that_left_the_set_verifies_nothing_any_more_not_even_what_is_known() {
    let server = Server::start();
    let verifier = server
        .builder()
        .key_interval(Duration::from_millis(5))
        .build()
        .unwrap();
    let [known, new] = [server.issuer.token(1), server.issuer.token(2)];
    assert!(verifier.verify(&known).await.is_ok());
    {
        let mut state = server.issuer.state();
        state.published = vec![key(2)];
        state.signing = key(2);
    }
    server.issuer.follow(KEYS).await;
    for token in [&known, &new] {
        assert_eq!(verifier.verify(token).await.err(), Some(Error::UnknownKey));
    }
    assert!(verifier.verify(&server.issuer.token(3)).await.is_ok());
}

#[tokio::test]
async fn an_empty_set_is_a_set_and_verifies_nothing() {
    let server = Server::start();
    let verifier = server
        .builder()
        .key_interval(Duration::from_millis(5))
        .build()
        .unwrap();
    let token = server.issuer.token(1);
    assert!(verifier.verify(&token).await.is_ok());
    server.issuer.state().published.clear();
    server.issuer.follow(KEYS).await;
    assert_eq!(verifier.verify(&token).await.err(), Some(Error::UnknownKey));
}

#[tokio::test]
async fn a_forger_s_key_stays_unknown_and_the_others_known() {
    let server = Server::start();
    let verifier = server.verifier();
    let good = server.issuer.token(1);
    verifier.verify(&good).await.unwrap();
    server.issuer.state().signing = key(66);
    let forged = server.issuer.token(1);
    server.issuer.state().signing = key(1);
    assert_eq!(
        verifier.verify(&forged).await.err(),
        Some(Error::UnknownKey)
    );
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test]
async fn whether_a_key_is_new_is_not_known_while_the_issuer_is_away() {
    let mut server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    server.kill();
    server.issuer.state().signing = key(2);
    let answer = verifier.verify(&server.issuer.token(1)).await;
    assert_eq!(answer.err(), Some(Error::KeysUnavailable));
}
