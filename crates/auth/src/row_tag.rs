use blake3::{Hash, Hasher};

use crate::{AuthError, Canonical, RootKeys, versioned};

const VERSION: u8 = 2;
const FORMER_VERSION: u8 = 1;

/// The event that wrote a row. The row's tag contains and covers it, so a row tells its place in
/// the event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The id of the event with which the event log last began again, such as the acceptance of a
    /// restore. Zeros if it never did. Numbers of events are unique within an epoch only.
    pub epoch: [u8; 16],
    /// The event's number in the event log.
    pub seq: i64,
    /// The event's id, a UUID.
    pub event: [u8; 16],
}

impl Origin {
    const LENGTH: usize = 40;

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..16].copy_from_slice(&self.epoch);
        bytes[16..24].copy_from_slice(&self.seq.to_le_bytes());
        bytes[24..].copy_from_slice(&self.event);
        bytes
    }

    fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        let [epoch, event] = [0, 24].map(|start| {
            let mut id = [0; 16];
            id.copy_from_slice(&bytes[start..start + 16]);
            id
        });
        let mut seq = [0; 8];
        seq.copy_from_slice(&bytes[16..24]);
        Self {
            epoch,
            seq: i64::from_le_bytes(seq),
            event,
        }
    }
}

/// A keyed tag over everything in a row that grants rights, and over the event that wrote the row.
/// Without the root key, write access to the database is not enough to plant or alter such a row.
#[derive(Clone, Copy)]
pub struct RowTag {
    origin: Origin,
    hash: Hash,
}

impl RowTag {
    /// The length of a stored tag, in bytes: its format version, 40 bytes of the origin, and 32 of
    /// the hash.
    pub const LENGTH: usize = 1 + Origin::LENGTH + blake3::OUT_LEN;

    /// The tag of `row`, as the event `origin` wrote it, under `keys`.
    pub fn new(keys: &RootKeys, origin: Origin, row: &Canonical) -> Self {
        // Nothing can be mistaken for the end of a canonical form, because the form can be read
        // back and its table fixes its fields.
        let mut hasher = Hasher::new_keyed(keys.row_tag_key());
        hasher.update(row.as_bytes()).update(&origin.to_bytes());
        Self {
            origin,
            hash: hasher.finalize(),
        }
    }

    /// The tag as read from its column. [`AuthError::UnknownFormat`] if another release wrote it,
    /// [`AuthError::WrongLength`] if it is not a tag.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, AuthError> {
        if let Some(version) = stored.first().filter(|version| **version != VERSION) {
            return Err(AuthError::UnknownFormat { version: *version });
        }
        let stored: &[u8; Self::LENGTH] =
            stored.try_into().map_err(|_| AuthError::WrongLength {
                expected: Self::LENGTH,
                found: stored.len(),
            })?;
        let mut origin = [0; Origin::LENGTH];
        origin.copy_from_slice(&stored[1..=Origin::LENGTH]);
        let mut hash = [0; blake3::OUT_LEN];
        hash.copy_from_slice(&stored[1 + Origin::LENGTH..]);
        Ok(Self {
            origin: Origin::from_bytes(&origin),
            hash: hash.into(),
        })
    }

    /// The bytes to store.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [VERSION; Self::LENGTH];
        bytes[1..=Origin::LENGTH].copy_from_slice(&self.origin.to_bytes());
        bytes[1 + Origin::LENGTH..].copy_from_slice(self.hash.as_bytes());
        bytes
    }

    /// The event that wrote the row, as the tag says. Don't use it before the tag was verified.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The keyed hash alone. The event holds it for the row that it wrote.
    pub fn hash(&self) -> &[u8; 32] {
        self.hash.as_bytes()
    }

    /// Verifies that this tag was made for `row`, under the same keys; otherwise
    /// [`AuthError::RowAltered`]. Takes constant time.
    pub fn verify(&self, keys: &RootKeys, row: &Canonical) -> Result<(), AuthError> {
        if self.hash == Self::new(keys, self.origin, row).hash {
            Ok(())
        } else {
            Err(AuthError::RowAltered)
        }
    }
}

/// The tag of the first releases. It doesn't say which event wrote the row. It grants nothing, and
/// an upgrade replaces it.
#[derive(Clone, Copy)]
pub struct FormerRowTag(Hash);

impl FormerRowTag {
    /// The tag of `row` under `keys`.
    pub fn new(keys: &RootKeys, row: &Canonical) -> Self {
        Self(blake3::keyed_hash(
            keys.former_row_tag_key(),
            row.as_bytes(),
        ))
    }

    /// The bytes that were stored.
    pub fn to_bytes(self) -> [u8; versioned::LENGTH] {
        versioned::encode(FORMER_VERSION, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RootKey;
    use crate::known_answers::{every_kind, hex, keys};

    const ORIGIN: Origin = Origin {
        epoch: [3; 16],
        seq: 258,
        event: [5; 16],
    };

    fn tag() -> RowTag {
        RowTag::new(&keys(), ORIGIN, &every_kind())
    }

    #[test]
    fn the_tag_is_what_another_program_computes() {
        assert_eq!(
            hex(&tag().to_bytes()),
            "02030303030303030303030303030303030201000000000000050505050505050505050505050505050de9bd68b75101305527cf6341c9060828f8e37656752ebe74d3ad2e3c2ef1d9"
        );
        assert_eq!(
            hex(&FormerRowTag::new(&keys(), &every_kind()).to_bytes()),
            "0132fee123ddfc33a2bad0a456ef1fc3540420d7ddf4259efbe77df0c7857d8666",
        );
    }

    #[test]
    fn a_row_keeps_its_tag_through_storage() {
        let read = RowTag::from_bytes(&tag().to_bytes()).unwrap();
        assert!(read.verify(&keys(), &every_kind()).is_ok());
        assert_eq!(read.origin(), ORIGIN);
        assert_eq!(read.hash(), tag().hash());
    }

    #[test]
    fn an_altered_row_is_refused() {
        for other in [every_kind().bool(false), Canonical::new("users")] {
            let verdict = tag().verify(&keys(), &other);
            assert!(matches!(verdict, Err(AuthError::RowAltered)));
        }
    }

    #[test]
    fn a_tag_under_another_root_is_refused() {
        let others = RootKey::new(1, [1; 32]).derive();
        let verdict = RowTag::new(&others, ORIGIN, &every_kind()).verify(&keys(), &every_kind());
        assert!(matches!(verdict, Err(AuthError::RowAltered)));
    }

    #[test]
    fn no_single_bit_of_a_tag_can_change() {
        let stored = tag().to_bytes();
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
    fn what_is_no_tag_is_told_from_another_format() {
        for wrong in [&[][..], &[2], &[2; 72], &[2; 74]] {
            let read = RowTag::from_bytes(wrong);
            assert!(matches!(read, Err(AuthError::WrongLength { .. })));
        }
        let former = FormerRowTag::new(&keys(), &every_kind()).to_bytes();
        for (other, version) in [(&former[..], 1), (&[3; 40], 3)] {
            let read = RowTag::from_bytes(other);
            assert!(
                matches!(read, Err(AuthError::UnknownFormat { version: found }) if found == version)
            );
        }
    }
}
