//! Opens the service: keys, anchor, and everything that the first start makes.

mod error;
mod keys;
mod parts;
mod seal;
mod upgrade;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ats_pat_auth::Minter;
use ats_pat_domain::event::{Event, Head};
use ats_pat_domain::policy_document::TOKEN_MINUTES;
use ats_pat_domain::port::Store;
use ats_pat_token::Audience;
use quick_cache::sync::Cache;

use crate::cache::ExchangeCache;
use crate::cache::decisions::Rules;
use crate::cache::ring::{ALGORITHM, Ring, RingState};
use crate::change::{CONFIRMED, Changes, changes_turns};
use crate::exchange::token_ids::TokenIds;
use crate::ledger::anchor::{self, Anchor, Kept};
use crate::ledger::currency::Currency;
use crate::ledger::pruned::held_or_pruned;
use crate::ledger::rows::Roots;
use crate::ledger::{is_genuine_end, last_acceptance, log_head};
use crate::operator::BulkJobs;
use crate::operator::operator_keys::KeysSeen;
use crate::policy::InForce;
use crate::service::background::findings::Findings;
use crate::service::figures::noted::Noted;
use crate::service::limits::Limits;
use crate::service::open::keys::{open_roots, wrong_key_or};
use crate::service::reuses::Reuses;
use crate::service::settings::Settings;
use crate::service::work::places::WorkTurns;
use crate::service::{Inner, Service};
use crate::sessions::passwords::Passwords;
use crate::status::StatusLists;

pub use error::OpenError;
pub use parts::{MasterKeySource, Parts};
pub use seal::SealedKeys;

/// The program that opens the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opener {
    /// A server. A planted or altered signing key stops it.
    Server,
    /// The admin program. It leaves out planted or altered keys.
    Operator,
    /// The admin program, which accepts a database that is not the last seen one.
    AcceptsRestore,
}

impl Service {
    /// Opens the service on a migrated database. If it is empty, the keys are made, and also the
    /// master key file if it is missing.
    pub async fn open(parts: Parts) -> Result<Self, OpenError> {
        Self::open_by(parts, Rules::default()).await
    }

    /// Like [`open`](Self::open), with these rules of the cache.
    pub(crate) async fn open_by(parts: Parts, rules: Rules) -> Result<Self, OpenError> {
        let (service, _) = Self::open_as(parts, rules, Opener::Server).await?;
        service.currency().begin();
        Ok(service)
    }

    /// Like [`open`](Self::open), for the admin program. Planted or altered signing keys are left
    /// out and don't stop it, so that an operator can look into them.
    pub async fn open_for_operators(parts: Parts) -> Result<Self, OpenError> {
        let (service, _) = Self::open_as(parts, Rules::default(), Opener::Operator).await?;
        Ok(service)
    }

    /// Opens the service. Returns the head that the database lacks. Only an operator who accepts a
    /// restore may go on then.
    pub(crate) async fn open_as(
        parts: Parts,
        rules: Rules,
        opener: Opener,
    ) -> Result<(Self, Option<Head>), OpenError> {
        let whole_minter = whole_minter(&parts.settings)?;
        let minter = default_minter(&whole_minter, parts.settings.default_audience.as_deref())?;
        let passwords = Passwords::new(parts.password_cost)?;
        let kept = read_anchor(parts.anchor_file.as_deref())?;
        let (master, roots) = open_roots(&parts, kept.as_ref()).await?;
        let roots = Arc::new(roots);
        let head = genuine_head(&*parts.store, &roots).await?;
        let accepted = last_acceptance(&*parts.store, &roots).await?;
        let behind = behind(&*parts.store, &roots, kept, accepted.as_ref()).await?;
        if let (Some(Head { seq, .. }), false) = (behind, opener == Opener::AcceptsRestore) {
            return Err(OpenError::BehindAnchor { seq });
        }
        let epoch = accepted.as_ref().map_or(0, |last| last.at.as_millis());
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
        let turns = changes_turns(&*parts.store);
        let work = WorkTurns::new(parts.store.capacity());
        let changes = Changes {
            store: parts.store,
            clock: Arc::clone(&parts.clock),
            randomness: parts.randomness,
            roots,
            anchor,
            writes: Arc::default(),
            currency: Arc::new(currency),
            confirmed: Arc::new(Cache::new(CONFIRMED)),
            noted: Arc::default(),
            turns,
            sign_ins: parts.settings.sign_in_rules().into(),
        };
        let policies = Arc::new(InForce::new(&parts.settings, &changes, rules.policy));
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
        let ring = ring.map_err(|error| wrong_key_or(error.into(), &parts.master_key))?;
        let ring = Ring::new(ring, &changes, Arc::clone(&master), provider, ring_read_at);
        let cache = ExchangeCache::new(
            &changes,
            ring,
            rules,
            Arc::clone(&policies),
            parts.alone,
            parts.settings.cache_entries,
        );
        let token_ids = TokenIds::new(changes.random()?);
        let limits = Limits::new(parts.clock, &parts.settings);
        let status_lists = StatusLists::new(&parts.settings.issuer, epoch);
        let service = Self {
            inner: Arc::new(Inner {
                settings: parts.settings,
                changes,
                master,
                minter,
                whole_minter,
                policies,
                cache: Arc::new(cache),
                passwords,
                work,
                limits,
                reuses: Reuses::default(),
                token_ids,
                status_lists,
                findings: Findings::default(),
                keys_seen: KeysSeen::default(),
                bulk: BulkJobs::default(),
                providers: parts.providers,
                noted: Noted::default(),
                ends: AtomicBool::new(false),
            }),
        };
        log_head(head);
        Ok((service, behind))
    }
}

/// The minter for all audiences.
fn whole_minter(settings: &Settings) -> Result<Minter, OpenError> {
    let minutes = settings.policy.base.authentication_token_minutes;
    if !TOKEN_MINUTES.contains(&minutes) {
        return Err(OpenError::TokenMinutes { minutes });
    }
    let audience = Audience::new(settings.audience.clone()).map_err(|_| OpenError::NoAudience)?;
    Ok(Minter::new(&settings.issuer, audience, ALGORITHM))
}

/// The minter for the default audience. That is a part of all audiences and has the first of them,
/// because `/api/identity` and introspection require the first.
fn default_minter(whole: &Minter, audience: Option<&[String]>) -> Result<Minter, OpenError> {
    let Some(audience) = audience else {
        return Ok(whole.clone());
    };
    let first = whole.audience().iter().next().unwrap_or_default();
    if !audience.iter().any(|named| named == first) {
        return Err(OpenError::DefaultAudience);
    }
    let narrowed = whole.narrowed(audience);
    narrowed.ok_or(OpenError::DefaultAudience)
}

/// The checkpoint is beside the anchor.
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

/// The number of the last event that the anchor in this file has seen. `None` if there is no file.
///
/// # Errors
/// [`OpenError::AnchorForbidden`], [`OpenError::AnchorUnreadable`].
pub fn last_seen(anchor: &Path) -> Result<Option<i64>, OpenError> {
    Ok(read_anchor(Some(anchor))?.map(|kept| kept.head.seq))
}

/// The head of the log, if its last event is genuine.
async fn genuine_head(store: &dyn Store, roots: &Roots) -> Result<Head, OpenError> {
    let head = store.events().head().await?;
    if is_genuine_end(store, roots, head).await? {
        Ok(head)
    } else {
        Err(OpenError::EventLogAltered)
    }
}

/// The last seen event, if the database lacks it.
async fn behind(
    store: &dyn Store,
    roots: &Roots,
    kept: Option<Kept>,
    accepted: Option<&Event>,
) -> Result<Option<Head>, OpenError> {
    match kept {
        Some(kept) if !holds(store, roots, &kept, accepted).await? => Ok(Some(kept.head)),
        _ => Ok(None),
    }
}

/// Whether the database has the last seen event, or its event was removed since, or a later
/// acceptance of a restore says that it was given up.
async fn holds(
    store: &dyn Store,
    roots: &Roots,
    kept: &Kept,
    accepted: Option<&Event>,
) -> Result<bool, OpenError> {
    if kept.head.seq == 0 || held_or_pruned(store, roots, kept.head).await? {
        return Ok(true);
    }
    Ok(accepted.is_some_and(|accepted| {
        kept.accepted != Some(accepted.hash)
            && given_up(accepted).is_some_and(|seq| seq >= kept.head.seq)
    }))
}

/// The highest event number that an acceptance of a restore gives up.
fn given_up(accepted: &Event) -> Option<i64> {
    let details: serde_json::Value = serde_json::from_slice(&accepted.details).ok()?;
    details.get("GivenUpSeq")?.as_i64()
}
