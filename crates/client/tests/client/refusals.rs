//! Each refusal has its name, its code and its message, and is not tried again.

use ats_pat_client::Error;

use crate::service::{Answer, Service};
use crate::time::StoppedTime;

async fn refused(status: u16, code: u32) -> Error {
    let service = Service::start([Answer::refusal(status, code, "As the service says.")]).await;
    let error = service.client().bearer().await.unwrap_err();
    assert_eq!(service.requests().len(), 1, "{code} was tried again");
    let refusal = error.refusal().unwrap();
    assert_eq!(
        (refusal.code(), refusal.message()),
        (code, "As the service says.")
    );
    error
}

#[tokio::test]
async fn each_refusal_is_told_by_its_name() {
    for (status, code, name) in [
        (401, 1201, "Invalid"),
        (401, 1202, "Expired"),
        (401, 1203, "Revoked"),
        (403, 1204, "NetworkNotAllowed"),
        (401, 1205, "OwnerDisabled"),
        (401, 1207, "OwnerSignInOverdue"),
        (401, 1200, "Refused"),
        (404, 1004, "Refused"),
        (400, 9999, "Refused"),
    ] {
        let error = refused(status, code).await;
        let shown = format!("{error:?}");
        assert!(shown.starts_with(name), "{code}: {shown}");
        let sentence = error.to_string();
        let end = format!("As the service says. ({code})");
        assert!(sentence.ends_with(&end), "{sentence}");
    }
}

#[tokio::test]
async fn a_refusal_is_asked_for_once_a_second_at_most() {
    let time = StoppedTime::new();
    let refusal = Answer::refusal(401, 1205, "The owner is disabled.");
    let service = Service::start([refusal]).await;
    let client = service.client();
    for _ in 0..50 {
        let error = client.bearer().await.unwrap_err();
        assert!(matches!(error, Error::OwnerDisabled(_)), "{error:?}");
    }
    assert_eq!(service.requests().len(), 1);
    service.answer(Answer::token("renewed", 300));
    time.pass(1).await;
    assert_eq!(client.bearer().await.unwrap().expose(), "renewed");
}

#[tokio::test]
async fn a_failure_inside_the_service_is_not_tried_again_nor_called_a_refusal() {
    let failure = Answer::refusal(500, 1500, "Something failed inside.");
    let service = Service::start([failure]).await;
    let error = service.client().bearer().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    let cause = std::error::Error::source(&error).expect("a cause");
    assert_eq!(cause.to_string(), "Something failed inside. (1500)");
    assert_eq!(service.requests().len(), 1);
}
