//! What the tag of a signing key covers.

use ats_pat_auth::Canonical;
use ats_pat_domain::Timestamp;
use ats_pat_domain::key::StoredSigningKey;
use ats_pat_domain::port::RowKey;

use super::{Grants, Row};

impl Row for StoredSigningKey {
    const TABLE: &'static str = "signing_keys";

    fn row_id(&self) -> String {
        self.kid.clone()
    }

    fn canonical(&self) -> Canonical {
        // The sealed part is not covered, because its seal authenticates it, and changes when it is
        // sealed again.
        Canonical::new(Self::TABLE)
            .text(&self.kid)
            .text(&self.algorithm)
            .bytes(&self.public)
            .bool(self.sealed.is_some())
            .i64(self.created_at.as_millis())
            .i64(self.active_from.as_millis())
            .optional_i64(self.retired_at.map(Timestamp::as_millis))
    }

    fn grants(&self) -> Grants {
        Grants::ForEver
    }

    fn key(&self) -> RowKey {
        RowKey::SigningKey(self.kid.clone())
    }
}
