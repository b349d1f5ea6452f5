//! A sealed blob is a format version, the id of the master key, a nonce, and the ciphertext with
//! its Poly1305 tag (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha). The tag also authenticates the
//! row that the blob was sealed for, and the blob's own head.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use zeroize::Zeroizing;

use crate::master_key::MasterKey;
use crate::{AuthError, Canonical, MasterKeyId, MasterKeys};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

impl MasterKeys {
    /// Seals `plaintext` under the first key. `sealed_for` names the row that the blob belongs to.
    /// The blob can't be opened for another row. `nonce` is 24 random bytes that are never used
    /// again.
    pub fn seal(&self, plaintext: &[u8], sealed_for: &Canonical, nonce: [u8; NONCE]) -> Vec<u8> {
        let head = Head {
            master_key: *self.first.id.as_bytes(),
            nonce,
        };
        let ciphertext = cipher(&self.first).encrypt(
            &nonce.into(),
            Payload {
                msg: plaintext,
                aad: &head.authenticated_with(sealed_for),
            },
        );
        // XChaCha20-Poly1305 fails only beyond 256 GiB, more than a slice of this service can have.
        #[expect(clippy::expect_used, reason = "the line above")]
        let ciphertext = ciphertext.expect("keys are shorter than 256 GiB");
        let mut blob = head.to_bytes().to_vec();
        blob.extend_from_slice(&ciphertext);
        blob
    }

    /// Opens what [`seal`](Self::seal) sealed.
    ///
    /// [`AuthError::WrongMasterKey`] if neither key of the file sealed it,
    /// [`AuthError::SealedAltered`] if the blob was altered or is opened for another row,
    /// [`AuthError::UnknownFormat`] if a later release sealed it.
    pub fn open(
        &self,
        blob: &[u8],
        sealed_for: &Canonical,
    ) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        let (head, ciphertext) = Head::split(blob)?;
        let key = [Some(&self.first), self.second.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| *key.id.as_bytes() == head.master_key)
            .ok_or(AuthError::WrongMasterKey)?;
        cipher(key)
            .decrypt(
                &head.nonce.into(),
                Payload {
                    msg: ciphertext,
                    aad: &head.authenticated_with(sealed_for),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| AuthError::SealedAltered)
    }

    /// Whether the first key sealed this. If not, it is due to be opened and sealed again. This
    /// looks only at the blob's head and proves nothing.
    pub fn sealed_under_first(&self, blob: &[u8]) -> bool {
        Head::split(blob).is_ok_and(|(head, _)| head.master_key == *self.first.id.as_bytes())
    }

    /// Whether the second key sealed this, as far as the blob's head tells.
    pub fn sealed_under_second(&self, blob: &[u8]) -> bool {
        let second = self.second.as_ref().map(|key| *key.id.as_bytes());
        Head::split(blob).is_ok_and(|(head, _)| Some(head.master_key) == second)
    }

    /// Whether there is a second key.
    pub fn has_second(&self) -> bool {
        self.second.is_some()
    }
}

struct Head {
    master_key: [u8; MasterKeyId::LENGTH],
    nonce: [u8; NONCE],
}

impl Head {
    const LENGTH: usize = 1 + MasterKeyId::LENGTH + NONCE;

    fn split(blob: &[u8]) -> Result<(Self, &[u8]), AuthError> {
        let (version, rest) = blob.split_first().ok_or(AuthError::SealedAltered)?;
        if *version != VERSION {
            return Err(AuthError::UnknownFormat { version: *version });
        }
        let (master_key, rest) = rest.split_first_chunk().ok_or(AuthError::SealedAltered)?;
        let (nonce, ciphertext) = rest.split_first_chunk().ok_or(AuthError::SealedAltered)?;
        if ciphertext.len() < TAG {
            return Err(AuthError::SealedAltered);
        }
        let head = Self {
            master_key: *master_key,
            nonce: *nonce,
        };
        Ok((head, ciphertext))
    }

    fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [VERSION; Self::LENGTH];
        bytes[1..=MasterKeyId::LENGTH].copy_from_slice(&self.master_key);
        bytes[1 + MasterKeyId::LENGTH..].copy_from_slice(&self.nonce);
        bytes
    }

    /// The head has a fixed length, so it can't run into what follows.
    fn authenticated_with(&self, sealed_for: &Canonical) -> Vec<u8> {
        [&self.to_bytes(), sealed_for.as_bytes()].concat()
    }
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.sealing_key().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known_answers::{every_kind, hex};

    fn master() -> MasterKeys {
        MasterKeys::new([1; 32], None)
    }

    fn sealed() -> Vec<u8> {
        let nonce = std::array::from_fn(|index| u8::try_from(index).unwrap());
        master().seal(b"sealed secret", &every_kind(), nonce)
    }

    /// By Python's `blake3`, HChaCha20 by hand, and `cryptography`'s ChaCha20-Poly1305.
    #[test]
    fn a_blob_is_what_another_program_computes() {
        assert_eq!(
            hex(&sealed()),
            "0153e71dc21b545628000102030405060708090a0b0c0d0e0f1011121314151617\
             ba35518602169019b29b32677b112ab71ea3c4cfb007affec3109d68b7",
        );
    }

    #[test]
    fn a_blob_opens_for_its_row_only() {
        let opened = master().open(&sealed(), &every_kind()).unwrap();
        assert_eq!(opened.as_slice(), b"sealed secret");
        for other in [every_kind().bool(true), Canonical::new("users")] {
            let opened = master().open(&sealed(), &other);
            assert!(matches!(opened, Err(AuthError::SealedAltered)));
        }
    }

    #[test]
    fn no_single_bit_of_a_blob_can_change() {
        let blob = sealed();
        for bit in 0..blob.len() * 8 {
            let mut altered = blob.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let refusal = master().open(&altered, &every_kind()).unwrap_err();
            match bit / 8 {
                0 => assert!(matches!(refusal, AuthError::UnknownFormat { .. })),
                1..=MasterKeyId::LENGTH => assert!(matches!(refusal, AuthError::WrongMasterKey)),
                _ => assert!(matches!(refusal, AuthError::SealedAltered)),
            }
        }
    }

    #[test]
    fn no_blob_can_be_cut_or_lengthened() {
        let blob = sealed();
        for length in 0..blob.len() {
            let opened = master().open(&blob[..length], &every_kind());
            assert!(matches!(opened, Err(AuthError::SealedAltered)), "{length}");
        }
        let opened = master().open(&[&blob[..], &[0]].concat(), &every_kind());
        assert!(matches!(opened, Err(AuthError::SealedAltered)));
    }

    #[test]
    fn a_master_key_is_changed_in_two_steps() {
        let [old, new] = [[1; 32], [2; 32]];
        let both = MasterKeys::new(new, Some(old));
        assert!(!both.sealed_under_first(&sealed()));
        assert!(both.sealed_under_second(&sealed()));

        let opened = both.open(&sealed(), &every_kind()).unwrap();
        let sealed_anew = both.seal(&opened, &every_kind(), [3; 24]);
        assert!(both.sealed_under_first(&sealed_anew));
        assert!(!both.sealed_under_second(&sealed_anew));

        let only_new = MasterKeys::new(new, None);
        assert_eq!(
            *only_new.open(&sealed_anew, &every_kind()).unwrap(),
            *opened
        );
        let too_early = only_new.open(&sealed(), &every_kind());
        assert!(matches!(too_early, Err(AuthError::WrongMasterKey)));
    }

    #[test]
    fn what_is_no_blob_is_not_sealed_under_the_first_key() {
        assert!(!master().sealed_under_first(&[]));
        assert!(!master().sealed_under_first(&sealed()[..20]));
        assert!(master().sealed_under_first(&sealed()));
    }
}
