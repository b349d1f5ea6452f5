//! Seals the keys with a new master key.

use ats_pat_auth::{RootKey, SignatureProvider, SigningKeyPair};
use ats_pat_domain::event::EventKind;

use super::OpenError;
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;

impl Service {
    /// Seals root keys and signing keys with the first master key, if they are sealed with the
    /// second. This is for servers, because an admin program that only looks at something must not
    /// put a new master key into use.
    pub async fn seal_anew(&self) -> Result<(), OpenError> {
        let store = self.store();
        let master = &self.inner.master;
        let is_due = |sealed: &[u8]| !master.sealed_under_first(sealed);
        let roots = store.keys().root_keys().await?;
        let ring = store.keys().ring().await?.keys;
        let due = roots.iter().any(|key| is_due(&key.sealed))
            || ring
                .iter()
                .any(|key| key.row.sealed.as_deref().is_some_and(is_due));
        if due {
            let seal = SealAnew {
                service: self.clone(),
            };
            self.change(Authority::System, seal).await?;
            tracing::info!(
                "root and signing keys are sealed under the first key of the master key file now"
            );
        }
        Ok(())
    }
}

struct SealAnew {
    service: Service,
}

impl Change for SealAnew {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let master = &self.service.inner.master;
        for mut key in draft.read().keys().root_keys().await? {
            let root = RootKey::open(master, key.key_id.0, &key.sealed)?;
            key.sealed = root.seal(master, draft.random()?);
            draft.update_root_key(&key).await?;
        }
        for tagged in draft.read().keys().ring().await?.keys {
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
        }
        draft.record(draft.entry(EventKind::KeysResealed, &"master-key"));
        Ok(((), Taken::Nothing))
    }
}
