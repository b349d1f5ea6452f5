//! A TCP proxy before a database that loses the answer to COMMIT.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does to the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// Nothing.
    None,
    /// The database commits, and the connection is cut before its answer.
    AnswerLost,
    /// The connection is cut before the database reads the COMMIT.
    CommitLost,
    /// As [`Self::AnswerLost`], and from then on nobody reaches the database.
    AnswerLostAndUnreachable,
    /// Nobody reaches the database.
    Unreachable,
}

/// The proxy; it ends with the test's runtime.
pub struct Proxy {
    fault: Arc<AtomicU8>,
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
        let fault = Arc::new(AtomicU8::new(Fault::None as u8));
        let proxied = url.replace(&format!("@{server}"), &format!("@{address}"));
        let shared = Arc::clone(&fault);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, fault) = (server.clone(), Arc::clone(&shared));
                tokio::spawn(async move { carry(client, &server, &fault).await });
            }
        });
        (Self { fault }, proxied)
    }

    /// Arms a fault for the next COMMIT, or heals the line.
    pub fn arm(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// Whether the armed fault happened.
    pub fn has_struck(&self) -> bool {
        let now = self.fault.load(Ordering::SeqCst);
        now == Fault::None as u8 || now == Fault::Unreachable as u8
    }
}

async fn carry(mut client: TcpStream, server: &str, fault: &AtomicU8) {
    let is = |wanted: Fault| fault.load(Ordering::SeqCst) == wanted as u8;
    if is(Fault::Unreachable) {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(read @ 1..) = read else { return };
                if is(Fault::Unreachable) {
                    return;
                }
                if contains_commit(&up[..read]) {
                    if take(fault, Fault::CommitLost, Fault::None) {
                        return;
                    }
                    let strikes = take(fault, Fault::AnswerLost, Fault::None)
                        || take(fault, Fault::AnswerLostAndUnreachable, Fault::Unreachable);
                    if strikes {
                        // The answer proves that the database has committed; nobody else gets to see it.
                        if server.write_all(&up[..read]).await.is_ok() {
                            let _ = server.read(&mut down).await;
                        }
                        return;
                    }
                }
                if server.write_all(&up[..read]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(read @ 1..) = read else { return };
                if client.write_all(&down[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn take(fault: &AtomicU8, armed: Fault, after: Fault) -> bool {
    fault
        .compare_exchange(armed as u8, after as u8, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
}

fn contains_commit(bytes: &[u8]) -> bool {
    bytes
        .windows(6)
        .any(|window| window.eq_ignore_ascii_case(b"COMMIT"))
}
