//! Operator keys, groups of the company's directory, and the policy.

use ats_pat_auth::Canonical;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::{RowKey, StoredPolicy};
use ats_pat_domain::{DirectoryGroup, OperatorKey, Subject, Timestamp};

use super::{Grants, Row};

impl Row for OperatorKey {
    const TABLE: &'static str = "operator_keys";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        let networks = self
            .allowed_networks
            .as_ref()
            .map(AllowedNetworks::to_stored);
        let rights: Vec<String> = self.rights.names().into_iter().map(Into::into).collect();
        let canonical = Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .bytes(&self.hash)
            .i64(self.key_id.0.into())
            .text(self.name.as_str())
            .texts(&rights)
            .optional_text(networks.as_deref())
            .i64(self.created_at.as_millis())
            .i64(self.expires_at.as_millis())
            .optional_i64(self.revoked_at.map(Timestamp::as_millis));
        match self.made_by {
            Some(user) => canonical.uuid(user.as_uuid().as_bytes()),
            None => canonical,
        }
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.expires_at)
    }

    fn key(&self) -> RowKey {
        RowKey::OperatorKey(self.id)
    }
}

impl Row for DirectoryGroup {
    const TABLE: &'static str = "directory_groups";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    /// The directory finds groups by their names, so a name decides who becomes a member of what.
    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .text(self.display_name.as_str())
            .optional_text(self.external_id.as_ref().map(Subject::as_str))
            .i64(self.created_at.as_millis())
            .i64(self.updated_at.as_millis())
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::DirectoryGroup(self.id)
    }
}

impl Row for StoredPolicy {
    const TABLE: &'static str = "policy";

    fn row_id(&self) -> String {
        THE_POLICY.to_owned()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE).text(&self.document)
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::Policy
    }
}

/// The id of the only row of `policy`.
pub(crate) const THE_POLICY: &str = "1";
