//! The keys of one backup file, and the cipher of its chunks.
//!
//! Each file has keys of its own, which follow from a master key and the file's salt. So a chunk is
//! named by its number alone: the nonce is the number and a mark on the last one (the STREAM
//! construction of Hoang, Reyhanitabar, Rogaway and Vizár). A chunk that was altered, moved, left
//! out, or taken from another file doesn't open, and neither does a file without its last chunk.

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::Zeroizing;

use crate::master_key::MasterKey;
use crate::{AuthError, KeyedHash, MasterKeyId, MasterKeys};

const LENGTH: usize = 32;

// These contexts never change. With another one, no backup made before could be opened.
const CONTENT: &[u8] = b"content";
const HEAD: &[u8] = b"head";

/// Seals and opens the chunks of one backup file, and its head.
pub struct BackupCipher {
    content: SecretBox<[u8; LENGTH]>,
    head: SecretBox<[u8; LENGTH]>,
}

impl MasterKeys {
    /// The cipher of a new backup file, by the first key. `salt` is 32 random bytes that are never
    /// used again.
    pub fn cipher_of_new_backup(&self, salt: &[u8; 32]) -> BackupCipher {
        BackupCipher::new(&self.first, salt)
    }

    /// The cipher of a backup file that the master key `id` sealed.
    ///
    /// # Errors
    /// [`AuthError::WrongMasterKey`].
    pub fn cipher_of_backup(
        &self,
        id: MasterKeyId,
        salt: &[u8; 32],
    ) -> Result<BackupCipher, AuthError> {
        [Some(&self.first), self.second.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.id == id)
            .map(|key| BackupCipher::new(key, salt))
            .ok_or(AuthError::WrongMasterKey)
    }
}

impl BackupCipher {
    /// How many bytes a sealed chunk is longer than its content.
    pub const OVERHEAD: usize = 16;

    fn new(key: &MasterKey, salt: &[u8; 32]) -> Self {
        let derived = |part: &[u8]| {
            SecretBox::init_with_mut(|bytes: &mut [u8; LENGTH]| {
                let mut hasher = blake3::Hasher::new_keyed(key.backup_key());
                hasher.update(salt).update(part);
                *bytes = hasher.finalize().into();
            })
        };
        Self {
            content: derived(CONTENT),
            head: derived(HEAD),
        }
    }

    /// Seals the chunk `number`, counted from 0. A file has each number once, and one last chunk.
    pub fn seal(&self, number: u64, is_last: bool, content: &[u8]) -> Vec<u8> {
        let sealed = self
            .cipher()
            .encrypt(&nonce(number, is_last).into(), content);
        // XChaCha20-Poly1305 fails only beyond 256 GiB.
        #[expect(clippy::expect_used, reason = "the line above")]
        let sealed = sealed.expect("chunks are shorter than 256 GiB");
        sealed
    }

    /// Opens what [`seal`](Self::seal) sealed as this chunk.
    ///
    /// # Errors
    /// [`AuthError::SealedAltered`].
    pub fn open(
        &self,
        number: u64,
        is_last: bool,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        self.cipher()
            .decrypt(&nonce(number, is_last).into(), sealed)
            .map(Zeroizing::new)
            .map_err(|_| AuthError::SealedAltered)
    }

    /// The hash that proves that a holder of the master key wrote this head of the file.
    pub fn hash_head(&self, head: &[u8]) -> KeyedHash {
        blake3::keyed_hash(self.head.expose_secret(), head).into()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.content.expose_secret().into())
    }
}

fn nonce(number: u64, is_last: bool) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    nonce[8] = u8::from(is_last);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known_answers::hex;

    fn master() -> MasterKeys {
        MasterKeys::new([1; 32], None)
    }

    #[test]
    fn a_chunk_opens_only_as_itself_and_in_its_file() {
        let cipher = master().cipher_of_new_backup(&[7; 32]);
        let sealed = cipher.seal(3, false, b"content");
        assert_eq!(sealed.len(), 7 + BackupCipher::OVERHEAD);
        assert_eq!(*cipher.open(3, false, &sealed).unwrap(), b"content");
        let other = master().cipher_of_new_backup(&[8; 32]);
        for opened in [
            cipher.open(2, false, &sealed),
            cipher.open(3, true, &sealed),
            cipher.open(3, false, &sealed[1..]),
            other.open(3, false, &sealed),
        ] {
            assert!(matches!(opened, Err(AuthError::SealedAltered)));
        }
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(cipher.open(3, false, &altered).is_err());
        }
    }

    #[test]
    fn either_key_of_the_file_opens_a_backup_and_no_other() {
        let old = MasterKeys::new([1; 32], None);
        let sealed = old.cipher_of_new_backup(&[7; 32]).seal(0, true, b"content");
        let both = MasterKeys::new([2; 32], Some([1; 32]));
        let cipher = both.cipher_of_backup(old.first_id(), &[7; 32]).unwrap();
        assert_eq!(*cipher.open(0, true, &sealed).unwrap(), b"content");
        let other = MasterKeys::new([2; 32], None);
        let refused = other.cipher_of_backup(old.first_id(), &[7; 32]);
        assert!(matches!(refused.map(drop), Err(AuthError::WrongMasterKey)));
    }

    /// By BLAKE3, HChaCha20 and ChaCha20-Poly1305 written in Python. Backups of earlier releases
    /// must open.
    #[test]
    fn a_chunk_is_what_another_program_computes() {
        let cipher = master().cipher_of_new_backup(&[7; 32]);
        assert_eq!(
            hex(&cipher.seal(1, true, b"abc")),
            "ee430c52c6c9e52e6a797b56eb09ab55fe9124"
        );
        assert_eq!(
            hex(cipher.hash_head(b"abc").as_bytes()),
            "4943585c022336664526fd78b101606c60e8ba6c9a50a1314a35c43c8ca68365"
        );
    }
}
