//! A TCP proxy before a database: it loses the answer to COMMIT, or ends a transaction that nobody
//! hears of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does to the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// It passes the COMMIT on.
    None,
    /// The database commits, and the connection is cut before its answer.
    AnswerLost,
    /// The connection is cut before the database reads the COMMIT.
    CommitLost,
    /// As [`Self::AnswerLost`], and from then on nobody reaches the database.
    AnswerLostAndUnreachable,
    /// Nobody reaches the database.
    Unreachable,
    /// The database hangs: connections stand, and nothing comes through them in either direction.
    Silent,
    /// The transaction is rolled back on its own connection, and the client is not told: see
    /// [`Proxy::end_unseen`].
    EndedUnseen,
}

/// The proxy; it ends with the test's runtime.
pub struct Proxy {
    armed: Arc<Armed>,
}

struct Armed {
    fault: AtomicU8,
    /// How many messages of the client an [`Fault::EndedUnseen`] still lets pass.
    passing: AtomicU32,
}

impl Armed {
    /// Done once the line is not [`Fault::Silent`].
    async fn heard(&self) {
        while self.is(Fault::Silent) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault.load(Ordering::SeqCst) == fault as u8
    }

    fn take(&self, armed: Fault, after: Fault) -> bool {
        self.fault
            .compare_exchange(armed as u8, after as u8, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}

impl Proxy {
    /// Starts a proxy before the server of `url`; gives it and the URL that leads through it.
    pub async fn before(url: &str) -> (Self, String) {
        let (_, rest) = url
            .split_once('@')
            .expect("a URL of a server with credentials");
        let server = rest
            .split(['/', '?'])
            .next()
            .expect("an authority")
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port");
        let armed = Arc::new(Armed {
            fault: AtomicU8::new(Fault::None as u8),
            passing: AtomicU32::new(0),
        });
        let proxied = url.replace(&format!("@{server}"), &format!("@{address}"));
        let shared = Arc::clone(&armed);
        let protocol = Protocol::of(url);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, armed) = (server.clone(), Arc::clone(&shared));
                tokio::spawn(async move { carry(client, &server, protocol, &armed).await });
            }
        });
        (Self { armed }, proxied)
    }

    /// Arms a fault for the next COMMIT, or heals the line.
    pub fn arm(&self, fault: Fault) {
        self.armed.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// Rolls the next transaction back behind its client's back, before the message that follows
    /// the first `passing` ones after its beginning.
    pub fn end_unseen(&self, passing: u32) {
        self.armed.passing.store(passing, Ordering::SeqCst);
        self.arm(Fault::EndedUnseen);
    }

    /// Whether the armed fault happened.
    pub fn has_struck(&self) -> bool {
        let now = self.armed.fault.load(Ordering::SeqCst);
        now == Fault::None as u8 || now == Fault::Unreachable as u8
    }
}

async fn carry(mut client: TcpStream, server: &str, protocol: Protocol, armed: &Armed) {
    if armed.is(Fault::Unreachable) {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut in_transaction = false;
    loop {
        armed.heard().await;
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(read @ 1..) = read else { return };
                armed.heard().await;
                let message = &up[..read];
                if armed.is(Fault::Unreachable) {
                    return;
                }
                if protocol.is_commit(message) {
                    if armed.take(Fault::CommitLost, Fault::None) {
                        return;
                    }
                    let strikes = armed.take(Fault::AnswerLost, Fault::None)
                        || armed.take(Fault::AnswerLostAndUnreachable, Fault::Unreachable);
                    if strikes {
                        // The answer proves that the database has committed; nobody else gets to
                        // see it.
                        if server.write_all(message).await.is_ok() {
                            let _ = server.read(&mut down).await;
                        }
                        return;
                    }
                }
                if in_transaction && armed.is(Fault::EndedUnseen) {
                    let passed = armed.passing.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                    if passed.is_err()
                        && armed.take(Fault::EndedUnseen, Fault::None)
                        && roll_back(&mut server, protocol).await.is_err()
                    {
                        return;
                    }
                }
                in_transaction = protocol.begins(message)
                    || in_transaction && !protocol.is_commit(message);
                if server.write_all(message).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(read @ 1..) = read else { return };
                armed.heard().await;
                if client.write_all(&down[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// How a server is spoken to.
#[derive(Clone, Copy)]
enum Protocol {
    MySql,
    Postgres,
}

impl Protocol {
    fn of(url: &str) -> Self {
        if url.starts_with("postgres") {
            Self::Postgres
        } else {
            Self::MySql
        }
    }

    /// A statement without values, as it goes over the line: COM_QUERY of MySQL, Query of
    /// PostgreSQL.
    fn statement(self, sql: &str) -> Vec<u8> {
        let length = u8::try_from(sql.len()).expect("a short statement");
        let (head, tail): (&[u8], &[u8]) = match self {
            Self::MySql => (&[length + 1, 0, 0, 0, 3], &[]),
            Self::Postgres => (&[b'Q', 0, 0, 0, length + 5], &[0]),
        };
        [head, sql.as_bytes(), tail].concat()
    }

    fn is_commit(self, message: &[u8]) -> bool {
        message.ends_with(&self.statement("COMMIT"))
    }

    fn begins(self, message: &[u8]) -> bool {
        let begin: &[u8] = match self {
            Self::MySql => b"START TRANSACTION READ WRITE",
            Self::Postgres => b"BEGIN READ WRITE",
        };
        message.windows(begin.len()).any(|window| window == begin)
    }
}

/// Rolls back on the server's side of the line, and keeps the answer from the client.
async fn roll_back(server: &mut TcpStream, protocol: Protocol) -> std::io::Result<()> {
    server.write_all(&protocol.statement("ROLLBACK")).await?;
    let mut answer = [0; 1024];
    // Each is one packet, or one row of messages, and the server says nothing else meanwhile.
    let read = server.read(&mut answer).await?;
    assert!(read > 0, "the server is gone");
    Ok(())
}
