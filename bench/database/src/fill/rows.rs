//! Rows as they are stored, with the tags that make them genuine.
//!
//! The fields of each tag are those of the service; a row with another tag would be refused by the first exchange.

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
/// Verifiers may accept a token until then after the end of its personal access token, in milliseconds.
const ACCEPTED_AFTER_END: i64 = 6 * 60_000;

/// A person without a password.
pub struct User {
    pub id: Uuid,
    /// Of characters that folding leaves alone.
    pub name: String,
    pub created_at: i64,
}

impl User {
    pub fn row(self, keys: &RootKeys) -> Row {
        let canonical = Canonical::new(USERS.name)
            .uuid(self.id.as_bytes())
            .text(&self.name)
            .text("person")
            .optional_text(None)
            .bool(false)
            .bool(false);
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
            tag(keys, &canonical),
        ]
    }
}

/// An active token with all its owner's rights.
pub struct Token {
    pub id: Uuid,
    pub owner: Uuid,
    /// Of characters that folding leaves alone.
    pub name: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub status_index: i64,
}

impl Token {
    pub fn row(self, keys: &RootKeys) -> Row {
        let canonical = Canonical::new(TOKENS.name)
            .uuid(self.id.as_bytes())
            .uuid(self.owner.as_bytes())
            .u32(FIRST_GENERATION)
            .texts(&["all"])
            .optional_text(None)
            .i64(self.created_at)
            .i64(self.expires_at)
            .optional_i64(None)
            .optional_i64(None);
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
            Value::Null,
            Value::Number(keys.key_id().into()),
            tag(keys, &canonical),
        ]
    }

    /// The row of its secret, of which this is the keyed hash.
    pub fn secret_row(&self, hash: &[u8; 32], keys: &RootKeys) -> Row {
        let key_id = i64::from(keys.key_id());
        let canonical = Canonical::new(SECRETS.name)
            .bytes(hash)
            .i64(key_id)
            .uuid(self.id.as_bytes())
            .u32(FIRST_GENERATION)
            .optional_i64(Some(CURRENT_SLOT))
            .optional_i64(None)
            .optional_i64(Some(self.status_index));
        vec![
            Value::Bytes(hash.to_vec()),
            Value::Number(key_id),
            Value::Uuid(self.id),
            Value::Number(FIRST_GENERATION.into()),
            Value::Number(CURRENT_SLOT),
            Value::Null,
            Value::Number(self.status_index),
            Value::Number(key_id),
            tag(keys, &canonical),
        ]
    }

    /// The row of its place in the status list.
    pub fn status_place_row(&self, keys: &RootKeys) -> Row {
        let free_at = self.expires_at + ACCEPTED_AFTER_END;
        let canonical = Canonical::new(STATUS_PLACES.name)
            .i64(self.status_index)
            .uuid(self.id.as_bytes())
            .u32(FIRST_GENERATION)
            .bool(false)
            .i64(free_at);
        vec![
            Value::Number(self.status_index),
            Value::Uuid(self.id),
            Value::Number(FIRST_GENERATION.into()),
            Value::Flag(false),
            Value::Number(free_at),
            Value::Number(keys.key_id().into()),
            tag(keys, &canonical),
        ]
    }
}

/// The folded form of a name that folding leaves alone, and the key that it is found by.
fn folded(name: &str) -> [Value; 2] {
    let key = blake3::hash(name.as_bytes());
    [name.as_bytes(), key.as_bytes()].map(|bytes| Value::Bytes(bytes.to_vec()))
}

/// The filler writes no events: its rows say that the first one wrote them, which is in every log.
const FIRST_EVENT: Origin = Origin {
    epoch: [0; 16],
    seq: 1,
    event: [0; 16],
};

fn tag(keys: &RootKeys, canonical: &Canonical) -> Value {
    Value::Bytes(
        RowTag::new(keys, FIRST_EVENT, canonical)
            .to_bytes()
            .to_vec(),
    )
}
