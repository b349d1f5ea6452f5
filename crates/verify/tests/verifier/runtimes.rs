//! The runtime in which the verifier began to follow the issuer ends before another runtime that
//! verifies.

use std::time::Duration;

use ats_pat_verify::{Error, Verifier};
use futures_util::poll;
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use crate::{
    clock::TestClock,
    issuer::{AUDIENCE, Issuer, key},
};

/// In virtual time, so that waiting takes no real time.
const FOR_EVER: Duration = Duration::from_hours(1);

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

fn verifier(issuer: &Issuer) -> Verifier {
    let builder = Verifier::builder(issuer.url(), AUDIENCE).clock(TestClock::new());
    builder.build_with(issuer.clone()).unwrap()
}

#[test]
fn one_that_ended_before_it_followed_leaves_it_to_the_next() {
    let issuer = Issuer::new("https://pat.example.com");
    let verifier = verifier(&issuer);
    // The call is refused without waiting, because this runtime ends before it runs the task.
    assert!(runtime().block_on(verifier.verify("x")).is_err());
    let answer = runtime().block_on(async {
        let token = issuer.token(1);
        timeout(FOR_EVER, verifier.verify(&token)).await
    });
    assert!(answer.unwrap().is_ok());
}

#[test]
fn who_waits_in_another_is_told_of_its_end_and_the_next_check_follows_again() {
    let issuer = Issuer::new("https://pat.example.com");
    issuer.state().signing = key(2);
    let of_unknown_key = issuer.token(1);
    issuer.state().signing = key(1);
    for (token, expected) in [
        (of_unknown_key, Error::KeysUnavailable),
        (issuer.token(5000), Error::StatusUnavailable),
    ] {
        let verifier = verifier(&issuer);
        let (first, second) = (runtime(), runtime());
        first.block_on(verifier.ready()).unwrap();
        let mut waiting = Box::pin(verifier.verify(&token));
        second.block_on(async { assert!(poll!(waiting.as_mut()).is_pending()) });
        drop(first);
        let answer = second.block_on(async { timeout(FOR_EVER, waiting).await });
        assert_eq!(answer.unwrap().err(), Some(expected));
        let good = issuer.token(1);
        let answer = second.block_on(async { timeout(FOR_EVER, verifier.verify(&good)).await });
        assert!(answer.unwrap().is_ok());
    }
}
