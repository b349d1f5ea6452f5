use blake3::Hash;

use crate::{AuthError, Canonical, RootKeys, versioned};

const VERSION: u8 = 1;

/// A keyed tag over everything of a row that grants rights: who can write to the database, but does not
/// hold the root key, can neither plant such a row nor alter one.
#[derive(Clone, Copy)]
pub struct RowTag(Hash);

impl RowTag {
    /// The length of a stored tag, in bytes: its format version and 32 bytes.
    pub const LENGTH: usize = versioned::LENGTH;

    /// The tag of `row` under `keys`.
    pub fn new(keys: &RootKeys, row: &Canonical) -> Self {
        Self(blake3::keyed_hash(keys.row_tag_key(), row.as_bytes()))
    }

    /// The tag as read from its column; [`AuthError::UnknownFormat`] where a later release wrote it,
    /// [`AuthError::WrongLength`] where it is no tag.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, AuthError> {
        versioned::decode(VERSION, stored).map(Self)
    }

    /// The bytes to store.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        versioned::encode(VERSION, &self.0)
    }

    /// Whether `row` is the row that this tag was made for, under the same keys; else
    /// [`AuthError::RowAltered`]. Takes constant time.
    pub fn verify(&self, keys: &RootKeys, row: &Canonical) -> Result<(), AuthError> {
        if self.0 == Self::new(keys, row).0 {
            Ok(())
        } else {
            Err(AuthError::RowAltered)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RootKey;
    use crate::known_answers::{every_kind, hex, keys};

    #[test]
    fn the_tag_is_what_another_program_computes() {
        assert_eq!(
            hex(&RowTag::new(&keys(), &every_kind()).to_bytes()),
            "0132fee123ddfc33a2bad0a456ef1fc3540420d7ddf4259efbe77df0c7857d8666",
        );
    }

    #[test]
    fn a_row_keeps_its_tag_through_storage() {
        let stored = RowTag::new(&keys(), &every_kind()).to_bytes();
        let read = RowTag::from_bytes(&stored).unwrap();
        assert!(read.verify(&keys(), &every_kind()).is_ok());
    }

    #[test]
    fn an_altered_row_is_refused() {
        let tag = RowTag::new(&keys(), &every_kind());
        for other in [every_kind().bool(false), Canonical::new("users")] {
            let verdict = tag.verify(&keys(), &other);
            assert!(matches!(verdict, Err(AuthError::RowAltered)));
        }
    }

    #[test]
    fn a_tag_under_another_root_is_refused() {
        let others = RootKey::new(1, [1; 32]).derive();
        let verdict = RowTag::new(&others, &every_kind()).verify(&keys(), &every_kind());
        assert!(matches!(verdict, Err(AuthError::RowAltered)));
    }

    #[test]
    fn no_single_bit_of_a_tag_can_change() {
        let stored = RowTag::new(&keys(), &every_kind()).to_bytes();
        for bit in 0..stored.len() * 8 {
            let mut altered = stored;
            altered[bit / 8] ^= 1 << (bit % 8);
            let verdict =
                RowTag::from_bytes(&altered).and_then(|tag| tag.verify(&keys(), &every_kind()));
            if bit < 8 {
                assert!(matches!(verdict, Err(AuthError::UnknownFormat { .. })));
            } else {
                assert!(matches!(verdict, Err(AuthError::RowAltered)));
            }
        }
    }

    #[test]
    fn what_is_no_tag_is_told_from_a_later_format() {
        for wrong in [&[][..], &[1], &[1; 32], &[1; 34]] {
            let read = RowTag::from_bytes(wrong);
            assert!(matches!(read, Err(AuthError::WrongLength { .. })));
        }
        let later = RowTag::from_bytes(&[2; 40]);
        assert!(matches!(
            later,
            Err(AuthError::UnknownFormat { version: 2 })
        ));
    }
}
