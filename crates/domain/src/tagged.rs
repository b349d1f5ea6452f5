//! Rows with their tags.

/// Identifies the root key that a hash or a tag was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub i32);

/// The keyed tag of a row that grants rights. It doesn't match a row that somebody planted or
/// altered with write access to the database alone. `ats-pat-auth` makes and checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The root key of the tag.
    pub key_id: KeyId,
    /// Format version and keyed hash.
    pub bytes: Vec<u8>,
}

/// A row as the database has it. Check its tag before you trust it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged<T> {
    /// What the row says, which the tag has to confirm.
    pub row: T,
    /// The tag that the database has for the row.
    pub tag: Tag,
}
