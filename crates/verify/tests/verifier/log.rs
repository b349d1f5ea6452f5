//! What the operator of a service finds in its log.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::subscriber::DefaultGuard;

use crate::{
    issuer::{Issuer, Reply, key},
    server::Server,
};

const LIST: &str = "/status-lists/0";

/// What is logged on this thread. Tests run on it, except for the signatures of lists.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the lines that the verifier logged at one level, each only once.
    fn take(&self, level: &str) -> Vec<String> {
        let text = self.text();
        self.0.lock().unwrap().clear();
        text.lines()
            .filter(|line| line.contains(" ats_pat_verify") && line.contains(level))
            .map(ToOwned::to_owned)
            .collect()
    }
}

#[tokio::test]
async fn each_refusal_tells_its_cause_and_no_token() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    let forged = Issuer::new(server.issuer.url());
    forged.state().signing = key(66);
    let mut elsewhere = server.issuer.claims(1);
    elsewhere.aud = "https://packages.example.com".to_owned().into();
    let mut other = server.issuer.claims(1);
    other.iss = "https://other.example.com".into();
    server.issuer.revoke(9);
    server.issuer.follow(LIST).await;
    let (log, _guard) = Log::start();
    for (token, cause) in [
        (
            server.issuer.sign(&elsewhere),
            "not meant for this audience",
        ),
        (server.issuer.sign(&other), "another issuer"),
        (server.issuer.token(9), "was revoked"),
        (forged.token(1), "unknown key"),
        ("e30.e30.e30".to_owned(), "not an authentication token"),
    ] {
        let header = format!("Bearer {token}");
        assert!(verifier.authenticate([header.as_bytes()]).await.is_err());
        let text = log.text();
        for part in token.split('.') {
            assert!(!text.contains(part), "{text}");
        }
        let told = log.take("DEBUG");
        let [line] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(line.contains(cause), "{line}");
        assert!(line.contains(server.issuer.url()), "{line}");
    }
    for headers in [&[][..], &[&b"Bearer"[..]]] {
        let refused = verifier.authenticate(headers.iter().copied()).await;
        let told = log.take("DEBUG");
        assert!(
            told[0].contains(&refused.unwrap_err().to_string()),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_told_once_for_each_cause() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    let (log, _guard) = Log::start();
    for (reply, cause) in [
        (Reply::status(500), "answered with status 500"),
        (Reply::of("text/html", ""), "not of the expected media type"),
    ] {
        server.issuer.answer_instead(LIST, reply);
        server.issuer.follow(LIST).await;
        server.issuer.follow(LIST).await;
        let told = log.take("WARN");
        let [line] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(
            line.contains(cause) && line.contains("status list"),
            "{line}"
        );
    }
    server.issuer.state().instead.clear();
    server.issuer.follow(LIST).await;
    let told = log.take("INFO");
    assert!(told.len() == 1 && told[0].contains("again"), "{told:?}");
}

#[tokio::test]
async fn a_network_that_fails_is_told_with_what_it_came_of() {
    let mut server = Server::start();
    let (log, _guard) = Log::start();
    server.kill();
    assert!(server.verifier().ready().await.is_err());
    let told = log.take("WARN");
    assert!(told[0].contains("Connection refused"), "{told:?}");
}
