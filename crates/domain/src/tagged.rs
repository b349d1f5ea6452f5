//! Rows with their tags.

/// Names the root key under which a hash or a tag was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub i32);

/// The keyed tag of a row that grants rights: it fails for a row that was planted or altered by
/// somebody who can only write to the database. Made and checked by `ats-pat-auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The root key of the tag.
    pub key_id: KeyId,
    /// Format version and keyed hash.
    pub bytes: Vec<u8>,
}

/// A row as it stands in the database: to be trusted only after its tag was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged<T> {
    /// The row.
    pub row: T,
    /// Its tag.
    pub tag: Tag,
}
