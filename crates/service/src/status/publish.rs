//! Signing the status list, and serving it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use ats_pat_domain::Timestamp;
use ats_pat_domain::port::BoxError;
use ats_pat_token::{CompressedList, Header, ListVersion, SigningInput, StatusListClaims};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::list::Places;
use super::{HOLDS_FOR, SIGNED_ANEW_AFTER, TIME_TO_LIVE};
use crate::error::Error;
use crate::ring::{ALGORITHM, LEASE};
use crate::service::Service;

/// The path under which the lists are.
pub const STATUS_LISTS: &str = "/status-lists";

/// For how long after a look at the event log its state may be served.
const FRESH: Duration = LEASE;

/// A signed status list.
#[derive(Clone)]
pub struct PublishedStatusList {
    /// The list, a JWS in compact form.
    pub text: Arc<str>,
    /// What it is known by: another list has another one.
    pub entity_tag: Arc<str>,
}

/// The list as it is served.
pub(crate) struct StatusLists {
    issuer: String,
    /// The address that new authentication tokens name.
    address: ArcSwap<String>,
    followed: Mutex<Option<Followed>>,
}

struct Followed {
    places: Places,
    /// When the last look at the log began, by the clock of leases.
    looked_at: Duration,
    signed: Option<Signed>,
}

struct Signed {
    version: ListVersion,
    at: Timestamp,
    kid: String,
    list: PublishedStatusList,
}

impl StatusLists {
    /// `epoch` is when an earlier database was last accepted, in milliseconds since the epoch; 0 if never.
    pub(crate) fn new(issuer: &str, epoch: i64) -> Self {
        Self {
            issuer: issuer.to_owned(),
            address: ArcSwap::from_pointee(address(issuer, epoch)),
            followed: Mutex::default(),
        }
    }

    /// The address of the list that tells of tokens that are minted now.
    pub(crate) fn address(&self) -> Arc<String> {
        self.address.load_full()
    }
}

/// Each database that was taken back to an earlier state has a list of its own: the places in it are new, and what was
/// issued before names a list that is no more.
fn address(issuer: &str, epoch: i64) -> String {
    format!("{issuer}{STATUS_LISTS}/{epoch}")
}

impl Service {
    /// The addresses of the status lists there are: one.
    pub async fn status_list_addresses(&self) -> Result<Vec<String>, Error> {
        let (_, address) = self.current_status_list().await?;
        Ok(vec![address.to_string()])
    }

    /// The signed status list of this name, which is the last segment of its address. It shows every change that was
    /// committed 200 ms before this call began, or earlier. `None` where there is no such list (any more).
    pub async fn status_list(&self, name: &str) -> Result<Option<PublishedStatusList>, Error> {
        let (list, address) = self.current_status_list().await?;
        let current = address.rsplit('/').next().unwrap_or_default();
        Ok((current == name).then_some(list))
    }

    async fn current_status_list(&self) -> Result<(PublishedStatusList, Arc<String>), Error> {
        let lists = &self.inner.status_lists;
        // One at a time: who comes second finds what the first one read.
        let mut followed = lists.followed.lock().await;
        let begun = self.inner.changes.clock.since_boot();
        if let Some(known) = &*followed
            && let Some(signed) = &known.signed
            && begun.saturating_sub(known.looked_at) < FRESH
        {
            return Ok((signed.list.clone(), lists.address()));
        }
        let before = followed.take();
        let mut now_followed = self.look(before, begun).await?;
        let signed = self.signed(&mut now_followed).await?;
        *followed = Some(now_followed);
        Ok((signed, lists.address()))
    }

    /// Follows the log from `before`, or reads the places anew.
    async fn look(&self, before: Option<Followed>, begun: Duration) -> Result<Followed, Error> {
        let (store, roots) = (self.store(), self.roots());
        if let Some(mut followed) = before
            && followed.places.follow(store, roots).await?
        {
            followed.looked_at = begun;
            return Ok(followed);
        }
        let places = Places::load(store, roots, self.now()).await?;
        let lists = &self.inner.status_lists;
        let address = address(&lists.issuer, places.version().epoch);
        lists.address.store(Arc::new(address));
        Ok(Followed {
            places,
            looked_at: begun,
            signed: None,
        })
    }

    /// The list as it was signed before, unless it changed, gets old, or its key does not sign any more.
    async fn signed(&self, followed: &mut Followed) -> Result<PublishedStatusList, Error> {
        let now = self.now();
        let ring = self.fresh_ring().await?;
        let key = ring.signer(now)?;
        let version = followed.places.version();
        if let Some(signed) = &followed.signed
            && signed.version == version
            && signed.kid == key.kid()
            && signed.at <= now
            && now < signed.at.after(SIGNED_ANEW_AFTER)
        {
            return Ok(signed.list.clone());
        }
        let places = followed.places.list(now)?;
        let compressed = tokio::task::spawn_blocking(move || places.compress())
            .await
            .map_err(|error| Error::Interrupted(error.into()))?
            .map_err(|error| Error::Interrupted(BoxError::from(error)))?;
        let iat = now.as_seconds();
        let lists = &self.inner.status_lists;
        let claims = StatusListClaims {
            iss: lists.issuer.clone(),
            sub: lists.address().to_string(),
            iat,
            exp: now.after(HOLDS_FOR).as_seconds(),
            ttl: u32::try_from(TIME_TO_LIVE.as_secs()).unwrap_or(u32::MAX),
            version,
            status_list: CompressedList::new(compressed),
        };
        let header = Header {
            alg: ALGORITHM,
            kid: key.kid().to_owned(),
        };
        let input = SigningInput::of_status_list(&header, &claims);
        let signature = key.sign(input.as_bytes());
        // Anybody may read it.
        let text = Arc::from(input.with_signature(&signature).expose_secret());
        // The version first; a list that was signed anew, or by another key, is another text.
        let entity_tag = format!("\"{}-{}-{iat}-{}\"", version.seq, version.epoch, key.kid());
        let list = PublishedStatusList {
            text,
            entity_tag: entity_tag.into(),
        };
        followed.signed = Some(Signed {
            version,
            at: now,
            kid: key.kid().to_owned(),
            list: list.clone(),
        });
        Ok(list)
    }
}
