//! Signing keys, and the health of the service.

use ats_pat_domain::Timestamp;
use ats_pat_domain::key::StoredSigningKey;
use serde::Serialize;

/// A signing key for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SigningKeyView {
    /// The key's RFC 7638 thumbprint.
    pub kid: String,
    /// `Next`, `Active`, `Retired` or `Destroyed`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub active_from: Timestamp,
    /// When it stops signing.
    pub retired_at: Option<Timestamp>,
}

impl SigningKeyView {
    pub(crate) fn new(key: &StoredSigningKey, now: Timestamp) -> Self {
        Self {
            kid: key.kid.clone(),
            state: key.state(now).as_str(),
            created_at: key.created_at,
            active_from: key.active_from,
            retired_at: key.retired_at,
        }
    }
}

/// A check of the readiness report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HealthCheck {
    /// What was checked, such as `database`.
    pub name: &'static str,
    /// Whether it is healthy.
    pub healthy: bool,
    /// A sentence without secrets.
    pub message: String,
}
