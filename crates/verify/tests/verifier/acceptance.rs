use std::time::{Duration, SystemTime};

use ats_pat_token::{Audience, Claims};
use ats_pat_verify::{
    Document, DocumentRequest, Error, KeySource, SettingError, SourceError, Verifier, VerifyError,
};
use tokio::sync::oneshot;

use crate::{
    clock::TestClock,
    issuer::{AUDIENCE, Issuer, KEYS, METADATA, NOW},
    server::Server,
};

#[tokio::test]
async fn a_good_token_tells_who_calls_and_what_for() {
    let server = Server::start();
    let verifier = server.verifier();
    let token = verifier.verify(&server.issuer.token(1)).await.unwrap();
    assert_eq!(token.owner(), "01936d3a-7c40-7000-8000-000000000001");
    assert_eq!(token.token_id(), "01936d3a-7c40-7000-8000-000000000003");
    assert_eq!(token.user_name(), "anna");
    assert_eq!(
        token.scopes().collect::<Vec<_>>(),
        ["orders:read", "packages:write"]
    );
    let issued = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    assert_eq!(token.issued_at(), issued);
    assert_eq!(token.expires_at(), issued + Duration::from_mins(5));
    assert_eq!(token.claims(), &server.issuer.claims(1));
}

#[tokio::test]
async fn keys_and_metadata_are_asked_for_once_for_many_tokens() {
    let server = Server::start();
    let verifier = server.verifier();
    let tokens: Vec<String> = (0..50).map(|index| server.issuer.token(index)).collect();
    let all = tokens.iter().map(|token| verifier.verify(token));
    for answer in futures_util::future::join_all(all).await {
        assert!(answer.is_ok());
    }
    for token in &tokens {
        assert!(verifier.verify(token).await.is_ok());
    }
    assert_eq!(
        (server.issuer.asked(METADATA), server.issuer.asked(KEYS)),
        (1, 1)
    );
}

#[tokio::test]
async fn a_scope_is_held_by_name_or_by_all_but_introspect_only_by_name() {
    let server = Server::start();
    let verifier = server.verifier();
    let with = async |scope: &str| {
        let claims = Claims {
            scope: scope.to_owned(),
            ..server.issuer.claims(1)
        };
        verifier.verify(&server.issuer.sign(&claims)).await.unwrap()
    };
    let some = with("orders:read introspect").await;
    assert!(some.has_scope("orders:read") && some.has_scope("introspect"));
    assert!(!some.has_scope("orders:write") && !some.has_scope("all") && !some.has_scope("orders"));
    let all = with("all").await;
    assert!(all.has_scope("orders:read") && all.has_scope("all"));
    assert!(!all.has_scope("introspect"));
    assert!(!with("").await.has_scope("orders:read"));
}

#[tokio::test]
async fn it_is_for_its_audience_and_of_its_issuer_only() {
    let server = Server::start();
    let verifier = server.verifier();
    let sign = |claims: Claims| server.issuer.sign(&claims);
    let several = Audience::new(vec![
        "https://ci.example.com".to_owned(),
        AUDIENCE.to_owned(),
    ]);
    let shared = Claims {
        aud: several.unwrap(),
        ..server.issuer.claims(1)
    };
    assert!(verifier.verify(&sign(shared)).await.is_ok());
    let other = Claims {
        aud: Audience::from(format!("{AUDIENCE}/")),
        ..server.issuer.claims(1)
    };
    assert_eq!(
        verifier.verify(&sign(other)).await.err(),
        Some(Error::NotValid(VerifyError::Audience))
    );
    let other = Claims {
        iss: "https://other.example.com".to_owned(),
        ..server.issuer.claims(1)
    };
    assert_eq!(
        verifier.verify(&sign(other)).await.err(),
        Some(Error::NotValid(VerifyError::Issuer))
    );
}

#[tokio::test]
async fn a_known_token_is_judged_anew_each_time() {
    let server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    assert!(verifier.verify(&token).await.is_ok());
    server.clock.jump(359);
    assert!(verifier.verify(&token).await.is_ok());
    server.clock.jump(1);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::NotValid(VerifyError::Expired))
    );
    server.clock.jump(-360 - 61);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::NotValid(VerifyError::NotYetValid))
    );
}

#[test]
fn a_verifier_outlives_the_runtime_that_it_was_used_on() {
    let server = Server::start();
    let verifier = server.verifier();
    for index in 0..3 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let token = server.issuer.token(index);
        assert!(runtime.block_on(verifier.verify(&token)).is_ok());
        server.issuer.revoke(index);
        runtime.block_on(async {
            let list = server.issuer.state().list_path.clone();
            server.issuer.follow(&list).await;
            assert_eq!(verifier.verify(&token).await.err(), Some(Error::Revoked));
        });
    }
}

#[test]
fn without_a_runtime_it_says_so() {
    let server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    let mut checking = std::pin::pin!(verifier.verify(&token));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(matches!(
        checking.as_mut().poll(&mut context),
        std::task::Poll::Ready(Err(Error::NoRuntime))
    ));
}

/// A source that tells when nothing refers to it any more.
struct Watched {
    issuer: Issuer,
    _in_use: oneshot::Sender<()>,
}

impl KeySource for Watched {
    async fn get(&self, request: DocumentRequest<'_>) -> Result<Document, SourceError> {
        KeySource::get(&self.issuer, request).await
    }
}

#[tokio::test]
async fn the_background_task_ends_with_the_last_verifier() {
    let issuer = Issuer::new("https://pat.example.com");
    let (in_use, mut dropped) = oneshot::channel();
    let source = Watched {
        issuer: issuer.clone(),
        _in_use: in_use,
    };
    let builder = Verifier::builder(issuer.url(), AUDIENCE)
        .clock(TestClock::new())
        .list_interval(Duration::from_millis(5));
    let verifier = builder.build_with(source).unwrap();
    verifier.ready().await.unwrap();
    let clone = verifier.clone();
    drop(verifier);
    issuer.follow("/status-lists/0").await;
    assert!(
        dropped
            .try_recv()
            .is_err_and(|error| error == oneshot::error::TryRecvError::Empty)
    );
    drop(clone);
    assert!(dropped.await.is_err());
}

#[test]
fn settings_that_cannot_be_right_are_refused() {
    let build = |issuer: &str, audience: &str| Verifier::builder(issuer, audience).build().err();
    for issuer in [
        "",
        "pat.example.com",
        "https://",
        "https:///",
        "https://pat.example.com//",
        "https://pat.example.com/pat",
        "https://pat.example.com/pat/",
        "https://pat.example.com?",
        "https://pat example.com",
        "ftp://pat.example.com",
        "https://pat.example.com\"",
    ] {
        assert_eq!(
            build(issuer, AUDIENCE),
            Some(SettingError::Issuer),
            "{issuer}"
        );
    }
    for issuer in [
        "http://pat.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
    ] {
        assert_eq!(
            build(issuer, AUDIENCE),
            Some(SettingError::Insecure),
            "{issuer}"
        );
    }
    for issuer in [
        "https://pat.example.com:8443",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "http://[::1]:1",
        "http://localhost",
    ] {
        assert_eq!(build(issuer, AUDIENCE), None, "{issuer}");
    }
    assert_eq!(
        build("https://pat.example.com", ""),
        Some(SettingError::Audience)
    );
    let builder = || Verifier::builder("https://pat.example.com", AUDIENCE);
    assert_eq!(
        builder().leeway(Duration::from_secs(61)).build().err(),
        Some(SettingError::Leeway)
    );
    for zero in [
        builder().list_interval(Duration::ZERO),
        builder().staleness_limit(Duration::ZERO),
        builder().key_interval(Duration::ZERO),
        builder().key_limit(Duration::ZERO),
        builder().lookup_interval(Duration::ZERO),
        builder().request_timeout(Duration::ZERO),
    ] {
        assert_eq!(zero.build().err(), Some(SettingError::Interval));
    }
    assert_eq!(
        builder().realm("a\"b").build().err(),
        Some(SettingError::Realm)
    );
    assert_eq!(
        builder()
            .token_page(Some("https://a\r\nb".to_owned()))
            .build()
            .err(),
        Some(SettingError::TokenPage)
    );
}

#[test]
fn limits_that_pass_before_the_next_reading_are_refused() {
    let builder = || Verifier::builder("https://pat.example.com", AUDIENCE);
    let [short, long] = [9, 10].map(Duration::from_secs);
    let of_list = |interval, limit| {
        let builder = builder().list_interval(interval);
        builder.staleness_limit(limit).build().err()
    };
    let of_keys = |interval, limit| {
        let builder = builder().key_interval(interval);
        builder.key_limit(limit).build().err()
    };
    assert_eq!((of_list(short, long), of_keys(short, long)), (None, None));
    for interval in [long, Duration::from_secs(11)] {
        assert_eq!(of_list(interval, long), Some(SettingError::StalenessLimit));
        assert_eq!(of_keys(interval, long), Some(SettingError::KeyLimit));
    }
    let told = SettingError::StalenessLimit.to_string();
    assert!(told.contains("raise it"), "{told}");
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_issuer_does_no_harm() {
    let issuer = Issuer::new("https://pat.example.com");
    let verifier = Verifier::builder("https://pat.example.com/", AUDIENCE)
        .clock(TestClock::new())
        .build_with(issuer.clone())
        .unwrap();
    assert!(verifier.verify(&issuer.token(1)).await.is_ok());
    let refused = verifier.verify(&issuer.token(1)).await.unwrap();
    let refused = refused.require_scope("none:such").unwrap_err();
    let challenge = refused.www_authenticate().unwrap();
    assert!(
        challenge.contains("https://pat.example.com/settings/"),
        "{challenge}"
    );
}
