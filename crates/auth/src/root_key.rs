use ats_pat_token::PersonalAccessToken;
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{AuthError, Canonical, KeyedHash, MasterKeys, SessionId, SetupCode};

const LENGTH: usize = 32;

// Contexts are constants for ever: to change one is to void every hash made with it.
const PERSONAL_ACCESS_TOKEN: &str = "ATS PAT 2026-11 personal access token hash v1";
const SESSION_ID: &str = "ATS PAT 2026-11 session id hash v1";
const SETUP_CODE: &str = "ATS PAT 2026-11 set-up code hash v1";
const ROW_TAG: &str = "ATS PAT 2026-11 row tag v1";
const CHAIN: &str = "ATS PAT 2026-11 event chain v1";
const PERSONAL_DETAILS: &str = "ATS PAT 2026-11 personal details hash v1";

/// The random root of all keys that hash, tag or chain. It stands in the database, sealed under the
/// master key, with the key id that stands beside every hash and tag made from it.
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

    /// The number that stands beside every hash and tag made from this root.
    pub fn key_id(&self) -> i32 {
        self.key_id
    }

    /// The root, sealed under the first master key for its key id; `nonce` is 24 random bytes.
    pub fn seal(&self, master: &MasterKeys, nonce: [u8; 24]) -> Vec<u8> {
        master.seal(self.bytes.expose_secret(), &sealed_for(self.key_id), nonce)
    }

    /// Opens the root with key id `key_id`; errors are those of [`MasterKeys::open`].
    pub fn open(master: &MasterKeys, key_id: i32, sealed: &[u8]) -> Result<Self, AuthError> {
        let opened = master.open(sealed, &sealed_for(key_id))?;
        let bytes =
            <[u8; LENGTH]>::try_from(opened.as_slice()).map_err(|_| AuthError::SealedAltered)?;
        Ok(Self::new(key_id, bytes))
    }

    /// Derives the keys, once: they are held, not derived anew for each hash.
    pub fn derive(&self) -> RootKeys {
        let mut keys = Box::<Keys>::default();
        let root = self.bytes.expose_secret();
        for (key, context) in [
            (&mut keys.personal_access_token, PERSONAL_ACCESS_TOKEN),
            (&mut keys.session_id, SESSION_ID),
            (&mut keys.setup_code, SETUP_CODE),
            (&mut keys.row_tag, ROW_TAG),
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
    /// The number that stands beside every hash and tag made with these keys.
    pub fn key_id(&self) -> i32 {
        self.key_id
    }

    /// The hash that is stored in place of a personal access token: over its whole string.
    pub fn hash_personal_access_token(&self, token: &PersonalAccessToken) -> KeyedHash {
        blake3::keyed_hash(&self.keys.personal_access_token, token.expose().as_bytes()).into()
    }

    /// The hash that is stored in place of a session id.
    pub fn hash_session_id(&self, id: &SessionId) -> KeyedHash {
        blake3::keyed_hash(&self.keys.session_id, id.bytes()).into()
    }

    /// The hash that is stored in place of a set-up code.
    pub fn hash_setup_code(&self, code: &SetupCode) -> KeyedHash {
        blake3::keyed_hash(&self.keys.setup_code, code.bytes()).into()
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
    session_id: [u8; LENGTH],
    setup_code: [u8; LENGTH],
    row_tag: [u8; LENGTH],
    chain: [u8; LENGTH],
    personal_details: [u8; LENGTH],
}

fn sealed_for(key_id: i32) -> Canonical {
    Canonical::new("root_keys").i64(key_id.into())
}
