use ats_pat_token::{OperatorKeySecret, PersonalAccessToken};
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::archive_hasher::ArchiveHasher;
use crate::{AuthError, Canonical, KeyedHash, MasterKeys, SessionId, SetupCode};

const LENGTH: usize = 32;

// These contexts never change. With another one, every hash made before would be void.
const PERSONAL_ACCESS_TOKEN: &str = "ATS PAT 2026-11 personal access token hash v1";
const OPERATOR_KEY: &str = "ATS PAT 2026-11 operator key hash v1";
const SESSION_ID: &str = "ATS PAT 2026-11 session id hash v1";
const PROVIDER_FLOW: &str = "ATS PAT 2026-11 provider sign-in flow v1";
const PROVIDER_SESSION: &str = "ATS PAT 2026-11 provider session hash v1";
const SETUP_CODE: &str = "ATS PAT 2026-11 set-up code hash v1";
const FORM_KEY: &str = "ATS PAT 2026-11 form key hash v1";
const REQUEST: &str = "ATS PAT 2026-11 request hash v1";
const FORMER_ROW_TAG: &str = "ATS PAT 2026-11 row tag v1";
const ROW_TAG: &str = "ATS PAT 2026-11 row tag v2";
const FINGERPRINT: &str = "ATS PAT 2026-11 fingerprint v1";
const LAST_SEEN: &str = "ATS PAT 2026-11 last seen v1";
const CHECKPOINT: &str = "ATS PAT 2026-11 checkpoint v1";
const ARCHIVE: &str = "ATS PAT 2026-11 event archive v1";
const UPGRADE: &str = "ATS PAT 2026-11 upgrade v1";
const CHAIN: &str = "ATS PAT 2026-11 event chain v1";
const PERSONAL_DETAILS: &str = "ATS PAT 2026-11 personal details hash v1";

/// The random root of all keys that hash, tag or chain. The database holds it, sealed under the
/// master key, with a key id. The key id is also beside every hash and tag made from this root.
pub struct RootKey {
    key_id: i32,
    bytes: SecretBox<[u8; LENGTH]>,
}

impl RootKey {
    /// A new root from 32 random bytes.
    pub fn new(key_id: i32, mut random: [u8; LENGTH]) -> Self {
        let bytes = SecretBox::init_with_mut(|bytes: &mut [u8; LENGTH]| *bytes = random);
        random.zeroize();
        Self { key_id, bytes }
    }

    /// The number that is stored beside every hash and tag made from this root.
    pub fn key_id(&self) -> i32 {
        self.key_id
    }

    /// The root, sealed under the first master key for its key id. `nonce` is 24 random bytes.
    pub fn seal(&self, master: &MasterKeys, nonce: [u8; 24]) -> Vec<u8> {
        master.seal(self.bytes.expose_secret(), &sealed_for(self.key_id), nonce)
    }

    /// Opens the root with the key id `key_id`. The errors are those of [`MasterKeys::open`].
    pub fn open(master: &MasterKeys, key_id: i32, sealed: &[u8]) -> Result<Self, AuthError> {
        let opened = master.open(sealed, &sealed_for(key_id))?;
        let bytes =
            <[u8; LENGTH]>::try_from(opened.as_slice()).map_err(|_| AuthError::SealedAltered)?;
        Ok(Self::new(key_id, bytes))
    }

    /// Derives the keys. This is done once, and the keys are kept.
    pub fn derive(&self) -> RootKeys {
        let mut keys = Box::<Keys>::default();
        let root = self.bytes.expose_secret();
        for (key, context) in [
            (&mut keys.personal_access_token, PERSONAL_ACCESS_TOKEN),
            (&mut keys.operator_key, OPERATOR_KEY),
            (&mut keys.session_id, SESSION_ID),
            (&mut keys.provider_flow, PROVIDER_FLOW),
            (&mut keys.provider_session, PROVIDER_SESSION),
            (&mut keys.setup_code, SETUP_CODE),
            (&mut keys.form_key, FORM_KEY),
            (&mut keys.request, REQUEST),
            (&mut keys.former_row_tag, FORMER_ROW_TAG),
            (&mut keys.row_tag, ROW_TAG),
            (&mut keys.fingerprint, FINGERPRINT),
            (&mut keys.last_seen, LAST_SEEN),
            (&mut keys.checkpoint, CHECKPOINT),
            (&mut keys.archive, ARCHIVE),
            (&mut keys.upgrade, UPGRADE),
            (&mut keys.chain, CHAIN),
            (&mut keys.personal_details, PERSONAL_DETAILS),
        ] {
            *key = blake3::derive_key(context, root);
        }
        RootKeys {
            key_id: self.key_id,
            keys,
        }
    }
}

/// The keys derived from one [`RootKey`], each for one use.
pub struct RootKeys {
    key_id: i32,
    keys: Box<Keys>,
}

impl RootKeys {
    /// The number that is stored beside every hash and tag made with these keys.
    pub fn key_id(&self) -> i32 {
        self.key_id
    }

    /// The hash that is stored instead of a personal access token, over its whole string.
    pub fn hash_personal_access_token(&self, token: &PersonalAccessToken) -> KeyedHash {
        blake3::keyed_hash(&self.keys.personal_access_token, token.expose().as_bytes()).into()
    }

    /// The hash that is stored instead of an operator key. It covers the whole string.
    pub fn hash_operator_key(&self, key: &OperatorKeySecret) -> KeyedHash {
        blake3::keyed_hash(&self.keys.operator_key, key.expose().as_bytes()).into()
    }

    /// The hash that is stored instead of a session id.
    pub fn hash_session_id(&self, id: &SessionId) -> KeyedHash {
        blake3::keyed_hash(&self.keys.session_id, id.bytes()).into()
    }

    /// The hash that proves that a service with this root began a sign-in at a provider.
    pub fn hash_provider_flow(&self, flow: &[u8]) -> KeyedHash {
        blake3::keyed_hash(&self.keys.provider_flow, flow).into()
    }

    /// The hash that is stored instead of a provider's name for a sign-in there, or of the id of a
    /// logout token.
    pub fn hash_provider_session(&self, name: &Canonical) -> KeyedHash {
        blake3::keyed_hash(&self.keys.provider_session, name.as_bytes()).into()
    }

    /// The hash that is stored instead of a set-up code.
    pub fn hash_setup_code(&self, code: &SetupCode) -> KeyedHash {
        blake3::keyed_hash(&self.keys.setup_code, code.bytes()).into()
    }

    /// The input of the token id that a form with this key makes, for this owner. With it, nobody
    /// can choose a form key whose token gets the id of another token. Both parameters are the
    /// bytes of UUIDs.
    pub fn hash_form_key(&self, owner: &[u8; 16], form_key: &[u8; 16]) -> KeyedHash {
        let both = [owner.as_slice(), form_key].concat();
        blake3::keyed_hash(&self.keys.form_key, &both).into()
    }

    /// A hash of the request that a key was sent with. It recognises another request with the same
    /// key. The key is part of the hash and is stored nowhere, so nobody can find the request by
    /// trying values.
    pub fn hash_request(&self, form_key: &[u8; 16], request: &Canonical) -> KeyedHash {
        let mut hasher = blake3::Hasher::new_keyed(&self.keys.request);
        hasher.update(form_key).update(request.as_bytes());
        hasher.finalize().into()
    }

    /// 64 bits that represent a name in memory, such as a row's. Without the key, nobody can make
    /// two names with the same bits.
    pub fn fingerprint(&self, name: &Canonical) -> u64 {
        let hash = blake3::keyed_hash(&self.keys.fingerprint, name.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        u64::from_le_bytes(first)
    }

    /// The hash that proves when a session was last seen, in milliseconds since the epoch. It is
    /// apart from the row's tag, because no event records that time.
    pub fn hash_last_seen(&self, session_id_hash: &[u8; 32], at_ms: i64) -> KeyedHash {
        let mut hasher = blake3::Hasher::new_keyed(&self.keys.last_seen);
        hasher.update(session_id_hash).update(&at_ms.to_le_bytes());
        hasher.finalize().into()
    }

    /// The hash that proves that a service with this root wrote a checkpoint of the event log.
    pub fn hash_checkpoint(&self, checkpoint: &[u8]) -> KeyedHash {
        blake3::keyed_hash(&self.keys.checkpoint, checkpoint).into()
    }

    /// Begins the hash that proves that a service with this root wrote an archive of events.
    pub fn archive_hasher(&self) -> ArchiveHasher {
        ArchiveHasher::new(&self.keys.archive)
    }

    /// The input of the id of the event that ends an upgrade. It follows from the last event before
    /// it, so that an upgrade goes on with the same id after an interruption.
    pub fn hash_upgrade(&self, last_event: &[u8]) -> KeyedHash {
        blake3::keyed_hash(&self.keys.upgrade, last_event).into()
    }

    pub(crate) fn former_row_tag_key(&self) -> &[u8; LENGTH] {
        &self.keys.former_row_tag
    }

    pub(crate) fn row_tag_key(&self) -> &[u8; LENGTH] {
        &self.keys.row_tag
    }

    pub(crate) fn chain_key(&self) -> &[u8; LENGTH] {
        &self.keys.chain
    }

    pub(crate) fn personal_details_key(&self) -> &[u8; LENGTH] {
        &self.keys.personal_details
    }
}

#[derive(Default, Zeroize, ZeroizeOnDrop)]
struct Keys {
    personal_access_token: [u8; LENGTH],
    operator_key: [u8; LENGTH],
    session_id: [u8; LENGTH],
    provider_flow: [u8; LENGTH],
    provider_session: [u8; LENGTH],
    setup_code: [u8; LENGTH],
    form_key: [u8; LENGTH],
    request: [u8; LENGTH],
    former_row_tag: [u8; LENGTH],
    row_tag: [u8; LENGTH],
    fingerprint: [u8; LENGTH],
    last_seen: [u8; LENGTH],
    checkpoint: [u8; LENGTH],
    archive: [u8; LENGTH],
    upgrade: [u8; LENGTH],
    chain: [u8; LENGTH],
    personal_details: [u8; LENGTH],
}

fn sealed_for(key_id: i32) -> Canonical {
    Canonical::new("root_keys").i64(key_id.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known_answers::{every_kind, hex, keys};

    #[test]
    fn hashes_are_what_another_program_computes() {
        let token = PersonalAccessToken::from_random(&[0x5a; 32]);
        assert_eq!(
            token.expose(),
            "atspat_LQNUGZHT5u543eF8cvF8tKdPlcVkNSYQAq1KIqZ6f741KMW3W"
        );
        assert_eq!(
            hex(keys().hash_personal_access_token(&token).as_bytes()),
            "36d4effb6b36e95a6629d4021c7cbd367618abb49ee8d4b3a58612c8d5252ab4",
        );
        assert_eq!(
            hex(keys()
                .hash_session_id(&SessionId::from_random([0x11; 32]))
                .as_bytes()),
            "542a97cb2450139854889f983e20ff95730cbe1d831b879082103d27abd49cd9",
        );
        assert_eq!(
            hex(keys()
                .hash_setup_code(&SetupCode::from_random([0x11; 32]))
                .as_bytes()),
            "a4c7c9905e22247b960ad1ed429525c6efc21a3fc44ddcc4910ba95fc4e3e63a",
        );
        assert_eq!(
            hex(keys().hash_form_key(&[7; 16], &[9; 16]).as_bytes()),
            "2b47bb2b76385bf5ba3deddf118275f182077bafc03da8d83d8b6fd3d596776f",
        );
        assert_eq!(
            hex(keys().hash_request(&[9; 16], &every_kind()).as_bytes()),
            "39695986d435293d48ff9582089ea0ad37e4e439a50282df57f4f1b81c19c6a6",
        );
        assert_eq!(
            hex(keys().hash_checkpoint(b"abc").as_bytes()),
            "ba2726bdeb4de1b825f34aa6da7bf1c77ac226b35e5e5740a4fb73c51f5a6137",
        );
        let mut archive = keys().archive_hasher();
        archive.update(b"a");
        archive.update(b"bc");
        assert_eq!(
            hex(archive.finish().as_bytes()),
            "4165a269a048fce3339c06d4ac8edf2de8a1608d1ba888cb87d39f36a3c5be28",
        );
        assert_eq!(
            hex(keys().hash_upgrade(b"abc").as_bytes()),
            "ba36f06c0b6a7b1ce43b7f9f8356c654cf6c6075d57b602eb752a755676e15c9",
        );
        assert_eq!(keys().fingerprint(&every_kind()), 9_173_891_921_834_323_708);
        assert_eq!(
            hex(keys().hash_last_seen(&[7; 32], 258).as_bytes()),
            "8848c9f4498af7515f1f13f7dabe93789e692c2f465c466262e0d91ad9ed9c07",
        );
    }

    #[test]
    fn a_hash_is_found_again_after_storage() {
        let hash = keys().hash_session_id(&SessionId::from_random([2; 32]));
        assert!(KeyedHash::from_bytes(hash.to_bytes()) == hash);
        assert!(KeyedHash::from_slice(hash.as_bytes()).is_ok_and(|read| read == hash));
        let short = KeyedHash::from_slice(&[0; 31]);
        assert!(matches!(
            short,
            Err(AuthError::WrongLength {
                expected: 32,
                found: 31
            })
        ));
    }

    #[test]
    fn a_new_master_key_changes_no_hash() {
        let [old, new] = [[1; 32], [2; 32]];
        let root = RootKey::new(7, [3; 32]);
        let code = SetupCode::from_random([4; 32]);
        let sealed = root.seal(&MasterKeys::new(old, None), [5; 24]);

        let both = MasterKeys::new(new, Some(old));
        let sealed_anew = RootKey::open(&both, 7, &sealed)
            .unwrap()
            .seal(&both, [6; 24]);

        let opened = RootKey::open(&MasterKeys::new(new, None), 7, &sealed_anew).unwrap();
        assert_eq!(opened.key_id(), 7);
        assert!(opened.derive().hash_setup_code(&code) == root.derive().hash_setup_code(&code));
    }

    #[test]
    fn a_root_does_not_open_under_another_key_id() {
        let master = MasterKeys::new([1; 32], None);
        let sealed = RootKey::new(7, [3; 32]).seal(&master, [5; 24]);
        let opened = RootKey::open(&master, 8, &sealed).map(|_| ());
        assert!(matches!(opened, Err(AuthError::SealedAltered)));
    }
}
