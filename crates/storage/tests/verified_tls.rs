//! A server that doesn't prove its identity gets no password.

#![expect(clippy::unwrap_used, reason = "a test may fail; its helpers too")]

use ats_pat_storage::{Database, OpenError, OpenOptions, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The kind of server that a fake plays.
#[derive(Clone, Copy, Debug)]
enum Fake {
    /// "No TLS", and then "send your password unencrypted".
    Postgres,
    /// A greeting without the capability of TLS.
    Mysql,
}

impl Fake {
    fn url(self, address: &str) -> String {
        match self {
            Self::Postgres => format!("postgres://pat:tiger@{address}/db"),
            Self::Mysql => format!("mysql://pat:tiger@{address}/db"),
        }
    }

    /// Answers one client until it hangs up. Returns everything that it sent.
    async fn serve(self, mut client: TcpStream) -> Vec<u8> {
        let mut said = Vec::new();
        let mut part = [0; 1024];
        if let Self::Mysql = self {
            client.write_all(&greeting()).await.unwrap();
        }
        while let Ok(read @ 1..) = client.read(&mut part).await {
            said.extend_from_slice(&part[..read]);
            if let Self::Postgres = self {
                let answer: &[u8] = if read == 8 {
                    b"N"
                } else {
                    &[b'R', 0, 0, 0, 8, 0, 0, 0, 3]
                };
                if client.write_all(answer).await.is_err() {
                    break;
                }
            } else {
                // "Access denied". The client sends nothing more.
                break;
            }
        }
        said
    }
}

/// The first packet of a MySQL server: protocol 41 and authentication by plugins, without TLS.
fn greeting() -> Vec<u8> {
    let mut body = vec![10];
    body.extend_from_slice(b"8.0.0\0");
    body.extend_from_slice(&[1, 0, 0, 0]);
    body.extend_from_slice(b"12345678\0");
    // CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_CONNECT_WITH_DB; CLIENT_PLUGIN_AUTH.
    body.extend_from_slice(&[0x08, 0x82, 45, 2, 0, 0x08, 0, 21]);
    body.extend_from_slice(&[0; 10]);
    body.extend_from_slice(b"123456789012\0mysql_native_password\0");
    let mut packet = vec![u8::try_from(body.len()).unwrap(), 0, 0, 0];
    packet.extend_from_slice(&body);
    packet
}

/// What a fake server receives from a client with this URL, and why the client gave up.
async fn heard(fake: Fake, tls: Tls, parameters: &str) -> (Vec<u8>, OpenError) {
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let _ = tell.send(fake.serve(client).await);
    });
    let options = OpenOptions {
        tls,
        acquire_timeout: std::time::Duration::from_secs(2),
        ..OpenOptions::default()
    };
    let url = format!("{}{parameters}", fake.url(&address));
    let error = Database::open(&url, options).await.unwrap_err();
    (told.await.unwrap(), error)
}

fn holds(said: &[u8], text: &str) -> bool {
    said.windows(text.len()).any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn a_server_without_tls_gets_neither_name_nor_password() {
    for fake in [Fake::Postgres, Fake::Mysql] {
        let (said, error) = heard(fake, Tls::Required, "").await;
        assert!(!holds(&said, "pat") && !holds(&said, "tiger"), "{fake:?}");
        assert!(matches!(error, OpenError::NotVerified { .. }), "{error}");
        assert!(error.to_string().contains("database-tls"), "{error}");
    }
}

#[tokio::test]
async fn going_without_tls_must_be_said() {
    let (said, _) = heard(Fake::Postgres, Tls::Off, "").await;
    assert!(
        holds(&said, "tiger"),
        "the fake server asks for it in clear"
    );
    let (said, _) = heard(Fake::Mysql, Tls::Off, "").await;
    assert!(holds(&said, "pat"));
}

#[tokio::test]
async fn a_url_that_asks_for_less_than_verified_tls_is_refused() {
    let options = OpenOptions {
        tls: Tls::Required,
        ..OpenOptions::default()
    };
    for (url, advice) in [
        (
            "postgres://pat@127.0.0.1:1/db?sslmode=disable",
            "sslmode=verify-full",
        ),
        (
            "postgres://pat@127.0.0.1:1/db?ssl-mode=prefer",
            "sslmode=verify-full",
        ),
        (
            "postgres://pat@127.0.0.1:1/db?sslmode=verify-ca",
            "sslmode=verify-full",
        ),
        (
            "mysql://pat@127.0.0.1:1/db?ssl-mode=REQUIRED",
            "ssl-mode=verify_identity",
        ),
    ] {
        let error = Database::open(url, options).await.unwrap_err();
        assert!(matches!(error, OpenError::InvalidUrl { .. }), "{error}");
        assert!(error.to_string().contains(advice), "{error}");
    }
    for url in [
        "postgres://pat@127.0.0.1:1/db?sslmode=verify-full",
        "mysql://pat@127.0.0.1:1/db?ssl-mode=VERIFY_IDENTITY",
    ] {
        let error = Database::open(url, options).await.unwrap_err();
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    }
}
