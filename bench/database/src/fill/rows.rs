//! Rows as they are stored, with the tags that make them genuine.
//!
//! The fields of each tag are the service's. The first exchange would refuse a row with another
//! tag.

use ats_pat_auth::{Canonical, Origin, RootKeys, RowTag};
use uuid::Uuid;

/// A table and its columns, in the order of a row's values.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
}

/// The values of one row.
pub type Row = Vec<Value>;

pub enum Value {
    Uuid(Uuid),
    Bytes(Vec<u8>),
    Text(String),
    Number(i64),
    Flag(bool),
    Null,
}

pub const USERS: Table = Table {
    name: "users",
    columns: &[
        "id",
        "name",
        "name_folded",
        "name_key",
        "display_name",
        "kind",
        "password_hash",
        "is_admin",
        "disabled",
        "created_at",
        "key_id",
        "tag",
    ],
};

pub const TOKENS: Table = Table {
    name: "tokens",
    columns: &[
        "id",
        "owner_id",
        "name",
        "name_folded",
        "name_key",
        "description",
        "description_folded",
        "scopes",
        "allowed_networks",
        "generation",
        "created_at",
        "expires_at",
        "regenerated_at",
        "revoked_at",
        "key_id",
        "tag",
    ],
};

pub const SECRETS: Table = Table {
    name: "secrets",
    columns: &[
        "hash",
        "key_id",
        "token_id",
        "generation",
        "slot",
        "valid_until",
        "status_index",
        "tag_key_id",
        "tag",
    ],
};

pub const STATUS_PLACES: Table = Table {
    name: "status_places",
    columns: &[
        "place",
        "token_id",
        "generation",
        "revoked",
        "free_at",
        "key_id",
        "tag",
    ],
};

const FIRST_GENERATION: u32 = 1;
const CURRENT_SLOT: i64 = 1;
/// How long after the end of its personal access token verifiers may accept a token, in
/// milliseconds.
const ACCEPTED_AFTER_END: i64 = 6 * 60_000;
/// The same after the token was revoked: the longest lifetime of an authentication token, and the
/// allowed difference of clocks.
const ACCEPTED_AFTER_REVOCATION: i64 = 66 * 60_000;

/// A person without a password.
pub struct User {
    pub id: Uuid,
    /// It has only characters that folding doesn't change.
    pub name: String,
    pub created_at: i64,
    /// The event that wrote its row.
    pub origin: Origin,
}

impl User {
    pub fn tag(&self, keys: &RootKeys) -> RowTag {
        let canonical = Canonical::new(USERS.name)
            .uuid(self.id.as_bytes())
            .text(&self.name)
            .text("person")
            .optional_text(None)
            .bool(false)
            .bool(false);
        RowTag::new(keys, self.origin, &canonical)
    }

    pub fn row(self, keys: &RootKeys) -> Row {
        let tag = value(self.tag(keys));
        let [folded, key] = folded(&self.name);
        vec![
            Value::Uuid(self.id),
            Value::Text(self.name.clone()),
            folded,
            key,
            Value::Text(self.name),
            Value::Text("person".to_owned()),
            Value::Null,
            Value::Flag(false),
            Value::Flag(false),
            Value::Number(self.created_at),
            Value::Number(keys.key_id().into()),
            tag,
        ]
    }
}

/// A token with all its owner's rights.
pub struct Token {
    pub id: Uuid,
    pub owner: Uuid,
    /// It has only characters that folding doesn't change.
    pub name: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub status_index: i64,
    /// The event that wrote its first rows.
    pub created: Origin,
    /// The time of its revocation, and the event that revoked it.
    pub revoked: Option<(i64, Origin)>,
}

impl Token {
    /// The token before its revocation.
    pub fn when_new(&self) -> Self {
        Self {
            name: self.name.clone(),
            revoked: None,
            ..*self
        }
    }

    fn last_origin(&self) -> Origin {
        self.revoked.map_or(self.created, |(_, origin)| origin)
    }

    pub fn tag(&self, keys: &RootKeys) -> RowTag {
        let canonical = Canonical::new(TOKENS.name)
            .uuid(self.id.as_bytes())
            .uuid(self.owner.as_bytes())
            .u32(FIRST_GENERATION)
            .texts(&["all"])
            .optional_text(None)
            .i64(self.created_at)
            .i64(self.expires_at)
            .optional_i64(None)
            .optional_i64(self.revoked.map(|(at, _)| at));
        RowTag::new(keys, self.last_origin(), &canonical)
    }

    pub fn row(self, keys: &RootKeys) -> Row {
        let tag = value(self.tag(keys));
        let revoked_at = self
            .revoked
            .map_or(Value::Null, |(at, _)| Value::Number(at));
        let [folded, key] = folded(&self.name);
        vec![
            Value::Uuid(self.id),
            Value::Uuid(self.owner),
            Value::Text(self.name),
            folded,
            key,
            Value::Text(String::new()),
            Value::Bytes(Vec::new()),
            Value::Text("all".to_owned()),
            Value::Null,
            Value::Number(FIRST_GENERATION.into()),
            Value::Number(self.created_at),
            Value::Number(self.expires_at),
            Value::Null,
            revoked_at,
            Value::Number(keys.key_id().into()),
            tag,
        ]
    }

    /// The tag of its secret. `hash` is the keyed hash of the secret.
    pub fn secret_tag(&self, hash: &[u8; 32], keys: &RootKeys) -> RowTag {
        let canonical = Canonical::new(SECRETS.name)
            .bytes(hash)
            .i64(keys.key_id().into())
            .uuid(self.id.as_bytes())
            .u32(FIRST_GENERATION)
            .optional_i64(Some(CURRENT_SLOT))
            .optional_i64(None)
            .optional_i64(Some(self.status_index));
        RowTag::new(keys, self.created, &canonical)
    }

    /// The row of its secret.
    pub fn secret_row(&self, hash: &[u8; 32], keys: &RootKeys) -> Row {
        let key_id = i64::from(keys.key_id());
        vec![
            Value::Bytes(hash.to_vec()),
            Value::Number(key_id),
            Value::Uuid(self.id),
            Value::Number(FIRST_GENERATION.into()),
            Value::Number(CURRENT_SLOT),
            Value::Null,
            Value::Number(self.status_index),
            Value::Number(key_id),
            value(self.secret_tag(hash, keys)),
        ]
    }

    /// The time until which its place in the status list is used.
    fn free_at(&self) -> i64 {
        self.revoked
            .map_or(self.expires_at + ACCEPTED_AFTER_END, |(at, _)| {
                at + ACCEPTED_AFTER_REVOCATION
            })
    }

    /// The tag of its place in the status list.
    pub fn status_place_tag(&self, keys: &RootKeys) -> RowTag {
        let canonical = Canonical::new(STATUS_PLACES.name)
            .i64(self.status_index)
            .uuid(self.id.as_bytes())
            .u32(FIRST_GENERATION)
            .bool(self.revoked.is_some())
            .i64(self.free_at());
        RowTag::new(keys, self.last_origin(), &canonical)
    }

    /// The row of its place in the status list.
    pub fn status_place_row(&self, keys: &RootKeys) -> Row {
        vec![
            Value::Number(self.status_index),
            Value::Uuid(self.id),
            Value::Number(FIRST_GENERATION.into()),
            Value::Flag(self.revoked.is_some()),
            Value::Number(self.free_at()),
            Value::Number(keys.key_id().into()),
            value(self.status_place_tag(keys)),
        ]
    }
}

/// The folded form of a name that folding doesn't change, and the key that finds it.
fn folded(name: &str) -> [Value; 2] {
    let key = blake3::hash(name.as_bytes());
    [name.as_bytes(), key.as_bytes()].map(|bytes| Value::Bytes(bytes.to_vec()))
}

fn value(tag: RowTag) -> Value {
    Value::Bytes(tag.to_bytes().to_vec())
}
