//! What a service is made of.

use std::path::PathBuf;
use std::sync::Arc;

use ats_pat_auth::{PasswordCost, SignatureProvider};
use ats_pat_domain::port::{Clock, Randomness, Store};

use crate::service::settings::Settings;

/// What a service is made of.
pub struct Parts {
    /// The database, migrated.
    pub store: Arc<dyn Store>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where secrets come from.
    pub randomness: Arc<dyn Randomness>,
    /// What the operator allows.
    pub settings: Settings,
    /// The master key file; made if the database holds no sealed key and the file is missing.
    pub master_key_file: PathBuf,
    /// Where the head of the event log is kept; `None` keeps it nowhere.
    pub anchor_file: Option<PathBuf>,
    /// What password hashing costs; [`PasswordCost::OWASP`] but in tests.
    pub password_cost: PasswordCost,
    /// Whether this program holds a lock that keeps every other server from the database: then what
    /// takes rights away is answered at once, since nobody else could answer from before it.
    pub alone: bool,
    /// Which library signs authentication tokens and status lists.
    pub signature_provider: SignatureProvider,
}
