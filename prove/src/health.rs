//! What a server says about itself.

use std::net::SocketAddr;

use crate::http::{Caller, Reply};

/// An answer of `/health/ready`.
pub struct Readiness {
    /// Whether it was 200.
    pub is_ready: bool,
    /// Its lines, or why there are none.
    pub reason: String,
}

/// Asks.
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
