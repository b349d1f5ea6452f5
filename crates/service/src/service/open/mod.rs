//! Opening the service: keys, anchor, and what the first start makes.

mod upgrade;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ats_pat_auth::{
    AuthError, MasterKeys, Minter, PasswordCost, RootKey, RootKeys, SignatureProvider,
    SigningKeyPair,
};
use ats_pat_domain::event::{Event, EventKind, Head};
use ats_pat_domain::key::{StoredRootKey, StoredSigningKey};
use ats_pat_domain::port::{Clock, Randomness, RandomnessUnavailable, Store, StoreError};
use ats_pat_domain::tagged::KeyId;
use ats_pat_token::Audience;
use quick_cache::sync::Cache;

use crate::cache::ExchangeCache;
use crate::cache::decisions::Rules;
use crate::cache::feed::Feed;
use crate::cache::grants::Grants;
use crate::cache::ring::{ALGORITHM, Ring, RingState, new_signing_key};
use crate::cache::usage::UsageLog;
use crate::change::{Authority, CONFIRMED, Change, Changes, Draft, Taken};
use crate::exchange::token_ids::TokenIds;
use crate::ledger::anchor::{self, Anchor, Kept};
use crate::ledger::currency::Currency;
use crate::ledger::rows::{Roots, hex};
use crate::ledger::{follows_its_predecessor, holds_event, is_genuine_end};
use crate::service::background::verification::Verification;
use crate::service::error::Error;
use crate::service::limits::Limits;
use crate::service::settings::Settings;
use crate::service::{Inner, Service};
use crate::sessions::passwords::Passwords;
use crate::status::StatusLists;

const FIRST_KEY: KeyId = KeyId(1);

/// What a service is made of.
pub struct Parts {
    /// The database, migrated.
    pub store: Arc<dyn Store>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where secrets come from.
    pub randomness: Arc<dyn Randomness>,
    /// What the operator allows.
    pub settings: Settings,
    /// The master key file; made if the database holds no sealed key and the file is missing.
    pub master_key_file: PathBuf,
    /// Where the head of the event log is kept; `None` keeps it nowhere.
    pub anchor_file: Option<PathBuf>,
    /// What password hashing costs; [`PasswordCost::OWASP`] but in tests.
    pub password_cost: PasswordCost,
    /// Whether this program holds a lock that keeps every other server from the database: then what takes rights away
    /// is answered at once, since nobody else could answer from before it.
    pub alone: bool,
    /// Which library signs authentication tokens and status lists.
    pub signature_provider: SignatureProvider,
}

/// Why the service can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The master key file can't be used, or a setting of tokens is out of range.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The master key file is another database's.
    #[error("the keys of this database are sealed under another master key than the one in {}: put back the file that belongs to it", path.display())]
    WrongMasterKey {
        /// The file.
        path: PathBuf,
    },
    /// A sealed key, or a row that grants rights, was altered.
    #[error(
        "a key in the database was altered behind the program's back: restore the database from a backup that you trust"
    )]
    KeyAltered(#[source] Error),
    /// The database is older than what this server last saw, or another one.
    #[error(
        "the database is not the one that this data folder last saw: event {seq} is missing or different. If it was restored from a backup, \
         run `ats-pat-admin db accept-restore --keep` (tokens work as in the backup) or `--revoke-all` (every token and session ends)"
    )]
    BehindAnchor {
        /// The number of the last event seen.
        seq: i64,
    },
    /// The head of the event log does not fit its last event.
    #[error(
        "the event log's end does not fit its last entry: the database was altered; restore it from a backup that you trust"
    )]
    EventLogAltered,
    /// A database of an earlier release has a gap in its event log, or an entry that was altered.
    #[error(
        "event {seq} of the event log was altered, or is missing. So this release can't take the database over from the \
         earlier one, and no row was changed: restore a backup that you trust"
    )]
    LogNotWhole {
        /// The number of the first event that does not fit.
        seq: String,
    },
    /// The anchor can't be read.
    #[error("the file {} can't be read as the head of the event log; if it is damaged, remove it after `ats-pat-admin audit verify` found nothing", path.display())]
    AnchorUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The anchor is another user's.
    #[error("this user may not read the file {}: another user made it. Give it the owner of its folder, and run both programs as that user", path.display())]
    AnchorForbidden {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No audience.
    #[error(
        "the setting audience names nobody: name at least one, or leave it out for the public URL"
    )]
    NoAudience,
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// A change at start failed.
    #[error(transparent)]
    Change(Error),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => Self::Store(error),
            Error::Auth(error) => Self::Auth(error),
            Error::Tampered { .. } => Self::KeyAltered(error),
            other => Self::Change(other),
        }
    }
}

/// Who opens the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opener {
    /// A server: no signing key may be planted or altered.
    Server,
    /// Somebody at the admin program: keys that were planted or altered are left out.
    Operator,
    /// As an operator, over a database that is not the one last seen.
    AcceptsRestore,
}

impl Service {
    /// Opens the service over a migrated database. On an empty one the keys are made, and the master key
    /// file where it is missing.
    pub async fn open(parts: Parts) -> Result<Self, OpenError> {
        Self::open_by(parts, Rules::default()).await
    }

    /// As [`open`](Self::open), by these rules of the cache.
    pub(crate) async fn open_by(parts: Parts, rules: Rules) -> Result<Self, OpenError> {
        let (service, _) = Self::open_as(parts, rules, Opener::Server).await?;
        service.currency().begin();
        Ok(service)
    }

    /// As [`open`](Self::open), for the admin program: it opens over signing keys that were planted or altered too, and
    /// leaves them out, so that an operator can look at what is wrong.
    pub async fn open_for_operators(parts: Parts) -> Result<Self, OpenError> {
        let (service, _) = Self::open_as(parts, Rules::default(), Opener::Operator).await?;
        Ok(service)
    }

    /// Opens the service; gives the head that the database lacks, which only an operator who accepts that may go by.
    pub(crate) async fn open_as(
        parts: Parts,
        rules: Rules,
        opener: Opener,
    ) -> Result<(Self, Option<Head>), OpenError> {
        let minter = Minter::new(
            &parts.settings.issuer,
            Audience::new(parts.settings.audience.clone()).map_err(|_| OpenError::NoAudience)?,
            u32::try_from(parts.settings.token_lifetime.as_secs()).unwrap_or(u32::MAX),
            ALGORITHM,
        )?;
        let passwords = Passwords::new(parts.password_cost)?;
        let kept = read_anchor(parts.anchor_file.as_deref())?;
        let (master, roots) = open_roots(&parts, kept.as_ref()).await?;
        let (master, roots) = (Arc::new(master), Arc::new(roots));
        let head = genuine_head(&*parts.store, &roots).await?;
        let accepted = last_acceptance(&*parts.store, &roots).await?;
        let behind = match kept {
            Some(kept) if !holds(&*parts.store, &kept, accepted.as_ref()).await? => Some(kept.head),
            _ => None,
        };
        if let (Some(Head { seq, .. }), false) = (behind, opener == Opener::AcceptsRestore) {
            return Err(OpenError::BehindAnchor { seq });
        }
        let epoch = accepted
            .as_ref()
            .map_or(0, |accepted| accepted.at.as_millis());
        let seen = Kept {
            head,
            accepted: accepted.map(|accepted| accepted.hash),
        };
        let checkpoint = parts.anchor_file.as_deref().map(checkpoint_beside);
        let anchor = Arc::new(Anchor::new(parts.anchor_file, seen, kept));
        let currency = Currency::new(
            Arc::clone(&parts.store),
            Arc::clone(&roots),
            Arc::clone(&parts.clock),
            Arc::clone(&anchor),
            rules.currency,
            checkpoint,
        );
        if opener != Opener::Server {
            currency.be_patient();
        }
        let changes = Changes {
            store: parts.store,
            clock: Arc::clone(&parts.clock),
            randomness: parts.randomness,
            roots,
            anchor,
            writes: Arc::default(),
            currency: Arc::new(currency),
            confirmed: Arc::new(Cache::new(CONFIRMED)),
        };
        upgrade::run(&changes).await?;
        let provider = parts.signature_provider;
        let (store, roots) = (&*changes.store, &changes.roots);
        let ring_read_at = changes.clock.since_boot();
        let ring = match opener {
            Opener::Server => RingState::read_strictly(store, roots, &master, provider).await,
            Opener::Operator | Opener::AcceptsRestore => {
                RingState::read_what_is_genuine(store, roots, &master, provider).await
            }
        };
        let ring = ring.map_err(|error| wrong_key_or(error.into(), &parts.master_key_file))?;
        let cache = ExchangeCache {
            store: Arc::clone(&changes.store),
            clock: Arc::clone(&changes.clock),
            roots: Arc::clone(&changes.roots),
            anchor: Arc::clone(&changes.anchor),
            currency: Arc::clone(&changes.currency),
            rules,
            alone: parts.alone,
            feed: Feed::new(),
            grants: Grants::new(parts.settings.cache_entries),
            ring: Ring::new(
                ring,
                Arc::clone(&changes.currency),
                Arc::clone(&changes.roots),
                Arc::clone(&master),
                provider,
                ring_read_at,
            ),
            usage: UsageLog::default(),
        };
        let token_ids = TokenIds::new(changes.random()?);
        let limits = Limits::new(
            parts.clock,
            parts.settings.sign_in_failures_per_quarter_hour,
            parts.settings.changes_per_user_per_minute,
        );
        let status_lists = StatusLists::new(&parts.settings.issuer, epoch);
        let service = Self {
            inner: Arc::new(Inner {
                settings: parts.settings,
                changes,
                master,
                minter,
                cache: Arc::new(cache),
                passwords,
                limits,
                token_ids,
                status_lists,
                verification: Verification::default(),
            }),
        };
        tracing::info!(
            seq = head.seq,
            hash = hex(&head.hash),
            "head of the event log"
        );
        Ok((service, behind))
    }

    /// Seals root and signing keys under the first master key, where they are under the second. For servers:
    /// an admin program that looks at something must not decide that a new master key is in use.
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

/// The checkpoint lies where the anchor does.
fn checkpoint_beside(anchor: &Path) -> PathBuf {
    anchor.with_file_name("checkpoint")
}

fn read_anchor(file: Option<&Path>) -> Result<Option<Kept>, OpenError> {
    let Some(file) = file else { return Ok(None) };
    anchor::read(file).map_err(|source| {
        let path = file.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => OpenError::AnchorForbidden { path, source },
            _ => OpenError::AnchorUnreadable { path, source },
        }
    })
}

fn wrong_key_or(error: OpenError, path: &Path) -> OpenError {
    match error {
        OpenError::Auth(AuthError::WrongMasterKey) => OpenError::WrongMasterKey {
            path: path.to_owned(),
        },
        OpenError::Auth(
            error @ (AuthError::SealedAltered
            | AuthError::SigningKeyMismatch
            | AuthError::UnknownFormat { .. }),
        ) => OpenError::KeyAltered(error.into()),
        other => other,
    }
}

/// The master keys and the roots; makes both where the database holds none.
async fn open_roots(parts: &Parts, kept: Option<&Kept>) -> Result<(MasterKeys, Roots), OpenError> {
    let path = &parts.master_key_file;
    let mut stored = parts.store.keys().root_keys().await?;
    if stored.is_empty() {
        check_new(&*parts.store, kept).await?;
        // Another starter may have made them since.
        stored = parts.store.keys().root_keys().await?;
    }
    if !stored.is_empty() {
        let master = MasterKeys::read(path)?;
        let roots = unseal(&stored, &master, path)?;
        return Ok((master, roots));
    }
    let (master, made) = read_or_create(parts)?;
    match make_first_keys(parts, &master).await {
        // Either we made the first root, or another starter did: the one row decides.
        Ok(()) | Err(Error::Store(StoreError::Conflict(_))) => {}
        // The file stays: another starter may have sealed the keys under it meanwhile.
        Err(error) => return Err(error.into()),
    }
    let stored = parts.store.keys().root_keys().await?;
    match unseal(&stored, &master, path) {
        Err(error @ OpenError::WrongMasterKey { .. }) if made => {
            // The keys are sealed under another file; nothing can be sealed under this one.
            let _ = std::fs::remove_file(path);
            Err(error)
        }
        roots => Ok((master, roots?)),
    }
}

/// Refuses to make keys in a database that was in use, or is not the one that was last seen.
async fn check_new(store: &dyn Store, kept: Option<&Kept>) -> Result<(), OpenError> {
    if let Some(kept) = kept.filter(|kept| kept.head.seq > 0) {
        return Err(OpenError::BehindAnchor { seq: kept.head.seq });
    }
    // Read before the keys, so that another starter's are not taken for what is left of an old service.
    let ring = store.keys().ring().await?;
    let is_new = ring.head.seq == 0 && ring.keys.is_empty();
    if is_new || !store.keys().root_keys().await?.is_empty() {
        Ok(())
    } else {
        Err(OpenError::EventLogAltered)
    }
}

fn unseal(stored: &[StoredRootKey], master: &MasterKeys, path: &Path) -> Result<Roots, OpenError> {
    let mut keys: Vec<RootKeys> = Vec::with_capacity(stored.len());
    for key in stored {
        let root = RootKey::open(master, key.key_id.0, &key.sealed)
            .map_err(|error| wrong_key_or(error.into(), path))?;
        keys.push(root.derive());
    }
    let mut keys = keys.into_iter();
    let first = keys.next().ok_or(OpenError::EventLogAltered)?;
    Ok(Roots::new(first, keys))
}

/// Reads the master key file, or makes it; gives whether it was made here.
fn read_or_create(parts: &Parts) -> Result<(MasterKeys, bool), OpenError> {
    let path = &parts.master_key_file;
    match MasterKeys::read(path) {
        Err(AuthError::MasterKeyFileMissing { .. }) => {}
        other => return Ok((other?, false)),
    }
    let mut random = [0; 32];
    parts.randomness.fill(&mut random)?;
    match MasterKeys::create(path, random) {
        // Another starter made it at this moment.
        Err(AuthError::MasterKeyFileExists { .. }) => Ok((MasterKeys::read(path)?, false)),
        other => Ok((other?, true)),
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
            Rules::default().currency,
            None,
        )),
        confirmed: Arc::new(Cache::new(CONFIRMED)),
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
    // No service is open yet that could wait, and nobody has a right that could be taken.
    let ((), _) = changes.run(Authority::System, first).await?;
    Ok(())
}

/// The end of the log, if its last entry fits it.
async fn genuine_head(store: &dyn Store, roots: &Roots) -> Result<Head, OpenError> {
    let head = store.events().head().await?;
    if is_genuine_end(store, roots, head).await? {
        Ok(head)
    } else {
        Err(OpenError::EventLogAltered)
    }
}

/// Whether the database holds the event that was last seen, or a later acceptance of a restore names it
/// as given up.
async fn holds(
    store: &dyn Store,
    kept: &Kept,
    accepted: Option<&Event>,
) -> Result<bool, OpenError> {
    if kept.head.seq == 0 || holds_event(store, kept.head).await? {
        return Ok(true);
    }
    Ok(accepted.is_some_and(|accepted| {
        kept.accepted != Some(accepted.hash)
            && given_up(accepted).is_some_and(|seq| seq >= kept.head.seq)
    }))
}

/// The last acceptance of a restore, if it is genuine.
pub(crate) async fn last_acceptance(
    store: &dyn Store,
    roots: &Roots,
) -> Result<Option<Event>, StoreError> {
    let kind = EventKind::RestoreAccepted.as_str();
    let Some(accepted) = store.events().last_of_kind(kind).await? else {
        return Ok(None);
    };
    let is_genuine = follows_its_predecessor(store, roots, &accepted).await?;
    Ok(is_genuine.then_some(accepted))
}

/// The highest head that an acceptance of a restore gives up.
fn given_up(accepted: &Event) -> Option<i64> {
    let details: serde_json::Value = serde_json::from_slice(&accepted.details).ok()?;
    details.get("GivenUpSeq")?.as_i64()
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
