//! What is known of the event log up to one event, and whether a row is current by that.

use ats_pat_auth::{Canonical, Origin, RootKeys};
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::StoredPolicy;
use ats_pat_domain::{Event, EventId, Timestamp};

use super::replaced::{ENTRY, Entry, Replaced};
use crate::ledger::rows::{Roots, Row, THE_POLICY};
use crate::ledger::{Details, WrittenRow};

/// The epoch before the first restore was accepted.
pub(crate) const FIRST_EPOCH: [u8; 16] = [0; 16];
/// The format of a checkpoint.
const FORMAT: u8 = 1;
const HASH: usize = 32;

/// A part of the log in which each number belongs to one event that is still in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Epoch {
    id: [u8; 16],
    /// The number of the epoch's first event. The epoch before ends there.
    from: i64,
}

/// Everything that is known up to [`head`](Self::head).
pub(super) struct KnownLog {
    head: Head,
    /// By their first events. Never empty.
    epochs: Vec<Epoch>,
    replaced: Replaced,
}

impl KnownLog {
    /// The start of an empty log.
    pub(super) fn of_an_empty_log() -> Self {
        Self {
            head: Head::EMPTY,
            epochs: vec![Epoch {
                id: FIRST_EPOCH,
                from: 1,
            }],
            replaced: Replaced::default(),
        }
    }

    /// The state at the end of an upgrade. Every row that counts was written by its last event or
    /// later.
    pub(super) fn after_upgrade(upgrade: &Event) -> Self {
        Self {
            head: upgrade.head(),
            epochs: vec![Epoch {
                id: *upgrade.id.as_uuid().as_bytes(),
                from: upgrade.seq,
            }],
            replaced: Replaced::default(),
        }
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// The epoch of the next event.
    pub(super) fn epoch(&self) -> [u8; 16] {
        self.epochs.last().map_or(FIRST_EPOCH, |epoch| epoch.id)
    }

    pub(super) fn entries(&self) -> usize {
        self.replaced.len()
    }

    /// Applies the next event.
    pub(super) fn apply(
        &mut self,
        event: &Event,
        details: &Details<'_>,
        roots: &Roots,
        now: Timestamp,
    ) {
        let keys = roots.first();
        if begins_an_epoch(&event.kind) {
            self.epochs.push(Epoch {
                id: *event.id.as_uuid().as_bytes(),
                from: event.seq,
            });
        }
        let by = of_event(keys, event.id.as_uuid().as_bytes());
        for row in &details.rows {
            self.note(row, by, keys, now);
        }
        self.head = event.head();
    }

    fn note(&mut self, row: &WrittenRow<'_>, by: u64, keys: &RootKeys, now: Timestamp) {
        let name = of_row(keys, &row.table, &row.id);
        let until = match row.replaces {
            Some(replaces) => replaces.until(),
            // A new row has no earlier state, so nothing need be remembered.
            None if row.tag.is_some()
                && row.table != StoredPolicy::TABLE
                && self.replaced.get(name).is_none() =>
            {
                return;
            }
            None => None,
        };
        // After a removal there is no current row, so the entry matches no event.
        let by = if row.tag.is_some() { by } else { !by };
        let entry = Entry::new(by, until);
        if !entry.is_over(now) || self.replaced.get(name).is_some() {
            self.replaced.put(name, entry, now);
        }
    }

    /// Whether a row is current: its event is in the log, and no later event wrote the row.
    pub(super) fn judge(&self, keys: &RootKeys, table: &str, id: &str, origin: Origin) -> bool {
        let mut ends = i64::MAX;
        let mut survives = false;
        for epoch in self.epochs.iter().rev() {
            if epoch.id == origin.epoch {
                survives = epoch.from <= origin.seq && origin.seq < ends;
                break;
            }
            ends = epoch.from;
        }
        survives
            && origin.seq <= self.head.seq
            && self
                .replaced
                .get(of_row(keys, table, id))
                .is_none_or(|entry| entry.is_by(of_event(keys, &origin.event)))
    }

    /// Whether an event ever wrote the policy. Then there must be one in the database.
    pub(super) fn names_a_policy(&self, keys: &RootKeys) -> bool {
        let name = of_row(keys, StoredPolicy::TABLE, THE_POLICY);
        self.replaced.get(name).is_some()
    }

    /// The content of a checkpoint, to be [sealed](seal).
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(&self.head.seq.to_le_bytes());
        bytes.extend_from_slice(&self.head.hash);
        let epochs = u32::try_from(self.epochs.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&epochs.to_le_bytes());
        for epoch in &self.epochs {
            bytes.extend_from_slice(&epoch.id);
            bytes.extend_from_slice(&epoch.from.to_le_bytes());
        }
        self.replaced.write(&mut bytes);
        bytes
    }

    /// Reads a checkpoint. `None` if another service or release wrote it, or somebody altered it.
    pub(super) fn of_checkpoint(bytes: &[u8], keys: &RootKeys) -> Option<Self> {
        let (bytes, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
        let hash = ats_pat_auth::KeyedHash::from_slice(hash).ok()?;
        if keys.hash_checkpoint(bytes) != hash {
            return None;
        }
        Self::of_bytes(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. Whoever calls this has proven the bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let (seq, rest) = rest.split_first_chunk()?;
        let (head_hash, rest) = rest.split_first_chunk()?;
        let (count, mut rest) = rest.split_first_chunk()?;
        let mut epochs = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            let (id, after) = rest.split_first_chunk()?;
            let (from, after) = after.split_first_chunk()?;
            epochs.push(Epoch {
                id: *id,
                from: i64::from_le_bytes(*from),
            });
            rest = after;
        }
        let is_whole = rest.len().is_multiple_of(ENTRY) && !epochs.is_empty();
        is_whole.then(|| Self {
            head: Head {
                seq: i64::from_le_bytes(*seq),
                hash: *head_hash,
            },
            epochs,
            replaced: Replaced::read(rest),
        })
    }
}

/// Seals the bytes of [`KnownLog::to_bytes`] as a checkpoint, with a keyed hash.
pub(super) fn seal(mut bytes: Vec<u8>, keys: &RootKeys) -> Vec<u8> {
    let hash = keys.hash_checkpoint(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// Whether numbers of events may be used again after an event of this kind.
pub(crate) fn begins_an_epoch(kind: &str) -> bool {
    [EventKind::RestoreAccepted, EventKind::DatabaseUpgraded]
        .iter()
        .any(|begins| begins.as_str() == kind)
}

/// The epoch that begins with this event.
pub(crate) fn epoch_of(event: EventId) -> [u8; 16] {
    *event.as_uuid().as_bytes()
}

fn of_row(keys: &RootKeys, table: &str, id: &str) -> u64 {
    keys.fingerprint(&Canonical::new(table).text(id))
}

fn of_event(keys: &RootKeys, id: &[u8; 16]) -> u64 {
    keys.fingerprint(&Canonical::new("events").uuid(id))
}

#[cfg(test)]
mod tests {
    use ats_pat_auth::RootKey;
    use ats_pat_domain::port::Clock as _;
    use ats_pat_domain::tagged::KeyId;
    use uuid::Uuid;

    use super::*;
    use crate::ledger::{Replaces, VERSION};
    use crate::service::system::SystemClock;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn roots() -> Roots {
        Roots::new(RootKey::new(1, [7; 32]).derive(), [])
    }

    fn event(seq: i64, kind: EventKind) -> Event {
        Event {
            seq,
            id: EventId::from_uuid(Uuid::from_u128(seq.unsigned_abs().into())),
            version: VERSION,
            at: NOW,
            actor: String::new(),
            owner: None,
            kind: kind.as_str().to_owned(),
            subject: String::new(),
            details: Vec::new(),
            personal_hash: None,
            key_id: KeyId(1),
            hash: [0; 33],
            personal: None,
        }
    }

    fn row(id: &str, replaces: Option<Replaces>) -> WrittenRow<'static> {
        WrittenRow {
            table: "tokens".into(),
            id: id.to_owned().into(),
            tag: Some("00".into()),
            replaces,
        }
    }

    fn write(known: &mut KnownLog, seq: i64, id: &str, replaces: Option<Replaces>) {
        let details = Details {
            rows: vec![row(id, replaces)],
        };
        known.apply(
            &event(seq, EventKind::TokenCreated),
            &details,
            &roots(),
            NOW,
        );
    }

    fn is_current(known: &KnownLog, id: &str, epoch: [u8; 16], seq: i64, event: u128) -> bool {
        let origin = Origin {
            epoch,
            seq,
            event: *Uuid::from_u128(event).as_bytes(),
        };
        known.judge(roots().first(), "tokens", id, origin)
    }

    #[test]
    fn a_row_is_current_until_another_event_writes_it() {
        let mut known = KnownLog::of_an_empty_log();
        write(&mut known, 1, "one", None);
        write(&mut known, 2, "two", None);
        assert!(is_current(&known, "one", FIRST_EPOCH, 1, 1));
        assert!(!is_current(&known, "one", FIRST_EPOCH, 3, 3), "not yet");
        write(&mut known, 3, "one", Some(Replaces::ANYTHING));
        assert!(!is_current(&known, "one", FIRST_EPOCH, 1, 1));
        assert!(is_current(&known, "one", FIRST_EPOCH, 3, 3));
        assert!(
            !is_current(&known, "one", FIRST_EPOCH, 3, 4),
            "of an undone change"
        );
        assert!(is_current(&known, "two", FIRST_EPOCH, 2, 2));
    }

    #[test]
    fn rows_of_events_that_an_accepted_restore_gave_up_are_not_current() {
        let mut known = KnownLog::of_an_empty_log();
        write(&mut known, 1, "one", None);
        // The restore gave up events 2 to 4, so their numbers are used again.
        let accepted = event(2, EventKind::RestoreAccepted);
        known.apply(&accepted, &Details::default(), &roots(), NOW);
        let epoch = epoch_of(accepted.id);
        write(&mut known, 3, "three", None);
        assert!(is_current(&known, "one", FIRST_EPOCH, 1, 1));
        assert!(!is_current(&known, "three", FIRST_EPOCH, 3, 33));
        assert!(is_current(&known, "three", epoch, 3, 3));
        assert!(
            !is_current(&known, "one", [9; 16], 1, 1),
            "of an epoch that never was"
        );
        assert_eq!(known.epoch(), epoch);
    }

    #[test]
    fn a_checkpoint_is_read_back_and_other_bytes_are_refused() {
        let roots = roots();
        let mut known = KnownLog::of_an_empty_log();
        write(&mut known, 1, "one", None);
        write(&mut known, 2, "one", Some(Replaces::ANYTHING));
        let bytes = seal(known.to_bytes(), roots.first());
        let read = KnownLog::of_checkpoint(&bytes, roots.first()).unwrap();
        assert_eq!(read.head(), known.head());
        assert!(is_current(&read, "one", FIRST_EPOCH, 2, 2));
        assert!(!is_current(&read, "one", FIRST_EPOCH, 1, 1));
        for place in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            assert!(KnownLog::of_checkpoint(&altered, roots.first()).is_none());
            assert!(KnownLog::of_checkpoint(&bytes[..place], roots.first()).is_none());
        }
        let others = RootKey::new(1, [8; 32]).derive();
        assert!(KnownLog::of_checkpoint(&bytes, &others).is_none());
    }

    fn since(began: std::time::Duration) -> std::time::Duration {
        SystemClock.since_boot().saturating_sub(began)
    }

    /// Two million tokens that were revoked before their expiry: `cargo nextest run -p
    /// ats-pat-service --release --run-ignored only two_million_replaced_rows --no-capture`.
    #[test]
    #[ignore = "it measures, and takes a while"]
    fn two_million_replaced_rows() {
        const ROWS: i64 = 2_000_000;
        let (roots, mut known) = (roots(), KnownLog::of_an_empty_log());
        let until = Replaces {
            seq: Some(1),
            until: Some(NOW.as_millis() + 90 * 24 * 3_600_000),
        };
        let ids: Vec<String> = (0..ROWS)
            .map(|id| Uuid::from_u128(id.unsigned_abs().into()).to_string())
            .collect();
        let began = SystemClock.since_boot();
        for (seq, id) in (1..).zip(&ids) {
            write(&mut known, seq, id, Some(until));
        }
        println!("an event is noted in {:?}", since(began) / 2_000_000);
        let began = SystemClock.since_boot();
        let bytes = seal(known.to_bytes(), roots.first());
        println!(
            "a checkpoint of {} MB is made in {:?}",
            bytes.len() / 1_000_000,
            since(began)
        );
        let began = SystemClock.since_boot();
        let read = KnownLog::of_checkpoint(&bytes, roots.first()).unwrap();
        println!("and read in {:?}", since(began));
        let began = SystemClock.since_boot();
        let keys = roots.first();
        let standing_rows = (1..).zip(&ids).filter(|(seq, id)| {
            let origin = Origin {
                epoch: FIRST_EPOCH,
                seq: *seq,
                event: *Uuid::from_u128(seq.unsigned_abs().into()).as_bytes(),
            };
            read.judge(keys, "tokens", id, origin)
        });
        assert_eq!(standing_rows.count(), ids.len());
        println!("a row is judged in {:?}", since(began) / 2_000_000);
    }
}
