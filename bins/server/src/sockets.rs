//! The sockets that systemd opened for this process (sd_listen_fds(3)).

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;

use listenfd::ListenFd;
use rustix::net::sockopt::socket_acceptconn;

/// The name of the socket for operators (`FileDescriptorName=`).
const OPERATIONS: &str = "operations";
/// The variable with the names of the sockets, separated by colons.
const NAMES: &str = "LISTEN_FDNAMES";

/// The sockets that were passed.
#[derive(Default)]
pub struct Passed {
    /// The one for callers.
    pub callers: Option<TcpListener>,
    /// The one for operators.
    pub operations: Option<TcpListener>,
}

impl Passed {
    /// Takes the sockets. Call it once, before there are other threads, because it changes the
    /// environment. `environment` is the one of this process.
    pub fn take(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, WrongSocket> {
        let names = environment.into_iter().find(|(name, _)| name == NAMES);
        let names = names.map(|(_, names)| names.to_string_lossy().into_owned());
        let names: Vec<&str> = names.iter().flat_map(|names| names.split(':')).collect();
        let mut sockets = ListenFd::from_env();
        let mut passed = Self::default();
        for index in 0..sockets.len() {
            let name = names.get(index).copied().unwrap_or("unknown");
            let listener = sockets.take_tcp_listener(index);
            let listener = listener.and_then(listening).map_err(|source| {
                let name = name.to_owned();
                WrongSocket::NotTcp { name, source }
            })?;
            let place = if name == OPERATIONS {
                &mut passed.operations
            } else {
                &mut passed.callers
            };
            if place.replace(listener).is_some() {
                return Err(WrongSocket::TwoForOne);
            }
        }
        Ok(passed)
    }
}

/// The socket, if connections can come to it.
fn listening(socket: Option<TcpListener>) -> io::Result<TcpListener> {
    let Some(socket) = socket else {
        return Err(io::ErrorKind::NotFound.into());
    };
    if !socket_acceptconn(&socket)? {
        return Err(io::Error::other("the socket does not listen"));
    }
    Ok(socket)
}

/// Why the sockets can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WrongSocket {
    #[error(
        "the socket {name:?} that was passed takes no TCP connections: write ListenStream= with an address and a port into its unit"
    )]
    NotTcp {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "two sockets were passed for the same purpose: pass one for callers, and name the one for operators by FileDescriptorName=operations"
    )]
    TwoForOne,
}
