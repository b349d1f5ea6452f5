//! Signs and serves the status list.

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

/// How long the result of a look at the event log may be served.
const FRESH: Duration = LEASE;
/// How long an old result is served, with its age, if the database does not answer. It is as long
/// as verifiers trust a list that nobody confirms (the default of `ats-pat-verify`).
const REMEMBERED_FOR: Duration = Duration::from_secs(30);

impl Service {
    /// The addresses of all status lists. There is one.
    pub async fn status_list_addresses(&self) -> Result<Vec<String>, Error> {
        let (_, address) = self.current_status_list().await?;
        Ok(vec![address.to_string()])
    }

    /// The signed status list with this name, which is the last segment of its address. It includes
    /// every change that was committed at least 200 ms before this call. If the database does not
    /// answer soon, it is older by its [`age`](PublishedStatusList::age). `None` if there is no
    /// such list, or no longer.
    ///
    /// # Errors
    /// [`Error::Store`] if the database has not answered for so long that the list would miss too
    /// much.
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

    /// The last result, if it may still be served.
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
        // One look at a time. The next caller finds what this one read.
        let mut state = Arc::clone(&lists.state).lock_owned().await;
        // It also finds that the database did not answer. Otherwise each caller would wait for a
        // look of its own, one after another.
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
        // The task goes on for the others if this caller hangs up.
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

    /// Follows the log, or loads the state again, and signs the list.
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

    /// The list of this state, signed by the current signing key.
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
        // The list is public.
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
