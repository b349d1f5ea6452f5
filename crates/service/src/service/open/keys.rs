//! Opens the master keys and root keys, or makes them at the first start.

use std::path::Path;
use std::sync::Arc;

use ats_pat_auth::{AuthError, MasterKeys, RootKey, RootKeys};
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{Store, StoreError};
use ats_pat_domain::tagged::KeyId;
use quick_cache::sync::Cache;

use super::OpenError;
use super::parts::{MasterKeySource, Parts};
use crate::cache::ring::new_signing_key;
use crate::change::{Authority, CONFIRMED, Change, Changes, Draft, Taken, changes_turns};
use crate::ledger::anchor::{Anchor, Kept};
use crate::ledger::currency::{Currency, Rules};
use crate::ledger::rows::Roots;
use crate::service::error::Error;

const FIRST_KEY: KeyId = KeyId(1);

pub(super) fn wrong_key_or(error: OpenError, source: &MasterKeySource) -> OpenError {
    match error {
        OpenError::Auth(AuthError::WrongMasterKey) => OpenError::WrongMasterKey {
            place: source.to_string(),
        },
        OpenError::Auth(
            error @ (AuthError::SealedAltered
            | AuthError::SigningKeyMismatch
            | AuthError::UnknownFormat { .. }),
        ) => OpenError::KeyAltered(error.into()),
        other => other,
    }
}

/// The master keys and the root keys. Makes both if the database has none.
pub(super) async fn open_roots(
    parts: &Parts,
    kept: Option<&Kept>,
) -> Result<(Arc<MasterKeys>, Roots), OpenError> {
    let source = &parts.master_key;
    let mut stored = parts.store.keys().root_keys().await?;
    if stored.is_empty() {
        check_new(&*parts.store, kept).await?;
        // Another program that starts at the same time may have made them.
        stored = parts.store.keys().root_keys().await?;
    }
    if !stored.is_empty() {
        let master = match source {
            MasterKeySource::File(path) => Arc::new(MasterKeys::read(path)?),
            MasterKeySource::Given { keys, .. } => Arc::clone(keys),
        };
        let roots = unseal(&stored, &master, source)?;
        return Ok((master, roots));
    }
    let (master, made) = read_or_create(parts)?;
    match make_first_keys(parts, &master).await {
        // Either this program made the first root key, or another one did. Its id is unique.
        Ok(()) | Err(Error::Store(StoreError::Conflict(_))) => {}
        // The file stays, because another program may have sealed keys with it.
        Err(error) => return Err(error.into()),
    }
    let stored = parts.store.keys().root_keys().await?;
    match (unseal(&stored, &master, source), made) {
        (Err(error @ OpenError::WrongMasterKey { .. }), Some(path)) => {
            // The keys are sealed with another file, so nothing can be sealed with this one.
            let _ = std::fs::remove_file(path);
            Err(error)
        }
        (roots, _) => Ok((master, roots?)),
    }
}

/// Refuses to make keys in a database that was used before, or that is not the last seen one.
async fn check_new(store: &dyn Store, kept: Option<&Kept>) -> Result<(), OpenError> {
    if let Some(kept) = kept.filter(|kept| kept.head.seq > 0) {
        return Err(OpenError::BehindAnchor { seq: kept.head.seq });
    }
    // The signing keys are read before the root keys. So the keys of another program that starts
    // now don't look like leftovers of an old service.
    let ring = store.keys().ring().await?;
    let is_new = ring.head.seq == 0 && ring.keys.is_empty();
    if is_new || !store.keys().root_keys().await?.is_empty() {
        Ok(())
    } else {
        Err(OpenError::EventLogAltered)
    }
}

fn unseal(
    stored: &[StoredRootKey],
    master: &MasterKeys,
    source: &MasterKeySource,
) -> Result<Roots, OpenError> {
    let mut keys: Vec<RootKeys> = Vec::with_capacity(stored.len());
    for key in stored {
        let root = RootKey::open(master, key.key_id.0, &key.sealed)
            .map_err(|error| wrong_key_or(error.into(), source))?;
        keys.push(root.derive());
    }
    let mut keys = keys.into_iter();
    let first = keys.next().ok_or(OpenError::EventLogAltered)?;
    Ok(Roots::new(first, keys))
}

/// Reads the master key file, or creates it. Returns its path if it was created here.
fn read_or_create(parts: &Parts) -> Result<(Arc<MasterKeys>, Option<&Path>), OpenError> {
    let path = match &parts.master_key {
        MasterKeySource::File(path) => path.as_path(),
        MasterKeySource::Given { keys, .. } => return Ok((Arc::clone(keys), None)),
    };
    match MasterKeys::read(path) {
        Err(AuthError::MasterKeyFileMissing { .. }) => {}
        other => return Ok((Arc::new(other?), None)),
    }
    let mut random = [0; 32];
    parts.randomness.fill(&mut random)?;
    match MasterKeys::create(path, random) {
        // Another program created it at this moment.
        Err(AuthError::MasterKeyFileExists { .. }) => Ok((Arc::new(MasterKeys::read(path)?), None)),
        other => Ok((Arc::new(other?), Some(path))),
    }
}

async fn make_first_keys(parts: &Parts, master: &MasterKeys) -> Result<(), Error> {
    let mut random = [0; 32];
    parts.randomness.fill(&mut random)?;
    let root = RootKey::new(FIRST_KEY.0, random);
    let mut nonce = [0; 24];
    parts.randomness.fill(&mut nonce)?;
    let sealed_root = root.seal(master, nonce);
    let nothing = Kept {
        head: Head::EMPTY,
        accepted: None,
    };
    let anchor = Arc::new(Anchor::new(None, nothing, None));
    let roots = Arc::new(Roots::new(root.derive(), []));
    let changes = Changes {
        store: Arc::clone(&parts.store),
        clock: Arc::clone(&parts.clock),
        randomness: Arc::clone(&parts.randomness),
        writes: Arc::default(),
        currency: Arc::new(Currency::new(
            Arc::clone(&parts.store),
            Arc::clone(&roots),
            Arc::clone(&parts.clock),
            Arc::clone(&anchor),
            Rules::SHIPPED,
            None,
        )),
        confirmed: Arc::new(Cache::new(CONFIRMED)),
        noted: Arc::default(),
        turns: changes_turns(&*parts.store),
        sign_ins: Arc::default(),
        roots,
        anchor,
    };
    let now = parts.clock.now();
    let signing_key = new_signing_key(master, now, changes.random()?, changes.random()?);
    let root_key = StoredRootKey {
        key_id: FIRST_KEY,
        sealed: sealed_root,
        created_at: signing_key.created_at,
    };
    let first = FirstKeys {
        root_key,
        signing_key,
    };
    // There is nothing to wait for: no service is open yet, and nobody has a right that could be
    // taken away.
    let ((), _) = changes.run(Authority::System, first).await?;
    Ok(())
}

struct FirstKeys {
    root_key: StoredRootKey,
    signing_key: StoredSigningKey,
}

impl Change for FirstKeys {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        draft.insert_root_key(&self.root_key).await?;
        draft.insert_signing_key(self.signing_key.clone()).await?;
        draft.record(draft.entry(EventKind::SigningKeyCreated, &self.signing_key.kid));
        Ok(((), Taken::Nothing))
    }
}
