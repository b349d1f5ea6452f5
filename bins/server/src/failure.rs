//! Why the program ends without success.

use std::io;
use std::net::SocketAddr;

use ats_pat_http::NotAnOrigin;
use ats_pat_program::{StartError, WrongProvider};

use crate::sockets::WrongSocket;

/// Why the server ended without being asked to, or why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the system's signals can't be waited for")]
    Signals(#[source] io::Error),
    #[error(
        "another program listens on {address}: stop it, or name another address by `{setting}`"
    )]
    AddressInUse {
        address: SocketAddr,
        setting: &'static str,
    },
    #[error(
        "can't listen on {address}: name an address of this machine by `{setting}`, with a port that this user may open"
    )]
    Listen {
        address: SocketAddr,
        setting: &'static str,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Socket(#[from] WrongSocket),
    #[error("a socket that the service manager passed can't be used")]
    Passed(#[source] io::Error),
    #[error(
        "the socket that the service manager passed listens on {address}, which callers can't use: set `public-url` to the origin that they see, such as https://pat.example.com"
    )]
    WildcardWithoutPublicUrl { address: SocketAddr },
    #[error("the system has no more threads or open files to give: raise the limits of this user")]
    Workers(#[source] io::Error),
    #[cfg(feature = "otel")]
    #[error(transparent)]
    Traces(#[from] ats_pat_traces::OpenError),
    #[cfg(not(feature = "otel"))]
    #[error(
        "this server was built without traces (feature `otel`): leave `traces-endpoint` out, or use another build"
    )]
    WithoutTraces,
    #[error(transparent)]
    PublicUrl(#[from] NotAnOrigin),
    #[error(transparent)]
    Provider(#[from] WrongProvider),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    SetupLink(#[from] ats_pat_service::Error),
    #[error("standard output does not take the answer")]
    Output(#[source] io::Error),
    #[error("`{setting}` has port 0, so nobody knows where the server listens: name a port")]
    AnyPort { setting: &'static str },
    #[error(
        "no server answers on {address}: start it with the same settings, or look into its log"
    )]
    Unanswered {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("{address} does not answer in time: look into the log of the server")]
    Slow { address: SocketAddr },
    #[error("the server on {address} can't do its work, and says why above (status {status})")]
    Unhealthy { address: SocketAddr, status: u16 },
    #[error("{wrong} of the findings above need something to be done")]
    Findings { wrong: usize },
}

impl Failure {
    /// Why nothing can listen on `address`, which `setting` names.
    pub fn of_listening(source: io::Error, address: SocketAddr, setting: &'static str) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { address, setting },
            _ => Self::Listen {
                address,
                setting,
                source,
            },
        }
    }
}
