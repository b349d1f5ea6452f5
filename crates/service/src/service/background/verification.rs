//! Compares rows with the event log while the server runs: owner by owner, slowly, and for ever.
//!
//! If a row differs from its last event, or no event names it, then no change wrote it. It grants
//! nothing, but an operator has to know. `audit verify` compares everything at once.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use ats_pat_domain::event::{Event, EventKind};
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::{Tagged, UserId};

use crate::ledger::currency::Doubt;
use crate::ledger::pruned::Pruned;
use crate::ledger::rows::Row;
use crate::ledger::{Details, Difference, LastLogged, LoggedRow, RowName, Upgrade};
use crate::service::Service;
use crate::service::error::{Error, causes};

/// How many users, tokens or events are read at once.
const BATCH: u64 = 500;
/// After each second of comparing, the walk rests this many seconds.
const RESTS: u32 = 50;
const SHORTEST_REST: Duration = Duration::from_millis(5);
/// The time between two walks.
const BETWEEN_WALKS: Duration = Duration::from_secs(10);

impl Service {
    /// The number of rows that the running server found different from their last events, up to
    /// [`Code::InvalidRequest`](ats_pat_domain::Code::InvalidRequest).
    #[must_use]
    pub fn count_of_rows_that_differ(&self) -> usize {
        self.inner.findings.count()
    }

    /// A sentence for each of these rows, up to `most`.
    #[must_use]
    pub fn rows_that_differ(&self, most: usize) -> Vec<String> {
        self.inner.findings.first(most)
    }

    /// Compares until `shutdown` is ready. Failures are logged, and the next walk tries again.
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

    /// Signing keys, operator keys, groups of the directory, the set-up link and the policy have no
    /// owner.
    async fn verify_what_nobody_owns(&self) -> Result<(), Error> {
        let ring = self.store().keys().ring().await?;
        let link = self.readable(self.store().setup_links().current().await)?;
        let policy = self.readable(self.store().policy().current().await)?;
        let operator_keys = self.store().operator_keys().all().await?;
        let groups = self.store().directory_groups().all().await?;
        self.currency()
            .follow_to(self.store().events().head().await?)
            .await?;
        for key in ring.keys {
            self.note_doubt(self.currency().check(key));
        }
        if let Some(link) = link {
            self.note_doubt(self.currency().check(link));
        }
        for listed in operator_keys {
            self.note_doubt(self.currency().check(listed.key));
        }
        for group in groups {
            self.note_doubt(self.currency().check(group));
        }
        if let Some(policy) = policy {
            self.note_doubt(self.currency().check(policy));
        }
        Ok(())
    }

    /// The one row of its table; one that can't be read keeps no other from being looked at.
    fn readable<R: Row>(
        &self,
        read: Result<Option<Tagged<R>>, StoreError>,
    ) -> Result<Option<Tagged<R>>, Error> {
        match read {
            Err(StoreError::Corrupt { .. }) => {
                let finding = format!("row 1 of {} can't be read", R::TABLE);
                self.inner.findings.note(finding);
                Ok(None)
            }
            read => Ok(read?),
        }
    }

    /// What a change overtook since it was read is not the one that stands there either: it is
    /// looked at again in the next walk, and only then counts.
    fn note_doubt<R>(&self, checked: Result<R, Doubt>) {
        let findings = &self.inner.findings;
        if let Err(doubt) = checked
            && findings.is_met_again(&doubt)
            && let Some(finding) = doubt.in_words()
        {
            findings.note(finding);
        }
    }

    /// Compares the rows of every owner once, and those that have none.
    pub async fn verify_rows(&self) -> Result<(), Error> {
        match self.verify_what_nobody_owns().await {
            // The rows of owners are still compared.
            Err(Error::Tampered { table, id }) => {
                let finding = format!("row {id} of {table} was altered, or is missing");
                self.inner.findings.note(finding);
            }
            other => other?,
        }
        let mut after = None;
        loop {
            let users = self.store().users().after(after, BATCH).await?;
            for row in self.store().take_unreadable() {
                self.inner.findings.note(format!("row {row} can't be read"));
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

    /// Only a difference that was found twice counts, see [`Difference`].
    async fn verify_owner(&self, owner: UserId) -> Result<(), Error> {
        let first = self.differences(owner).await?;
        if first.is_empty() {
            return Ok(());
        }
        for finding in Difference::found_twice(&first, self.differences(owner).await?) {
            self.inner.findings.note(finding);
        }
        Ok(())
    }

    async fn differences(&self, owner: UserId) -> Result<BTreeSet<Difference>, Error> {
        let mut comparison = Comparison {
            service: self,
            last_logged: self.last_logged(owner).await?,
            upgrade: self.upgrade().await?,
            pruned: Pruned::last(self.store(), self.roots()).await?,
            found: BTreeSet::new(),
        };
        let store = self.store();
        if let Some(user) = store.users().by_id(owner).await? {
            comparison.compare(&user);
        }
        for identity in store.identities().of_user(owner).await? {
            comparison.compare(&identity);
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

    async fn upgrade(&self) -> Result<Option<Upgrade>, Error> {
        let kind = EventKind::DatabaseUpgraded.as_str();
        let event = self.store().events().last_of_kind(kind).await?;
        Ok(event.as_ref().and_then(Upgrade::of))
    }

    /// Reads from the newest event back. So the first event that names a row is its last one.
    async fn last_logged(&self, owner: UserId) -> Result<LastLogged, Error> {
        let mut last_logged = LastLogged::new();
        let mut before = None;
        loop {
            let filter = EventFilter {
                owner: Some(owner),
                owner_called: None,
                kind: None,
                subjects: None,
                before,
                limit: BATCH,
            };
            let events = self.store().events().newest(&filter).await?;
            let Some(last) = events.last() else {
                return Ok(last_logged);
            };
            before = Some(last.seq);
            for event in &events {
                note_rows(&mut last_logged, event);
            }
        }
    }
}

fn note_rows(last_logged: &mut LastLogged, event: &Event) {
    // The walk through the chain reports details that can't be read.
    let details = Details::of_either(event).unwrap_or_default();
    for row in details.rows.iter().rev() {
        let name = RowName::new(&row.table, &row.id);
        last_logged
            .entry(name)
            .or_insert_with(|| LoggedRow::of(event, row));
    }
}

struct Comparison<'a> {
    service: &'a Service,
    last_logged: LastLogged,
    upgrade: Option<Upgrade>,
    pruned: Option<Pruned>,
    found: BTreeSet<Difference>,
}

impl Comparison<'_> {
    fn compare<R: Row>(&mut self, tagged: &Tagged<R>) {
        let name = RowName::new(R::TABLE, &tagged.row.row_id());
        let logged = self.last_logged.remove(&name);
        let roots = self.service.roots();
        let difference = Difference::of(roots, tagged, logged.as_ref(), self.upgrade);
        self.found.extend(difference);
    }

    /// All differences, including rows that events name but no table has. Ended sessions are left
    /// out, because they are removed without an event. So are rows of events that a removal of
    /// others left in the log, because the event that removed the row may be gone. Only `audit
    /// verify` checks these, and the other tables.
    fn end(self) -> BTreeSet<Difference> {
        let mut found = self.found;
        for (name, logged) in self.last_logged {
            let is_left = |pruned: Pruned| logged.seq <= pruned.through.seq;
            if self.pruned.is_some_and(is_left) {
                continue;
            }
            if ["users", "identities", "tokens", "secrets"].contains(&name.table()) {
                found.extend(Difference::missing(&name, &logged));
            }
        }
        found
    }
}
