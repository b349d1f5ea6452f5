//! Takes over a database of an earlier release, whose tags did not name the event that wrote a row.
//!
//! First the whole chain is verified. A row gets a tag of this release only if its tag is the one
//! in its last event. Every other row stays as it is, grants nothing, and is reported. The upgrade
//! ends with an event. The service doesn't open before it, and tags of the earlier format grant
//! nothing after it.
//!
//! An interrupted upgrade starts again, and finds the rows that are done. The id of its event is
//! derived from the event before it, so all attempts write the same tags. Several programs may
//! upgrade at the same time.

use std::collections::HashMap;

use ats_pat_auth::{Canonical, Origin, RowTag};
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::{Retagged, StoreError};
use ats_pat_domain::tagged::Tag;
use ats_pat_domain::{EventId, ProviderName, Tagged, Timestamp, UserId};

use super::OpenError;
use crate::change::{Authority, Change, Changes, Draft, Taken};
use crate::ledger::currency::epoch_of;
use crate::ledger::rows::{Row, hex};
use crate::ledger::{Details, FORMER_VERSION, REFUSED_ROWS, follows};
use crate::service::error::Error;

/// How many rows or events are read at once.
const BATCH: u64 = 1000;
/// How often a batch is tried if the database asks for another try.
const ATTEMPTS: u32 = 10;
/// The most rows that the event names if the upgrade leaves them as they are.
const MOST_NAMED: usize = 1000;

/// Takes the database over, if an earlier release wrote it and no other program took it over.
///
/// # Errors
/// [`OpenError::LogNotWhole`] if the event log has a gap or an altered entry. No row was changed
/// then.
pub(crate) async fn run(changes: &Changes) -> Result<(), OpenError> {
    take_over(changes).await.map_err(|error| match error {
        Error::Tampered {
            table: "events",
            id,
        } => OpenError::LogNotWhole { seq: id },
        other => other.into(),
    })
}

async fn take_over(changes: &Changes) -> Result<(), Error> {
    let events = changes.store.events();
    let head = events.head().await?;
    let first = events.from(1, 1).await?;
    let is_former = first
        .first()
        .is_some_and(|event| event.version == FORMER_VERSION);
    let kind = EventKind::DatabaseUpgraded.as_str();
    if !is_former || events.last_of_kind(kind).await?.is_some() {
        return Ok(());
    }
    tracing::info!(
        events = head.seq,
        "an earlier release wrote this database: its rows are verified and tagged anew"
    );
    let mut upgrade = Upgrade::after(changes, head).await?;
    upgrade.retag_all().await?;
    let id = upgrade.id;
    let end = End {
        head,
        retagged: upgrade.retagged,
        refused: upgrade.refused,
    };
    let (is_ended_here, _nothing) = changes.run_as(&Authority::System, &end, id).await?;
    if !is_ended_here {
        // Changes of that program may have overtaken the reads here.
        tracing::info!("another program tagged the rows anew meanwhile");
        return Ok(());
    }
    for row in &end.refused {
        tracing::error!(row, "a row differs from its last event, and grants nothing");
    }
    tracing::info!(
        rows = end.retagged,
        refused = end.refused.len(),
        "the rows are tagged anew"
    );
    Ok(())
}

/// For each row, by its fingerprint: its tag in its last event, shortened. 0 if the row was
/// removed.
type LastTags = HashMap<u64, u64>;

struct Upgrade<'a> {
    changes: &'a Changes,
    last_tags: LastTags,
    id: EventId,
    origin: Origin,
    retagged: u64,
    refused: Vec<String>,
}

impl<'a> Upgrade<'a> {
    /// Verifies the chain up to `head`.
    async fn after(changes: &'a Changes, head: Head) -> Result<Self, Error> {
        let mut last_tags = LastTags::new();
        let mut last = Head::EMPTY;
        let mut at = Timestamp::from_millis(0);
        while last.seq < head.seq {
            let next = last.next().ok_or(Error::altered_event(last.seq))?;
            let batch = changes.store.events().from(next, BATCH).await?;
            if batch.is_empty() {
                return Err(Error::altered_event(next));
            }
            // Another program may have finished the upgrade and made changes.
            for event in batch.into_iter().take_while(|event| event.seq <= head.seq) {
                let follows = follows(&changes.roots, &last, &event);
                let details = Details::of_either(&event).filter(|_| follows);
                for row in details.ok_or_else(|| Error::altered_event(event.seq))?.rows {
                    let name = name(changes, &row.table, &row.id);
                    last_tags.insert(name, row.tag.as_deref().map_or(0, in_short));
                }
                at = event.at;
                last = event.head();
            }
        }
        if last != head {
            return Err(Error::altered_event(head.seq));
        }
        let hash = changes.roots.first().hash_upgrade(&head.hash).to_bytes();
        let id = EventId::new(at, std::array::from_fn(|index| hash[index]));
        Ok(Self {
            changes,
            last_tags,
            id,
            origin: Origin {
                epoch: epoch_of(id),
                seq: head.next().ok_or(Error::altered_event(head.seq))?,
                event: epoch_of(id),
            },
            retagged: 0,
            refused: Vec::new(),
        })
    }

    async fn retag_all(&mut self) -> Result<(), Error> {
        let store = &*self.changes.store;
        let mut after = None;
        while let users = store.users().after(after, BATCH).await?
            && let Some(last) = users.last()
        {
            after = Some(last.row.id);
            self.retag(users).await?;
        }
        let mut after = None;
        while let tokens = store.tokens().after(after, BATCH).await?
            && let Some(last) = tokens.last()
        {
            after = Some(last.row.id);
            self.retag(tokens).await?;
        }
        let mut after = None;
        while let secrets = store.secrets().after(after, BATCH).await?
            && let Some(last) = secrets.last()
        {
            after = Some(last.row.hash);
            self.retag(secrets).await?;
        }
        let mut after = None;
        while let places = store.status_places().after(after, BATCH).await?
            && let Some(last) = places.last()
        {
            after = Some(last.row.index);
            self.retag(places).await?;
        }
        let mut after: Option<(UserId, ProviderName)> = None;
        while let from = after.as_ref().map(|(user, provider)| (*user, provider))
            && let identities = store.identities().after(from, BATCH).await?
            && let Some(last) = identities.last()
        {
            after = Some((last.row.user_id, last.row.provider.clone()));
            self.retag(identities).await?;
        }
        self.retag(store.sessions().all().await?).await?;
        self.retag(store.keys().ring().await?.keys).await?;
        let link = store.setup_links().current().await?;
        self.retag(link.into_iter().collect()).await?;
        let keys = store.operator_keys().all().await?;
        self.retag(keys.into_iter().map(|listed| listed.key).collect())
            .await?;
        self.retag(store.directory_groups().all().await?).await?;
        let policy = store.policy().current().await?;
        self.retag(policy.into_iter().collect()).await?;
        self.refused.extend(store.take_unreadable());
        Ok(())
    }

    async fn retag<R: Row>(&mut self, rows: Vec<Tagged<R>>) -> Result<(), Error> {
        let mut due = Vec::with_capacity(rows.len());
        for tagged in rows {
            if self.changes.roots.origin(&tagged) == Some(self.origin) {
                // An interrupted attempt did this row.
                self.retagged += 1;
            } else if self.is_last(&tagged) {
                self.retagged += 1;
                due.push(self.retagged_row(tagged));
            } else {
                let name = format!("{} of {}", tagged.row.row_id(), R::TABLE);
                self.refused.push(name);
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        for _ in 1..ATTEMPTS {
            // Another program may be writing the same rows.
            match self.changes.store.retag(&due).await {
                Err(StoreError::Retryable(_)) => {}
                other => return Ok(other?),
            }
        }
        Ok(self.changes.store.retag(&due).await?)
    }

    fn is_last<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        let is_genuine = self
            .changes
            .roots
            .former_tag(tagged)
            .is_some_and(|tag| tag == tagged.tag.bytes);
        let name = name(self.changes, R::TABLE, &tagged.row.row_id());
        let tag = in_short(&hex(&tagged.tag.bytes));
        is_genuine && self.last_tags.get(&name) == Some(&tag)
    }

    fn retagged_row<R: Row>(&self, tagged: Tagged<R>) -> Retagged {
        let keys = self.changes.roots.current();
        Retagged {
            key: tagged.row.key(),
            was: tagged.tag.bytes,
            tag: Tag {
                key_id: self.changes.roots.current_id(),
                bytes: RowTag::new(keys, self.origin, &tagged.row.canonical())
                    .to_bytes()
                    .to_vec(),
            },
        }
    }
}

fn name(changes: &Changes, table: &str, id: &str) -> u64 {
    changes
        .roots
        .first()
        .fingerprint(&Canonical::new(table).text(id))
}

/// Sixteen hexadecimal digits of a tag, after its format version. Nobody can make two tags with the
/// same digits without the key.
fn in_short(tag: &str) -> u64 {
    let digits = tag.get(2..18).unwrap_or_default();
    u64::from_str_radix(digits, 16).map_or(0, |short| short.max(1))
}

/// The event that ends the upgrade.
struct End {
    head: Head,
    retagged: u64,
    refused: Vec<String>,
}

impl Change for End {
    /// Whether the event was recorded. It is not if another program was first.
    type Output = bool;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(bool, Taken), Error> {
        let kind = EventKind::DatabaseUpgraded;
        let events = draft.read().events();
        if events.last_of_kind(kind.as_str()).await?.is_some() {
            return Ok((false, Taken::Nothing));
        }
        if draft.read().head() != self.head {
            return Err(Error::altered_event(self.head.seq.saturating_add(1)));
        }
        let named: Vec<_> = self.refused.iter().take(MOST_NAMED).cloned().collect();
        draft.record(
            draft
                .entry(kind, &"rows")
                .detail("Retagged", self.retagged)
                .detail("Refused", self.refused.len())
                .detail(REFUSED_ROWS, named),
        );
        Ok((true, Taken::Nothing))
    }
}
