//! The issuer's clock is wrong, or the verifier's is set while it runs.

use ats_pat_verify::{Error, VerifyError};

use crate::{issuer::NOW, server::Server};

const EARLY: Option<Error> = Some(Error::NotValid(VerifyError::NotYetValid));
const EXPIRED: Option<Error> = Some(Error::NotValid(VerifyError::Expired));

#[tokio::test]
async fn an_issuer_two_minutes_behind_shortens_its_tokens_lives() {
    let server = Server::start();
    server.issuer.state().now = NOW - 120;
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    assert!(verifier.verify(&token).await.is_ok());
    // Five minutes less two, plus the leeway.
    server.clock.jump(239);
    assert!(verifier.verify(&token).await.is_ok());
    server.clock.jump(1);
    assert_eq!(verifier.verify(&token).await.err(), EXPIRED);
}

#[tokio::test]
async fn an_issuer_two_minutes_ahead_is_not_believed_yet() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    server.issuer.state().now = NOW + 120;
    let token = server.issuer.token(1);
    assert_eq!(verifier.verify(&token).await.err(), EARLY);
    server.clock.jump(60);
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn nor_is_its_list() {
    let server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    server.issuer.state().now = NOW + 120;
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::StatusUnavailable)
    );
    server.clock.jump(60);
    server.issuer.follow("/status-lists/0").await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn within_the_leeway_either_way_nothing_happens() {
    for off in [-60, 60] {
        let server = Server::start();
        server.issuer.state().now = NOW + off;
        assert!(
            server
                .verifier()
                .verify(&server.issuer.token(1))
                .await
                .is_ok(),
            "{off}"
        );
    }
}

#[tokio::test]
async fn the_verifier_s_clock_set_forward_expires_tokens_and_the_list_and_set_back_again_mends_it()
{
    let server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    verifier.verify(&token).await.unwrap();
    server.clock.jump(3600);
    assert_eq!(verifier.verify(&token).await.err(), EXPIRED);
    // By that clock the list is no longer valid, even for a token that would be.
    let mut claims = server.issuer.claims(2);
    claims.exp += 7200;
    let long = server.issuer.sign(&claims);
    assert_eq!(
        verifier.verify(&long).await.err(),
        Some(Error::StatusUnavailable)
    );
    server.clock.jump(-3600);
    server.issuer.follow("/status-lists/0").await;
    assert!(verifier.verify(&token).await.is_ok());
    assert!(verifier.verify(&long).await.is_ok());
}

#[tokio::test]
async fn the_verifier_s_clock_set_back_makes_tokens_early_and_the_list_no_fresher() {
    let mut server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    verifier.verify(&token).await.unwrap();
    server.clock.jump(-3600);
    assert_eq!(verifier.verify(&token).await.err(), EARLY);
    // The age of the list doesn't depend on the time of day.
    server.kill();
    server.clock.pass(31);
    server.clock.jump(3600 - 31);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::StatusUnavailable)
    );
}
