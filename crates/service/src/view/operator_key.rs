//! Operator keys, as lists show them.

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::token::Usage;
use ats_pat_domain::{OperatorKey, OperatorKeyId, Status, Timestamp};
use serde::Serialize;

/// An operator key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperatorKeyView {
    /// Never changed or reused.
    pub id: OperatorKeyId,
    /// What the key is called.
    pub name: String,
    /// Its status at the time of the answer.
    pub status: Status,
    /// The names of its rights.
    pub rights: Vec<&'static str>,
    /// Where it may be used from, as CIDRs. `None` means anywhere.
    pub allowed_networks: Option<Vec<String>>,
    /// The user name of the administrator who made it. `None` if the admin program made it.
    pub made_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used. May be up to a minute late.
    pub last_used_at: Option<Timestamp>,
    /// The client's address at the last use.
    pub last_used_from: Option<String>,
}

impl OperatorKeyView {
    pub(crate) fn new(
        key: &OperatorKey,
        used: Option<Usage>,
        made_by: Option<String>,
        now: Timestamp,
    ) -> Self {
        let status = if key.revoked_at.is_some() {
            Status::Revoked
        } else if now >= key.expires_at {
            Status::Expired
        } else {
            Status::Active
        };
        let networks = key.allowed_networks.as_ref();
        let in_words = |networks: &AllowedNetworks| {
            let networks = networks.networks().iter();
            networks.map(ToString::to_string).collect()
        };
        let (last_used_at, last_used_from) = used
            .map(|used| (used.last_used_at, used.last_used_from))
            .unzip();
        Self {
            id: key.id,
            name: key.name.as_str().to_owned(),
            status,
            rights: key.rights.names(),
            allowed_networks: networks.map(in_words),
            made_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at,
            last_used_from,
        }
    }
}
