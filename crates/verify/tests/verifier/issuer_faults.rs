//! The issuer is away, slow, or answers garbage. The table in the crate's documentation describes
//! the same cases.

use std::time::Duration;

use ats_pat_token::ListVersion;
use ats_pat_verify::{Error, Verifier};

use crate::{
    issuer::{Issuer, KEYS, LISTS, METADATA, Reply, key},
    server::Server,
};

const LIST: &str = "/status-lists/0";
const JWT: &str = "application/statuslist+jwt";

/// A server, its verifier, and a token that this one knows.
async fn known() -> (Server, Verifier, String) {
    let server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    verifier.verify(&token).await.unwrap();
    (server, verifier, token)
}

#[tokio::test]
async fn while_it_is_away_known_and_new_tokens_pass_until_the_limit_and_none_after_it() {
    let (mut server, verifier, token) = known().await;
    server.issuer.revoke(9);
    server.issuer.follow(LIST).await;
    server.kill();
    server.clock.pass(30);
    assert!(verifier.verify(&token).await.is_ok());
    assert!(verifier.verify(&server.issuer.token(2)).await.is_ok());
    server.clock.pass(1);
    for token in [&token, &server.issuer.token(2), &server.issuer.token(3)] {
        assert_eq!(
            verifier.verify(token).await.err(),
            Some(Error::StatusUnavailable)
        );
    }
    // A known revocation is still reported.
    let revoked = verifier.verify(&server.issuer.token(9)).await;
    assert_eq!(revoked.err(), Some(Error::Revoked));

    server.revive();
    server.issuer.follow(LIST).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn failing_open_tokens_pass_after_the_limit_but_not_those_that_are_known_to_be_revoked() {
    let mut server = Server::start();
    let verifier = server.builder().fail_open().build().unwrap();
    verifier.ready().await.unwrap();
    server.issuer.revoke(9);
    server.issuer.follow(LIST).await;
    server.kill();
    server.clock.pass(240);
    assert!(verifier.verify(&server.issuer.token(1)).await.is_ok());
    let revoked = verifier.verify(&server.issuer.token(9)).await;
    assert_eq!(revoked.err(), Some(Error::Revoked));
}

#[tokio::test]
async fn failing_open_tokens_pass_though_the_list_never_came() {
    let server = Server::start();
    server.issuer.answer_instead(LIST, Reply::status(500));
    let open = server.builder().fail_open().build().unwrap();
    assert!(open.verify(&server.issuer.token(1)).await.is_ok());
    let closed = server.verifier();
    let answer = closed.verify(&server.issuer.token(1)).await;
    assert_eq!(answer.err(), Some(Error::StatusUnavailable));
}

#[tokio::test]
async fn its_keys_hold_for_an_hour_while_it_is_away() {
    let mut server = Server::start();
    let verifier = server.builder().fail_open().build().unwrap();
    verifier.ready().await.unwrap();
    server.kill();
    server.clock.pass(3600);
    server.issuer.state().now += 3600;
    assert!(verifier.verify(&server.issuer.token(1)).await.is_ok());
    server.clock.pass(1);
    for token in [server.issuer.token(1), server.issuer.token(2)] {
        assert_eq!(
            verifier.verify(&token).await.err(),
            Some(Error::KeysUnavailable)
        );
    }
}

#[tokio::test]
async fn without_it_at_the_start_tokens_are_refused_until_it_comes() {
    let mut server = Server::start();
    server.kill();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::KeysUnavailable)
    );
    assert_eq!(
        verifier.ready().await.map_err(Error::from).err(),
        Some(Error::KeysUnavailable)
    );
    server.revive();
    server.issuer.follow(LIST).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for_beyond_the_limit() {
    let server = Server::start();
    server.issuer.answer_instead(KEYS, Reply::never());
    let builder = server.builder().request_timeout(Duration::from_millis(500));
    let verifier = builder.build().unwrap();
    let token = server.issuer.token(1);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::KeysUnavailable)
    );
    server.issuer.state().instead.clear();
    server.issuer.follow(LIST).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_slow_list_holds_nobody_up_and_ends_at_the_limit() {
    let server = Server::start();
    let builder = server.builder().request_timeout(Duration::from_millis(500));
    let verifier = builder.build().unwrap();
    let token = server.issuer.token(1);
    verifier.verify(&token).await.unwrap();
    server.issuer.answer_instead(LIST, Reply::never());
    server.issuer.follow(LIST).await;
    assert!(verifier.verify(&token).await.is_ok());
    server.clock.pass(31);
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::StatusUnavailable)
    );
}

fn garbage() -> Vec<Reply> {
    let page = "<!doctype html><title>502</title>";
    vec![
        Reply::of("text/html", page),
        Reply::json(page),
        Reply::json("{"),
        Reply::json("{}"),
        Reply::json("[]"),
        Reply::json("null"),
        Reply::json(""),
        Reply::json([0xff, 0xfe]),
        Reply::json(" ".repeat(10 * 1024 * 1024)),
        Reply::status(500),
        Reply::status(204),
        Reply {
            location: Some("/elsewhere".to_owned()),
            ..Reply::status(302)
        },
    ]
}

#[tokio::test]
async fn garbage_instead_of_keys_replaces_nothing() {
    let server = Server::start();
    let verifier = server
        .builder()
        .key_interval(Duration::from_millis(5))
        .build()
        .unwrap();
    let token = server.issuer.token(1);
    verifier.verify(&token).await.unwrap();
    let keys = String::from_utf8(server.issuer.answer(KEYS, None).body).unwrap();
    let mut garbage = garbage();
    garbage.extend([
        Reply::of("text/html", keys.clone()),
        Reply::json(&keys[..keys.len() - 2]),
        Reply::json(keys.replace("Ed25519\",\"x\":\"", "Ed25519\",\"x\":\"A")),
        Reply::json(keys.replacen("\"kid\":\"", "\"kid\":\"x", 1)),
        Reply::json(keys.replacen("\"use\"", "\"d\":\"AA\",\"use\"", 1)),
    ]);
    for reply in garbage {
        server.issuer.answer_instead(KEYS, reply);
        server.issuer.follow(KEYS).await;
        assert!(verifier.verify(&token).await.is_ok());
        assert!(verifier.verify(&server.issuer.token(2)).await.is_ok());
    }
    assert_eq!(server.issuer.asked("/elsewhere"), 0);
}

#[tokio::test]
async fn garbage_instead_of_metadata_leads_nowhere() {
    let server = Server::start();
    let verifier = server
        .builder()
        .key_interval(Duration::from_millis(5))
        .build()
        .unwrap();
    let token = server.issuer.token(1);
    verifier.verify(&token).await.unwrap();
    let metadata = String::from_utf8(server.issuer.answer(METADATA, None).body).unwrap();
    let evil = Server::start();
    let (ours, theirs) = (server.issuer.url(), evil.issuer.url());
    let mut garbage = garbage();
    garbage.extend([
        Reply::json(metadata.replace(ours, theirs)),
        Reply::json(metadata.replace(&format!("{ours}{KEYS}"), &format!("{theirs}{KEYS}"))),
        Reply::json(metadata.replace(&format!("{ours}{LISTS}"), &format!("{theirs}{LISTS}"))),
        Reply::json(metadata.replace(
            &format!("{ours}{KEYS}"),
            &format!("{ours}@evil.example.com/"),
        )),
        Reply::json(metadata.replace("jwks_uri", "jwks_url")),
    ]);
    for reply in garbage {
        server.issuer.answer_instead(METADATA, reply);
        server.issuer.follow(METADATA).await;
        assert!(verifier.verify(&token).await.is_ok());
    }
    assert_eq!((evil.issuer.asked(KEYS), evil.issuer.asked(LISTS)), (0, 0));
}

/// A document that is not a list confirms nothing, so tokens are refused after the time limit.
#[tokio::test]
async fn garbage_instead_of_the_list_is_as_if_it_were_away() {
    let (server, verifier, mut token) = known().await;
    let other = Issuer::new(server.issuer.url());
    other.state().list_path = "/status-lists/1".to_owned();
    let forged = Issuer::new(server.issuer.url());
    forged.state().signing = key(66);
    let foreign = Issuer::new("https://other.example.com");
    let list = server.issuer.signed_list();
    let good = |body: String| Reply::of(JWT, body);
    let mut garbage = garbage();
    garbage.extend([
        Reply::json(list.clone()),
        good(list[..list.len() - 1].to_owned()),
        good(list.replace('.', "")),
        good(list.replacen("ey", "eY", 1)),
        good("A".repeat(17 * 1024 * 1024)),
        good(other.signed_list()),
        good(forged.signed_list()),
        good(foreign.signed_list()),
        good(server.issuer.token(1)),
        Reply::status(404),
    ]);
    for reply in garbage {
        server.issuer.answer_instead(LIST, reply);
        server.issuer.follow(LIST).await;
        assert!(verifier.verify(&token).await.is_ok());
        server.clock.pass(31);
        server.issuer.follow(LIST).await;
        assert_eq!(
            verifier.verify(&token).await.err(),
            Some(Error::StatusUnavailable)
        );
        server.issuer.state().instead.clear();
        server.issuer.state().now += 31;
        server.issuer.follow(LIST).await;
        token = server.issuer.token(1);
        assert!(verifier.verify(&token).await.is_ok());
        assert!(
            verifier.verify(&token).await.is_ok()
                || server.issuer.state().now > crate::issuer::NOW + 300
        );
    }
}

#[tokio::test]
async fn an_older_list_is_not_taken_and_confirms_nothing() {
    let (server, verifier, _) = known().await;
    let before = server.issuer.signed_list();
    server.issuer.revoke(9);
    server.issuer.follow(LIST).await;
    let revoked = server.issuer.token(9);
    assert_eq!(verifier.verify(&revoked).await.err(), Some(Error::Revoked));
    server.issuer.answer_instead(LIST, Reply::of(JWT, before));
    server.issuer.follow(LIST).await;
    assert_eq!(verifier.verify(&revoked).await.err(), Some(Error::Revoked));
    server.clock.pass(31);
    server.issuer.follow(LIST).await;
    let good = verifier.verify(&server.issuer.token(1)).await;
    assert_eq!(good.err(), Some(Error::StatusUnavailable));
}

#[tokio::test]
async fn garbage_instead_of_the_list_of_lists_leads_nowhere() {
    let (server, verifier, token) = known().await;
    let evil = Server::start();
    let mut garbage = garbage();
    garbage.extend([
        Reply::json(format!(
            r#"{{"status_lists":["{}{LIST}"]}}"#,
            evil.issuer.url()
        )),
        Reply::json(r#"{"status_lists":[]}"#),
        Reply::json(format!(
            r#"{{"status_lists":["{0}{LIST}","{0}/status-lists/1"]}}"#,
            server.issuer.url()
        )),
    ]);
    // A place in another list makes the verifier look.
    let mut claims = server.issuer.claims(1);
    claims.status.as_mut().unwrap().uri = format!("{}/status-lists/1", server.issuer.url());
    let elsewhere = server.issuer.sign(&claims);
    for reply in garbage {
        server.issuer.answer_instead(LISTS, reply);
        assert_eq!(
            verifier.verify(&elsewhere).await.err(),
            Some(Error::StatusUnavailable)
        );
        assert!(verifier.verify(&token).await.is_ok());
    }
    assert_eq!(evil.issuer.asked(LIST), 0);
}

#[tokio::test]
async fn after_it_went_back_to_an_earlier_state_its_new_list_is_followed() {
    let (server, verifier, token) = known().await;
    server.issuer.revoke(9);
    server.issuer.follow(LIST).await;
    {
        let mut state = server.issuer.state();
        state.list_path = "/status-lists/1".to_owned();
        state.version = ListVersion { epoch: 5, seq: 1 };
        state.list.set(9, false).unwrap();
        state.list.set(1, true).unwrap();
    }
    // The old address is gone. Earlier tokens name a list that no longer exists.
    server.issuer.follow("/status-lists/1").await;
    assert_eq!(verifier.verify(&token).await.err(), Some(Error::NotListed));
    assert!(verifier.verify(&server.issuer.token(9)).await.is_ok());
    let revoked = verifier.verify(&server.issuer.token(1)).await;
    assert_eq!(revoked.err(), Some(Error::Revoked));
}

#[tokio::test]
async fn a_list_of_another_address_from_before_is_not_taken() {
    let (server, verifier, token) = known().await;
    server.issuer.state().list_path = "/status-lists/1".to_owned();
    server.issuer.state().version = ListVersion { epoch: 0, seq: 0 };
    server.issuer.follow("/status-lists/1").await;
    let elsewhere = verifier.verify(&server.issuer.token(2)).await;
    assert_eq!(elsewhere.err(), Some(Error::StatusUnavailable));
    server.clock.pass(31);
    server.issuer.follow("/status-lists/1").await;
    assert_eq!(
        verifier.verify(&token).await.err(),
        Some(Error::StatusUnavailable)
    );
}

#[tokio::test]
async fn what_keeps_a_verifier_from_being_ready_is_told() {
    let mut server = Server::start();
    let metadata = String::from_utf8(server.issuer.answer(METADATA, None).body).unwrap();
    let ours = server.issuer.url().to_owned();
    let other = ours.replace("127.0.0.1", "localhost");
    let named = format!("\"issuer\":\"{other}\"");
    let theirs = metadata.replace(&format!("\"issuer\":\"{ours}\""), &named);
    assert!(theirs.contains(&named), "{theirs}");
    server.issuer.answer_instead(METADATA, Reply::json(theirs));
    let not_ready = server.verifier().ready().await.unwrap_err();
    assert_eq!(*not_ready.error(), Error::KeysUnavailable);
    let text = not_ready.to_string();
    assert!(text.contains(&other) && text.contains(&ours), "{text}");
    server.kill();
    let away = server.verifier().ready().await.unwrap_err();
    assert!(away.cause().is_some(), "{away}");
}

#[tokio::test]
async fn keys_that_the_issuer_only_remembers_are_as_old_as_it_says() {
    let server = Server::start();
    server.issuer.state().age = Some(25);
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    let token = server.issuer.token(1);
    assert!(verifier.verify(&token).await.is_ok());
    let server = Server::start();
    server.issuer.state().age = Some(3601);
    let answer = server.verifier().verify(&server.issuer.token(1)).await;
    assert_eq!(answer.err(), Some(Error::KeysUnavailable));
}
