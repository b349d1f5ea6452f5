//! Which events stay.

use ats_pat_domain::Event;
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::list::EventFilter;
use serde_json::Value;

use super::PruneError;
use super::standing::Standing;
use crate::ledger::pruned::{KeptEvents, KeptReader, Pruned, Stands};
use crate::ledger::rows::Roots;
use crate::ledger::{Details, QUARANTINED, REFUSED_ROWS, Upgrade, fingerprint, follows};
use crate::service::Service;

/// How many events are read at once.
const BATCH: u64 = 1000;

/// Kinds of which every event stays. There are few of them, and later decisions look for them:
/// whether the service was set up, where epochs begin, which signing keys there ever were, which
/// jobs are over.
const ALWAYS: [EventKind; 8] = [
    EventKind::UserCreated,
    EventKind::SigningKeyCreated,
    EventKind::PolicyChanged,
    EventKind::BulkStarted,
    EventKind::BulkFinished,
    EventKind::RestoreAccepted,
    EventKind::DatabaseUpgraded,
    EventKind::EventsPruned,
];

/// Goes through the events up to `through`, verifies their chain, and lists those that stay.
///
/// # Errors
/// [`PruneError::Differs`], [`PruneError::BeforeUpgrade`], [`PruneError::Service`].
pub(super) async fn select(
    service: &Service,
    through: Head,
    before: Option<&Pruned>,
) -> Result<KeptEvents, PruneError> {
    let (store, roots) = (service.store(), service.roots());
    let kind = EventKind::DatabaseUpgraded.as_str();
    let upgrade = store.events().last_of_kind(kind).await?;
    let upgrade = upgrade.as_ref().and_then(Upgrade::of);
    if let Some(upgrade) = upgrade.filter(|upgrade| upgrade.seq > through.seq) {
        return Err(PruneError::BeforeUpgrade { seq: upgrade.seq });
    }
    let last_batch = EventFilter {
        kind: Some(EventKind::BulkRevoked.as_str().to_owned()),
        before: through.seq.checked_add(1),
        limit: 1,
        ..EventFilter::default()
    };
    let last_batch = store.events().newest(&last_batch).await?;
    let list = match before {
        Some(before) => Some(before.carried(store, roots).await?),
        None => None,
    };
    let mut selection = Selection {
        roots,
        standing: Standing::read(service, through.seq, upgrade).await?,
        through: through.seq,
        last_batch: last_batch.first().map(|event| event.seq),
        kept_before: before
            .zip(list.as_ref())
            .map(|(before, list)| (before.through.seq, list.kept.reader())),
        last: Head::EMPTY,
        last_fingerprint: 0,
        kept: KeptEvents::default(),
    };
    let mut next = 1;
    while next <= through.seq {
        let batch = store.events().from(next, BATCH).await?;
        let Some(last) = batch.last() else {
            return Err(missing(next));
        };
        next = last.seq.saturating_add(1);
        for event in batch.iter().take_while(|event| event.seq <= through.seq) {
            selection.look_at(event)?;
        }
    }
    selection.standing.require_all()?;
    Ok(selection.kept)
}

struct Selection<'a> {
    roots: &'a Roots,
    standing: Standing<'a>,
    through: i64,
    /// The last batch of the last job that revokes tokens, which may be under way.
    last_batch: Option<i64>,
    /// Up to where events were removed before, and which of those stayed.
    kept_before: Option<(i64, KeptReader<'a>)>,
    /// The event that was looked at last.
    last: Head,
    /// Its fingerprint.
    last_fingerprint: u64,
    kept: KeptEvents,
}

impl Selection<'_> {
    fn look_at(&mut self, event: &Event) -> Result<(), PruneError> {
        let stayed = match &mut self.kept_before {
            Some((to, list)) => {
                if let Some((seq, _)) = list.before(event.seq) {
                    return Err(missing(seq));
                }
                (event.seq <= *to).then(|| list.at(event.seq))
            }
            None => None,
        };
        let own = fingerprint(self.roots, event);
        let is_proven = match &stayed {
            // It is about to be removed.
            Some(None) => return Ok(()),
            Some(Some(Stands::Alone(known))) => own == *known,
            _ => follows(self.roots, &self.last, event),
        };
        if !is_proven {
            return Err(differs(format!(
                "event {} was altered, or does not follow the one before",
                event.seq
            )));
        }
        let stands = self.standing.of(event)?;
        if self.is_needed(event, &stands) {
            if let Some(Some(alone @ Stands::Alone(_))) = stayed {
                self.kept.push(event.seq, &alone);
            } else {
                // The chain proves an event only beside the one before.
                if self.last.seq > 0 && self.kept.last() < self.last.seq {
                    let alone = Stands::Alone(self.last_fingerprint);
                    self.kept.push(self.last.seq, &alone);
                }
                self.kept.push(event.seq, &stands);
            }
        }
        self.last = event.head();
        self.last_fingerprint = own;
        Ok(())
    }

    fn is_needed(&self, event: &Event, stands: &Stands) -> bool {
        *stands != Stands::None
            || event.seq == self.through
            || self.last_batch == Some(event.seq)
            || ALWAYS.iter().any(|kind| event.kind == kind.as_str())
            || self.standing.was_made_by(event)
            || reports_rows(event)
    }
}

/// Whether the event names rows that were planted or altered. `audit verify` reports them for ever.
fn reports_rows(event: &Event) -> bool {
    let rows = Details::of(event).unwrap_or_default().rows;
    if rows
        .iter()
        .any(|row| row.replaces.is_some_and(|replaces| replaces.seq.is_none()))
    {
        return true;
    }
    let details: Value = serde_json::from_slice(&event.details).unwrap_or_default();
    [QUARANTINED, REFUSED_ROWS].iter().any(|detail| {
        let rows = details.get(detail).and_then(Value::as_array);
        rows.is_some_and(|rows| !rows.is_empty())
    })
}

fn missing(seq: i64) -> PruneError {
    differs(format!("event {seq} is missing"))
}

fn differs(finding: String) -> PruneError {
    PruneError::Differs { finding }
}
