//! A server's report about itself.

use std::net::SocketAddr;

use crate::http::{Caller, Reply};

/// An answer of `/health/ready`.
pub struct Readiness {
    /// Whether the status was 200.
    pub is_ready: bool,
    /// Its lines, or the reason for having none.
    pub reason: String,
}

/// Asks the server whether it is ready.
pub fn readiness(at: SocketAddr) -> Readiness {
    match Caller::new(at).get("/health/ready", &[]) {
        Reply::Answer(answer) => Readiness {
            is_ready: answer.status == 200,
            reason: answer.text().trim().replace('\n', "; "),
        },
        Reply::Unsent | Reply::Lost => Readiness {
            is_ready: false,
            reason: "no answer".to_owned(),
        },
    }
}
