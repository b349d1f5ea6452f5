//! The issuer's status list, as it was last read.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use ats_pat_token::{ListVersion, StatusList, StatusReference};

use crate::{
    Clock, Error,
    attempts::{Attempts, Missed},
    clock::is_older_than,
    settings::Settings,
};

/// The last good list, and the callers that wait for another.
pub(crate) struct Revocation {
    list: ArcSwapOption<FollowedList>,
    pub(crate) lookups: Attempts,
    staleness_limit: Duration,
    leeway_seconds: i64,
    fail_open: bool,
}

/// A list that the issuer signed.
#[derive(Clone)]
pub(crate) struct FollowedList {
    pub(crate) uri: String,
    pub(crate) etag: Option<String>,
    pub(crate) version: ListVersion,
    /// The issuer's clock, in seconds.
    pub(crate) expires_at: i64,
    /// When the issuer last knew that this is the current list: the time when the request that
    /// confirmed it began, less the answer's age. `None` is before the clock began.
    pub(crate) confirmed_at: Option<Duration>,
    pub(crate) places: Arc<StatusList>,
}

/// What the list says of a token.
enum Standing {
    Good,
    Revoked,
    /// The list is too old to say that a token was not revoked.
    Stale,
    /// There is no list yet, or it has no such place.
    Absent,
}

impl Revocation {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            list: ArcSwapOption::empty(),
            lookups: Attempts::new(),
            staleness_limit: settings.staleness_limit,
            leeway_seconds: settings.leeway_seconds().into(),
            fail_open: settings.fail_open,
        }
    }

    pub(crate) fn current(&self) -> Option<Arc<FollowedList>> {
        self.list.load_full()
    }

    pub(crate) fn replace(&self, list: FollowedList) {
        self.list.store(Some(Arc::new(list)));
    }

    /// What the list says. `None` if it has no such place, or if there is no list yet.
    pub(crate) fn look(
        &self,
        reference: &StatusReference,
        clock: &dyn Clock,
    ) -> Option<Result<(), Error>> {
        match self.standing(reference, clock) {
            Standing::Good => Some(Ok(())),
            Standing::Revoked => Some(Err(Error::Revoked)),
            Standing::Stale => Some(self.unknown()),
            Standing::Absent => None,
        }
    }

    /// The same, after the issuer's next answer.
    pub(crate) async fn find(
        &self,
        reference: &StatusReference,
        clock: &dyn Clock,
    ) -> Result<(), Error> {
        match self.lookups.find(|| self.look(reference, clock)).await {
            Ok(known) => known,
            Err(Missed::Absent) => Err(Error::NotListed),
            Err(Missed::Failed) => self.unknown(),
        }
    }

    /// Waits until there is a list.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        self.lookups
            .find(|| self.list.load().is_some().then_some(()))
            .await
            .map_err(|_| Error::StatusUnavailable)
    }

    fn standing(&self, reference: &StatusReference, clock: &dyn Clock) -> Standing {
        let list = self.list.load();
        let Some(list) = list.as_ref() else {
            return Standing::Absent;
        };
        let place = if list.uri == reference.uri {
            list.places.is_revoked(reference.index)
        } else {
            None
        };
        // A revocation is never undone, so even an old list is right about it.
        if place == Some(true) {
            return Standing::Revoked;
        }
        let is_old = is_older_than(self.staleness_limit, list.confirmed_at, clock);
        let expires_at = list.expires_at.saturating_add(self.leeway_seconds);
        if is_old || clock.now_seconds() >= expires_at {
            return Standing::Stale;
        }
        match place {
            Some(_) => Standing::Good,
            None => Standing::Absent,
        }
    }

    fn unknown(&self) -> Result<(), Error> {
        if self.fail_open {
            Ok(())
        } else {
            Err(Error::StatusUnavailable)
        }
    }
}
