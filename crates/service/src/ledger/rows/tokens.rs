//! Personal access tokens, their secrets, and places in the status list.

use ats_pat_auth::Canonical;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::RowKey;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{StatusPlace, Timestamp, Token};

use super::{Grants, Row};

impl Row for Token {
    const TABLE: &'static str = "tokens";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        let networks = self
            .allowed_networks
            .as_ref()
            .map(AllowedNetworks::to_stored);
        let canonical = Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .uuid(self.owner_id.as_uuid().as_bytes())
            .u32(self.generation)
            .texts(self.scopes.names())
            .optional_text(networks.as_deref())
            .i64(self.created_at.as_millis())
            .i64(self.expires_at.as_millis())
            .optional_i64(self.regenerated_at.map(Timestamp::as_millis))
            .optional_i64(self.revoked_at.map(Timestamp::as_millis));
        // Tags of earlier releases, which had no such field, must stay valid.
        match self.regenerates_until {
            Some(until) => canonical.text("regenerates_until").i64(until.as_millis()),
            None => canonical,
        }
    }

    fn grants(&self) -> Grants {
        Grants::Until(self.expires_at)
    }

    fn key(&self) -> RowKey {
        RowKey::Token(self.id)
    }
}

impl Row for Secret {
    const TABLE: &'static str = "secrets";

    fn row_id(&self) -> String {
        format!("{}/{}", self.token_id, self.generation)
    }

    fn canonical(&self) -> Canonical {
        let mut canonical = Canonical::new(Self::TABLE)
            .bytes(&self.hash)
            .i64(self.key_id.0.into())
            .uuid(self.token_id.as_uuid().as_bytes())
            .u32(self.generation)
            .optional_i64(self.slot.map(Slot::as_number).map(Into::into))
            .optional_i64(self.valid_until.map(Timestamp::as_millis))
            .optional_i64(self.status_index.map(u64::cast_signed));
        // Tags of earlier releases, which had no such fields, must stay valid.
        if self.ends_overlap {
            canonical = canonical.bool(true);
        }
        if let Some(until) = self.renews_until {
            canonical = canonical.text("renews_until").i64(until.as_millis());
        }
        if self.may_revoke {
            canonical = canonical.text("may_revoke");
        }
        canonical
    }

    fn grants(&self) -> Grants {
        match (self.slot, self.valid_until) {
            // When the secret is confirmed, the token may live longer than now.
            (Some(Slot::Unconfirmed), Some(until)) => Grants::Until(until),
            (Some(_), _) => Grants::WithToken(self.token_id),
            (None, _) => Grants::Nothing,
        }
    }

    fn key(&self) -> RowKey {
        RowKey::Secret(self.hash)
    }
}

impl Row for StatusPlace {
    const TABLE: &'static str = "status_places";

    fn row_id(&self) -> String {
        self.index.to_string()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .i64(self.index.cast_signed())
            .uuid(self.token_id.as_uuid().as_bytes())
            .u32(self.generation)
            .bool(self.revoked)
            .i64(self.free_at.as_millis())
    }

    fn grants(&self) -> Grants {
        // The status list is built from the event log only.
        Grants::Nothing
    }

    fn key(&self) -> RowKey {
        RowKey::StatusPlace(self.index)
    }
}
