//! Signing the status list, and serving it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::{BoxError, StoreError};
use ats_pat_token::{CompressedList, Header, SigningInput, StatusListClaims};
use secrecy::ExposeSecret;

use super::list::{Followed, Places};
use super::served::{Compressed, PublishedStatusList, Remembered, SignedAs, State, address};
use super::{HOLDS_FOR, SIGNED_ANEW_AFTER, TIME_TO_LIVE};
use crate::cache::decisions::LEASE;
use crate::cache::ring::ALGORITHM;
use crate::service::error::Error;
use crate::service::{SOON, Service};

/// For how long after a look at the event log its state may be served.
const FRESH: Duration = LEASE;
/// For how long after a look at the event log its state is served, with its age, where the database
/// does not answer: as long as verifiers trust a list that nobody confirms (`ats-pat-verify`'s
/// default).
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

impl Service {
    /// The addresses of the status lists there are: one.
    pub async fn status_list_addresses(&self) -> Result<Vec<String>, Error> {
        let (_, address) = self.current_status_list().await?;
        Ok(vec![address.to_string()])
    }

    /// The signed status list of this name, which is the last segment of its address. It shows
    /// every change that was committed 200 ms before this call began, or earlier; where the
    /// database does not answer, or not soon, 200 ms and the list's
    /// [`age`](PublishedStatusList::age) before. `None` where there is no such list (any more).
    ///
    /// # Errors
    /// [`Error::Store`] where the database did not answer for so long that the list would let too
    /// much pass.
    pub async fn status_list(&self, name: &str) -> Result<Option<PublishedStatusList>, Error> {
        let (list, address) = self.current_status_list().await?;
        let current = address.rsplit('/').next().unwrap_or_default();
        Ok((current == name).then_some(list))
    }

    async fn current_status_list(&self) -> Result<(PublishedStatusList, Arc<String>), Error> {
        let mut current = pin!(self.looked_up_status_list());
        match tokio::time::timeout(SOON, &mut current).await {
            Ok(Err(error @ Error::Store(StoreError::Unavailable(_)))) => {
                self.remembered_status_list().ok_or(error)
            }
            Ok(known) => known,
            Err(_) => match self.remembered_status_list() {
                Some(remembered) => Ok(remembered),
                None => current.await,
            },
        }
    }

    /// What was last found, where that may still be said.
    fn remembered_status_list(&self) -> Option<(PublishedStatusList, Arc<String>)> {
        let remembered = self.inner.status_lists.remembered.load();
        let remembered = remembered.as_ref()?;
        let age = self.age(remembered.looked_at);
        if age > REMEMBERED_FOR || self.require_log().is_err() {
            return None;
        }
        let mut list = remembered.list.clone();
        list.age = age;
        Some((list, Arc::clone(&remembered.address)))
    }

    async fn looked_up_status_list(&self) -> Result<(PublishedStatusList, Arc<String>), Error> {
        let lists = &self.inner.status_lists;
        let looks_before = lists.looks.load(Ordering::Acquire);
        // One at a time: who comes second finds what the first one read.
        let mut state = Arc::clone(&lists.state).lock_owned().await;
        // Or that the database does not answer: else each waits for a look of its own, one after
        // the other.
        if state.unanswered > looks_before {
            let cause = "it did not answer the look at the event log that others waited for";
            return Err(StoreError::Unavailable(cause.into()).into());
        }
        let begun = self.inner.changes.clock.since_boot();
        if let (Some(looked_at), Some(served)) = (state.looked_at, &state.served)
            && begun.saturating_sub(looked_at) < FRESH
        {
            return Ok((served.clone(), lists.address()));
        }
        // In a task of its own: who hangs up does not take what was read from the others.
        let service = self.clone();
        let task = tokio::spawn(async move {
            let looked = service.look(&mut state).await;
            let looks = &service.inner.status_lists.looks;
            let number = looks.fetch_add(1, Ordering::AcqRel) + 1;
            if let Err(Error::Store(StoreError::Unavailable(_))) = looked {
                state.unanswered = number;
            }
            let served = looked?;
            state.looked_at = Some(begun);
            let lists = &service.inner.status_lists;
            lists.remembered.store(Some(Arc::new(Remembered {
                list: served.clone(),
                address: lists.address(),
                looked_at: begun,
            })));
            Ok((served, lists.address()))
        });
        task.await
            .map_err(|error| Error::Interrupted(error.into()))?
    }

    /// Follows the log, or reads the places anew, and signs what is to be said.
    async fn look(&self, state: &mut State) -> Result<PublishedStatusList, Error> {
        let (store, roots) = (self.store(), self.roots());
        let is_followed = match &mut state.places {
            Some(places) => places.follow(store, roots).await? == Followed::Same,
            None => false,
        };
        if !is_followed {
            let places = Places::load(store, roots, self.now()).await?;
            let lists = &self.inner.status_lists;
            let address = address(&lists.issuer, places.version().epoch);
            lists.address.store(Arc::new(address));
            *state = State {
                places: Some(places),
                ..State::default()
            };
        }
        let served = self.signed(state).await?;
        state.served = Some(served.clone());
        Ok(served)
    }

    /// The list of this state, signed by the key that signs now.
    async fn signed(&self, state: &mut State) -> Result<PublishedStatusList, Error> {
        let now = self.now();
        let ring = self.inner.cache.fresh_ring().await?;
        let key = ring.signer(now)?;
        let State {
            places: Some(places),
            compressed,
            served,
            ..
        } = state
        else {
            return Err(Error::NoSigningKey);
        };
        let (version, changed_at) = (places.version(), places.changed_at());
        let is_fresh = |at: Timestamp| at <= now && now < at.after(SIGNED_ANEW_AFTER);
        if let Some(served) = served
            && served.signed.version == version
            && served.signed.kid == key.kid()
            && is_fresh(Timestamp::from_millis(served.signed.at))
        {
            return Ok(served.clone());
        }
        let is_usable = compressed.as_ref().is_some_and(|known| {
            (known.epoch, known.changed_at) == (version.epoch, changed_at)
                && is_fresh(known.made_at)
        });
        if !is_usable {
            let list = places.list(now)?;
            let bytes = tokio::task::spawn_blocking(move || list.compress())
                .await
                .map_err(|error| Error::Interrupted(error.into()))?
                .map_err(|error| Error::Interrupted(BoxError::from(error)))?;
            *compressed = Some(Compressed {
                epoch: version.epoch,
                changed_at,
                made_at: now,
                bytes,
            });
        }
        let bytes = compressed.as_ref().map(|known| known.bytes.clone());
        let lists = &self.inner.status_lists;
        let claims = StatusListClaims {
            iss: lists.issuer.clone(),
            sub: lists.address().to_string(),
            iat: now.as_seconds(),
            exp: now.after(HOLDS_FOR).as_seconds(),
            ttl: u32::try_from(TIME_TO_LIVE.as_secs()).unwrap_or(u32::MAX),
            version,
            status_list: CompressedList::new(bytes.unwrap_or_default()),
        };
        let header = Header {
            alg: ALGORITHM,
            kid: key.kid().to_owned(),
        };
        let input = SigningInput::of_status_list(&header, &claims);
        let signature = key.sign(input.as_bytes());
        let signed = SignedAs {
            version,
            at: now.as_millis(),
            kid: key.kid().to_owned(),
        };
        // Anybody may read it.
        let text = input.with_signature(&signature);
        Ok(PublishedStatusList {
            text: text.expose_secret().as_bytes().into(),
            entity_tag: signed.tag().into(),
            age: Duration::ZERO,
            signed,
            changed_at,
        })
    }
}
