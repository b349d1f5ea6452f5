//! Seals the keys with a new master key.

use ats_pat_auth::{MasterKeys, RootKey, SignatureProvider, SigningKeyPair};
use ats_pat_domain::event::EventKind;

use super::OpenError;
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;

/// How many root and signing keys in the database are sealed under which key of the master key
/// file. It tells how far a change of the master key is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedKeys {
    /// Under the first one, which seals.
    pub under_first: usize,
    /// Under the second one, which only opens.
    pub under_second: usize,
    /// Under one that is not in the file.
    pub under_others: usize,
    /// Whether the file has a second key.
    pub has_second: bool,
}

impl SealedKeys {
    /// All of them.
    pub fn all(&self) -> usize {
        self.under_first + self.under_second + self.under_others
    }

    /// Whether the second key opens nothing.
    pub fn is_second_unused(&self) -> bool {
        self.has_second && self.under_second == 0
    }

    fn count(&mut self, master: &MasterKeys, sealed: &[u8]) {
        if master.sealed_under_first(sealed) {
            self.under_first += 1;
        } else if master.sealed_under_second(sealed) {
            self.under_second += 1;
        } else {
            self.under_others += 1;
        }
    }
}

impl Service {
    /// Seals root keys and signing keys with the first master key, if they are sealed with the
    /// second. This is for servers, because an admin program that only looks at something must not
    /// put a new master key into use. Servers that do this at once do it once.
    pub async fn seal_anew(&self) -> Result<(), OpenError> {
        let before = self.sealed_keys().await?;
        if before.under_first == before.all() {
            if before.is_second_unused() {
                tracing::info!(
                    keys = before.all(),
                    "the second key of the master key file opens nothing"
                );
            }
            return Ok(());
        }
        let seal = SealAnew {
            service: self.clone(),
        };
        self.change(Authority::System, seal).await?;
        let after = self.sealed_keys().await?;
        tracing::info!(
            keys = after.under_first,
            of = after.all(),
            "root and signing keys are sealed under the first key of the master key file now"
        );
        Ok(())
    }

    /// Counts the sealed keys. It believes what each of them says about itself.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sealed_keys(&self) -> Result<SealedKeys, Error> {
        let (store, master) = (self.store(), &self.inner.master);
        let mut counted = SealedKeys {
            has_second: master.has_second(),
            ..SealedKeys::default()
        };
        for key in store.keys().root_keys().await? {
            counted.count(master, &key.sealed);
        }
        for key in store.keys().ring().await?.keys {
            if let Some(sealed) = &key.row.sealed {
                counted.count(master, sealed);
            }
        }
        Ok(counted)
    }
}

struct SealAnew {
    service: Service,
}

impl Change for SealAnew {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let master = &self.service.inner.master;
        let is_due = |sealed: &[u8]| !master.sealed_under_first(sealed);
        let mut is_sealed = false;
        for mut key in draft.read().keys().root_keys().await? {
            if !is_due(&key.sealed) {
                continue;
            }
            let root = RootKey::open(master, key.key_id.0, &key.sealed)?;
            key.sealed = root.seal(master, draft.random()?);
            draft.update_root_key(&key).await?;
            is_sealed = true;
        }
        for tagged in draft.read().keys().ring().await?.keys {
            if !tagged.row.sealed.as_deref().is_some_and(is_due) {
                continue;
            }
            let mut key = draft.check(tagged).await?;
            let created_at = key.created_at.as_millis();
            let Some(sealed) = &key.sealed else { continue };
            let pair = SigningKeyPair::open(
                master,
                &key.kid,
                created_at,
                sealed,
                SignatureProvider::default(),
            )?;
            key.sealed = Some(pair.seal(master, created_at, draft.random()?));
            draft.update_signing_key(key).await?;
            is_sealed = true;
        }
        // Another server may have done all of it meanwhile.
        if is_sealed {
            draft.record(draft.entry(EventKind::KeysResealed, &"master-key"));
        }
        Ok(((), Taken::Nothing))
    }
}
