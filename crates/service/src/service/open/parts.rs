//! The parts of a service.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ats_pat_auth::{MasterKeys, PasswordCost, SignatureProvider};
use ats_pat_domain::port::{Clock, IdentityProvider, Randomness, Store};

use crate::service::settings::Settings;

/// Where the master key comes from.
#[derive(Clone)]
pub enum MasterKeySource {
    /// The master key file. It is created if it is missing and the database has no sealed key.
    File(PathBuf),
    /// It was given from elsewhere.
    Given {
        /// The keys, of which the first seals.
        keys: Arc<MasterKeys>,
        /// From where, as an operator names it.
        place: String,
    },
}

impl fmt::Display for MasterKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Given { place, .. } => f.write_str(place),
        }
    }
}

/// The parts of a service.
pub struct Parts {
    /// The database, with all migrations done.
    pub store: Arc<dyn Store>,
    /// The clock, which tests replace by their own.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The operator's settings, as they were at the start.
    pub settings: Settings,
    /// The identity providers of the settings. Programs that nobody signs in to have none.
    pub providers: Vec<Arc<dyn IdentityProvider>>,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// The file of the event log's head. `None` keeps no head.
    pub anchor_file: Option<PathBuf>,
    /// The cost of hashing passwords. Everywhere but in tests it is [`PasswordCost::OWASP`].
    pub password_cost: PasswordCost,
    /// Whether this program has a lock that keeps all other servers from the database. Then a
    /// change that takes rights away is answered at once, because no other server could answer from
    /// before it.
    pub alone: bool,
    /// The library that signs authentication tokens and status lists.
    pub signature_provider: SignatureProvider,
}
