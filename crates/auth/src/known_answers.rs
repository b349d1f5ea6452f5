//! The inputs of the known answers. An independent program computed the answers: Python's `blake3`
//! and `struct`.

use std::fmt::Write as _;

use crate::{Canonical, RootKey, RootKeys};

/// The keys of the root 00 01 02 … 1f.
pub(crate) fn keys() -> RootKeys {
    let root = std::array::from_fn(|index| u8::try_from(index).unwrap());
    RootKey::new(1, root).derive()
}

/// A row with every kind of field.
pub(crate) fn every_kind() -> Canonical {
    Canonical::new("users")
        .uuid(&[7; 16])
        .text("zoë")
        .optional_text(None)
        .bytes(&[0, 255])
        .i64(-5)
        .u32(3)
        .bool(true)
        .texts(&["a", "bc"])
        .optional_i64(None)
        .optional_bytes(None)
        .optional_u32(None)
        .optional_bool(None)
        .optional_uuid(None)
        .optional_texts::<&str>(None)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
