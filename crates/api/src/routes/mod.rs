//! The operations: each reads its request, calls one use case and writes the answer.

mod exchange;
mod leaked;
mod session;
mod tokens;

use poem_openapi::{OpenApi, Tags};

pub use exchange::{EXCHANGE, IDENTITY, exchange};

/// The parts of the interface.
#[derive(Tags)]
enum Tag {
    /// Turn a personal access token into an authentication token, and see what that says.
    Exchange,
    /// Sign in and out.
    Session,
    /// Manage your personal access tokens.
    PersonalAccessToken,
}

/// Every operation under `/api/`.
pub fn all() -> impl OpenApi {
    (
        exchange::Exchange,
        session::Session,
        tokens::Tokens,
        leaked::Leaked,
    )
}
