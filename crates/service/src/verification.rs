//! Rows compared with the event log while the server runs: owner by owner, slowly, without end.
//!
//! A row of which no event tells, or another than its last event tells of, was not written by a change. It grants
//! nothing if its tag fails; whether or not, an operator has to know. `audit verify` compares everything at once.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ats_pat_domain::event::Event;
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::{Tagged, UserId};
use serde::Deserialize;

use crate::error::{Error, causes};
use crate::rows::{Row, hex};
use crate::service::Service;

/// How many users, tokens or events are read at once.
const BATCH: u64 = 500;
/// For each second of comparing the walk rests so many.
const RESTS: u32 = 50;
const SHORTEST_REST: Duration = Duration::from_millis(5);
/// From the end of a walk to the next.
const BETWEEN_WALKS: Duration = Duration::from_secs(10);
/// So many findings are kept; whoever has more of them needs no more.
const MOST_FINDINGS: usize = 1000;

/// What the walk found.
#[derive(Default)]
pub(crate) struct Verification {
    found: Mutex<BTreeSet<String>>,
}

impl Verification {
    /// One sentence for readiness and administrators.
    pub(crate) fn summary(&self) -> String {
        match self.found().len() {
            0 => "agree with the event log".to_owned(),
            found => format!(
                "{found} differ from the event log; see the log, and run `ats-pat-admin audit verify`"
            ),
        }
    }

    fn note(&self, finding: String) {
        let mut found = self.found();
        if found.len() < MOST_FINDINGS && !found.contains(&finding) {
            tracing::error!(finding, "a row differs from the event log");
            found.insert(finding);
        }
    }

    fn found(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of an event's details that names rows.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    #[serde(default)]
    rows: Vec<WrittenRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenRow {
    table: String,
    id: String,
    tag: Option<String>,
}

/// What the last event says of each row of an owner: its tag, or that it was removed.
type LastTags = HashMap<(String, String), Option<String>>;

impl Service {
    /// Compares until `shutdown` is ready. What fails is logged and tried again in the next walk.
    pub async fn run_verification(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        loop {
            let walk = async {
                if let Err(error) = self.verify_rows().await {
                    tracing::warn!(cause = %causes(&error), "rows could not be compared with the event log");
                }
                tokio::time::sleep(BETWEEN_WALKS).await;
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = walk => {}
            }
        }
    }

    /// Compares the rows of every owner once.
    pub async fn verify_rows(&self) -> Result<(), Error> {
        let mut after = None;
        loop {
            let users = self.store().users().after(after, BATCH).await?;
            for row in self.store().take_unreadable() {
                self.inner
                    .verification
                    .note(format!("row {row} can't be read"));
            }
            let Some(last) = users.last() else {
                return Ok(());
            };
            after = Some(last.row.id);
            for user in users {
                let begun = self.inner.changes.clock.since_boot();
                self.verify_owner(user.row.id).await?;
                let took = self.inner.changes.clock.since_boot().saturating_sub(begun);
                tokio::time::sleep((took * RESTS).max(SHORTEST_REST)).await;
            }
        }
    }

    /// A change between two reads looks like a difference, so only what differs twice counts.
    async fn verify_owner(&self, owner: UserId) -> Result<(), Error> {
        let first = self.differences(owner).await?;
        if first.is_empty() {
            return Ok(());
        }
        for finding in self.differences(owner).await? {
            if first.contains(&finding) {
                self.inner.verification.note(finding);
            }
        }
        Ok(())
    }

    async fn differences(&self, owner: UserId) -> Result<BTreeSet<String>, Error> {
        let mut comparison = Comparison {
            service: self,
            last_tags: self.last_tags(owner).await?,
            found: BTreeSet::new(),
        };
        let store = self.store();
        if let Some(user) = store.users().by_id(owner).await? {
            comparison.compare(&user);
        }
        for session in store.sessions().of_user(owner).await? {
            comparison.compare(&session);
        }
        let mut after = None;
        loop {
            let tokens = store.tokens().of_owner(owner, after, BATCH).await?;
            let Some(last) = tokens.last() else { break };
            after = Some(last.row.id);
            for token in tokens {
                comparison.compare(&token);
                for secret in store.secrets().of_token(token.row.id).await? {
                    comparison.compare(&secret);
                }
            }
        }
        Ok(comparison.end())
    }

    /// From the newest event back: the first that names a row is the last that wrote it.
    async fn last_tags(&self, owner: UserId) -> Result<LastTags, Error> {
        let mut last_tags = LastTags::new();
        let mut before = None;
        loop {
            let filter = EventFilter {
                owner: Some(owner),
                kind: None,
                subjects: None,
                before,
                limit: BATCH,
            };
            let events = self.store().events().newest(&filter).await?;
            let Some(last) = events.last() else {
                return Ok(last_tags);
            };
            before = Some(last.seq);
            for event in &events {
                note_rows(&mut last_tags, event);
            }
        }
    }
}

fn note_rows(last_tags: &mut LastTags, event: &Event) {
    // What can't be read is found by the walk through the chain.
    let details: Details = serde_json::from_slice(&event.details).unwrap_or_default();
    for row in details.rows.into_iter().rev() {
        last_tags.entry((row.table, row.id)).or_insert(row.tag);
    }
}

struct Comparison<'a> {
    service: &'a Service,
    last_tags: LastTags,
    found: BTreeSet<String>,
}

impl Comparison<'_> {
    fn compare<R: Row>(&mut self, tagged: &Tagged<R>) {
        let id = tagged.row.row_id();
        let last = self.last_tags.remove(&(R::TABLE.to_owned(), id.clone()));
        let what = match last {
            _ if !self.service.roots().is_genuine(tagged) => "was planted or altered",
            Some(Some(tag)) if tag == hex(&tagged.tag.bytes) => return,
            Some(Some(_)) => "is an older one, put back",
            Some(None) => "was removed once, and put back",
            None => "has no event",
        };
        self.found
            .insert(format!("row {id} of {} {what}", R::TABLE));
    }

    /// With the rows that events tell of and no table holds. Ended sessions are removed in time, without an event;
    /// the other tables are looked at by `audit verify` alone.
    fn end(self) -> BTreeSet<String> {
        let mut found = self.found;
        for ((table, id), tag) in self.last_tags {
            if tag.is_some() && ["users", "tokens", "secrets"].contains(&table.as_str()) {
                found.insert(format!("row {id} of {table} was removed, or can't be read"));
            }
        }
        found
    }
}
