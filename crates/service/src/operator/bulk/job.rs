//! A bulk job, as the event log tells of it.
//!
//! A job has no table: its first event says what is to be done, and each batch says how far it
//! came. So nobody who can only write to the database starts a job, changes one, or sets it back.

use ats_pat_domain::event::{Actor, Event, EventKind};
use ats_pat_domain::list::{EventFilter, TokenQuery};
use ats_pat_domain::port::Repositories;
use ats_pat_domain::{BulkJobId, Status, Timestamp, TokenId, UserId};
use serde::{Deserialize, Serialize};

use crate::ledger::rows::Roots;
use crate::ledger::{Entry, follows_its_predecessor};
use crate::service::error::Error;

/// Which tokens a job revokes, as its first event says it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    owner_id: Option<String>,
    owner_called: Option<String>,
    search: Option<String>,
    unused_for_days: Option<u32>,
    created_before: Option<i64>,
    expires_before: Option<i64>,
    scope: Option<String>,
}

/// What the first event says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    filter: Filter,
    /// When the filter was judged, in milliseconds since the epoch.
    as_of: i64,
    count: u64,
}

/// What a later event says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Progress {
    #[serde(default)]
    done: u64,
    after: Option<String>,
    /// The number of the first event.
    started: Option<i64>,
}

/// A job and how far it came.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: BulkJobId,
    /// Whose right it is done by.
    pub(crate) actor: Actor,
    /// Which tokens: active ones that were there when the job began.
    pub(crate) query: TokenQuery,
    /// When the filter was judged.
    pub(crate) as_of: Timestamp,
    /// How many passed it then.
    pub(crate) count: u64,
    /// How many of them are done.
    pub(crate) done: u64,
    /// The last token that was looked at.
    pub(crate) after: Option<TokenId>,
    /// When the last event was told.
    pub(crate) moved_at: Timestamp,
    /// When it was over.
    pub(crate) finished_at: Option<Timestamp>,
    /// The number of its first event; 0 before that is recorded.
    pub(crate) started: i64,
}

impl Job {
    /// A job that begins now.
    pub(crate) fn new(
        id: BulkJobId,
        actor: Actor,
        query: TokenQuery,
        as_of: Timestamp,
        count: u64,
    ) -> Self {
        Self {
            id,
            actor,
            query,
            as_of,
            count,
            done: 0,
            after: None,
            moved_at: as_of,
            finished_at: None,
            started: 0,
        }
    }

    /// The job's first event, which has the whole filter.
    pub(crate) fn entry(&self) -> Entry {
        let query = &self.query;
        let filter = Filter {
            owner_id: query.owner.map(|owner| owner.to_string()),
            owner_called: query.owner_called.clone(),
            search: query.search.clone(),
            unused_for_days: query.unused_for_days,
            created_before: query.created_before.map(Timestamp::as_millis),
            expires_before: query.expires_before.map(Timestamp::as_millis),
            scope: query.scope.clone(),
        };
        Entry::new(EventKind::BulkStarted, self.actor, &self.id)
            .detail("Filter", serde_json::to_value(filter).unwrap_or_default())
            .detail("AsOf", self.as_of.as_millis())
            .detail("Count", self.count)
    }

    /// The job of this id; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Tampered`] where an event about it was planted or altered.
    pub(crate) async fn load(
        read: &(impl Repositories + ?Sized),
        roots: &Roots,
        id: BulkJobId,
    ) -> Result<Option<Self>, Error> {
        let about = EventFilter {
            subjects: Some(vec![id.to_string()]),
            limit: 1,
            ..EventFilter::default()
        };
        let Some(last) = read.events().newest(&about).await?.pop() else {
            return Ok(None);
        };
        if last.kind == EventKind::BulkStarted.as_str() {
            return Ok(Some(Self::begun(read, roots, id, &last).await?));
        }
        require_genuine(read, roots, &last).await?;
        let progress = Progress::of(&last)?;
        // A search for it would walk through all events of the job.
        let started = progress.started.unwrap_or_default();
        let first = read.events().from(started, 1).await?.pop();
        let first = first.filter(|first| first.seq == started && first.subject == id.to_string());
        let first = first.ok_or_else(|| Error::altered_event(last.seq))?;
        let mut job = Self::begun(read, roots, id, &first).await?;
        job.go_on(&last, &progress)?;
        Ok(Some(job))
    }

    /// The job that was started last.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub(crate) async fn last(
        read: &(impl Repositories + ?Sized),
        roots: &Roots,
    ) -> Result<Option<Self>, Error> {
        let kind = EventKind::BulkStarted.as_str();
        let Some(first) = read.events().last_of_kind(kind).await? else {
            return Ok(None);
        };
        let id = first.subject.parse();
        let id = id.map_err(|_| Error::altered_event(first.seq))?;
        Self::load(read, roots, id).await
    }

    async fn begun(
        read: &(impl Repositories + ?Sized),
        roots: &Roots,
        id: BulkJobId,
        first: &Event,
    ) -> Result<Self, Error> {
        require_genuine(read, roots, first).await?;
        let altered = || Error::altered_event(first.seq);
        let Started {
            filter,
            as_of,
            count,
        } = serde_json::from_slice(&first.details).map_err(|_| altered())?;
        let owner = filter.owner_id.as_deref().map(str::parse::<UserId>);
        let query = TokenQuery {
            owner: owner.transpose().map_err(|_| altered())?,
            owner_called: filter.owner_called,
            status: Some(Status::Active),
            search: filter.search,
            unused_for_days: filter.unused_for_days,
            created_before: filter.created_before.map(Timestamp::from_millis),
            expires_before: filter.expires_before.map(Timestamp::from_millis),
            scope: filter.scope,
            ..TokenQuery::of(None)
        };
        let actor = Actor::from_stored(&first.actor).ok_or_else(altered)?;
        let as_of = Timestamp::from_millis(as_of);
        let mut job = Self::new(id, actor, query, as_of, count);
        job.moved_at = first.at;
        job.started = first.seq;
        Ok(job)
    }

    fn go_on(&mut self, last: &Event, progress: &Progress) -> Result<(), Error> {
        let altered = || Error::altered_event(last.seq);
        self.done = progress.done.min(self.count);
        let after = progress.after.as_deref().map(str::parse::<TokenId>);
        self.after = after.transpose().map_err(|_| altered())?;
        self.moved_at = last.at;
        let is_over = last.kind == EventKind::BulkFinished.as_str();
        self.finished_at = is_over.then_some(last.at);
        Ok(())
    }
}

impl Progress {
    fn of(event: &Event) -> Result<Self, Error> {
        serde_json::from_slice(&event.details).map_err(|_| Error::altered_event(event.seq))
    }
}

async fn require_genuine(
    read: &(impl Repositories + ?Sized),
    roots: &Roots,
    event: &Event,
) -> Result<(), Error> {
    if follows_its_predecessor(read, roots, event).await? {
        Ok(())
    } else {
        Err(Error::altered_event(event.seq))
    }
}
