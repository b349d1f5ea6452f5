//! Where commands do their work: at the database, or over the administration interface.
//!
//! Each command calls one method here, whose answer is the same view either way. So what is
//! printed does not depend on the place.

mod answers;
mod api;
mod events;
mod keys;
mod matching;
mod policy;
mod tokens;
mod users;

use ats_pat_program::Opened;
use ats_pat_service::Operator;

pub use api::Api;

/// A deployment of the service.
pub enum Deployment {
    /// Its database, with the use cases over it.
    Database(Opened),
    /// Its servers, by an operator key.
    Api(Api),
}

impl Deployment {
    /// Writes what is still in memory, and closes the database.
    pub async fn close(self) {
        match self {
            Self::Database(opened) => opened.close().await,
            Self::Api(_) => {}
        }
    }
}

fn operator(opened: &Opened) -> Operator<'_> {
    opened.service.operator()
}
