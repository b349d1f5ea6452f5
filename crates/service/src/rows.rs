//! Which fields of a row its tag covers, and checking it.

use ats_pat_auth::{Canonical, RootKeys, RowTag};
use ats_pat_domain::key::StoredSigningKey;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::SetupLink;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::{KeyId, Tag};
use ats_pat_domain::{Session, StatusPlace, Tagged, Timestamp, Token, User};

use crate::error::Error;

/// A row that grants rights.
pub(crate) trait Row {
    const TABLE: &'static str;
    /// What names the row in events and errors; never a secret.
    fn row_id(&self) -> String;
    fn canonical(&self) -> Canonical;
}

impl Row for User {
    const TABLE: &'static str = "users";

    fn row_id(&self) -> String {
        self.id.to_string()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .text(self.name.as_str())
            .text(self.kind.as_str())
            .optional_text(self.password_hash.as_deref())
            .bool(self.is_administrator)
            .bool(self.disabled)
    }
}

impl Row for Session {
    const TABLE: &'static str = "sessions";

    fn row_id(&self) -> String {
        hex(&self.id_hash)
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.id_hash)
            .uuid(self.user_id.as_uuid().as_bytes())
            .i64(self.created_at.as_millis())
            .i64(self.ends_at.as_millis())
    }
}

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
        Canonical::new(Self::TABLE)
            .uuid(self.id.as_uuid().as_bytes())
            .uuid(self.owner_id.as_uuid().as_bytes())
            .u32(self.generation)
            .texts(self.scopes.names())
            .optional_text(networks.as_deref())
            .i64(self.created_at.as_millis())
            .i64(self.expires_at.as_millis())
            .optional_i64(self.regenerated_at.map(Timestamp::as_millis))
            .optional_i64(self.revoked_at.map(Timestamp::as_millis))
    }
}

impl Row for Secret {
    const TABLE: &'static str = "secrets";

    fn row_id(&self) -> String {
        format!("{}/{}", self.token_id, self.generation)
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.hash)
            .i64(self.key_id.0.into())
            .uuid(self.token_id.as_uuid().as_bytes())
            .u32(self.generation)
            .optional_i64(self.slot.map(Slot::as_number).map(Into::into))
            .optional_i64(self.valid_until.map(Timestamp::as_millis))
            .optional_i64(self.status_index.map(u64::cast_signed))
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
}

impl Row for StoredSigningKey {
    const TABLE: &'static str = "signing_keys";

    fn row_id(&self) -> String {
        self.kid.clone()
    }

    fn canonical(&self) -> Canonical {
        // The sealed part is authenticated by its own seal, and changes when it is sealed anew.
        Canonical::new(Self::TABLE)
            .text(&self.kid)
            .text(&self.algorithm)
            .bytes(&self.public)
            .bool(self.sealed.is_some())
            .i64(self.created_at.as_millis())
            .i64(self.active_from.as_millis())
            .optional_i64(self.retired_at.map(Timestamp::as_millis))
    }
}

impl Row for SetupLink {
    const TABLE: &'static str = "setup_link";

    fn row_id(&self) -> String {
        "1".to_owned()
    }

    fn canonical(&self) -> Canonical {
        Canonical::new(Self::TABLE)
            .bytes(&self.code_hash)
            .i64(self.key_id.0.into())
            .i64(self.expires_at.as_millis())
    }
}

/// The keys of every root, the newest last.
pub(crate) struct Roots(Vec<RootKeys>);

impl Roots {
    /// `keys` must not be empty.
    pub(crate) fn new(first: RootKeys, others: impl IntoIterator<Item = RootKeys>) -> Self {
        let mut keys: Vec<RootKeys> = std::iter::once(first).chain(others).collect();
        keys.sort_by_key(RootKeys::key_id);
        Self(keys)
    }

    /// What new hashes and tags are made with.
    pub(crate) fn current(&self) -> &RootKeys {
        &self.0[self.0.len() - 1]
    }

    pub(crate) fn current_id(&self) -> KeyId {
        KeyId(self.current().key_id())
    }

    /// From the newest to the oldest.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &RootKeys> {
        self.0.iter().rev()
    }

    pub(crate) fn by_id(&self, id: KeyId) -> Option<&RootKeys> {
        self.0.iter().find(|keys| keys.key_id() == id.0)
    }

    /// Tags a row with the current root.
    pub(crate) fn tag<R: Row>(&self, row: R) -> Tagged<R> {
        let bytes = RowTag::new(self.current(), &row.canonical())
            .to_bytes()
            .to_vec();
        let tag = Tag {
            key_id: self.current_id(),
            bytes,
        };
        Tagged { row, tag }
    }

    /// Gives the row if its tag proves that this service wrote it as it is.
    pub(crate) fn check<R: Row>(&self, tagged: Tagged<R>) -> Result<R, Error> {
        if self.is_genuine(&tagged) {
            return Ok(tagged.row);
        }
        let id = tagged.row.row_id();
        tracing::error!(
            table = R::TABLE,
            id,
            "a row fails its tag: it was altered behind the program's back"
        );
        Err(Error::Tampered {
            table: R::TABLE,
            id,
        })
    }

    /// As [`Self::check`], of the user who was looked up by a folded name: the column that was searched is
    /// derived, so it is not the tag's to cover.
    pub(crate) fn check_named(&self, tagged: Tagged<User>, folded: &str) -> Result<User, Error> {
        let user = self.check(tagged)?;
        if user.name.folded() == folded {
            return Ok(user);
        }
        let id = user.row_id();
        tracing::error!(
            id,
            "a user stands under another's name: the row was altered behind the program's back"
        );
        Err(Error::Tampered {
            table: User::TABLE,
            id,
        })
    }

    pub(crate) fn is_genuine<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        self.by_id(tagged.tag.key_id).is_some_and(|keys| {
            RowTag::from_bytes(&tagged.tag.bytes)
                .is_ok_and(|tag| tag.verify(keys, &tagged.row.canonical()).is_ok())
        })
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
