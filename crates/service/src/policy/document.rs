//! The policy as its row has it.

use ats_pat_domain::port::StoredPolicy;
use ats_pat_domain::{Policies, PolicyDocument, Problem, Reason};
use serde::{Deserialize, Serialize};

use crate::service::error::Error;

/// What the row of the policy says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) policy: PolicyDocument,
    /// Whether tokens that were made before are cut to it.
    pub(crate) enforce_on_existing: bool,
}

impl Written {
    /// # Errors
    /// [`Problem::ValidationFailed`] for a policy that no row has room for.
    pub(crate) fn to_row(&self) -> Result<StoredPolicy, Error> {
        // Texts, numbers and lists can always be written.
        let document = serde_json::to_string(self).unwrap_or_default();
        if document.len() > StoredPolicy::MAX_BYTES {
            return Err(Problem::validation("Groups", Reason::TooLong).into());
        }
        Ok(StoredPolicy { document })
    }

    /// The policy of a genuine row, and whether tokens of before are cut to it.
    ///
    /// # Errors
    /// [`Error::PolicyMissing`] for a row that a release wrote which knows more.
    pub(crate) fn of_row(row: &StoredPolicy) -> Result<(Policies, bool), Error> {
        let written: Option<Self> = serde_json::from_str(&row.document).ok();
        let read = written.and_then(|written| {
            let policies = written.policy.read().ok()?;
            Some((policies, written.enforce_on_existing))
        });
        read.ok_or(Error::PolicyMissing)
    }
}
