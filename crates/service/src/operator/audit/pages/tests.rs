use std::sync::atomic::{AtomicUsize, Ordering};

use ats_pat_auth::RootKey;
use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::{EventId, Timestamp};

use super::*;
use crate::ledger::{Entry, Replaces, RowChange};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How many events are in a page here.
const SIZE: usize = 10;

fn roots() -> Arc<Roots> {
    Arc::new(Roots::new(RootKey::new(1, [7; 32]).derive(), []))
}

/// A chain of so many events.
fn chain(length: u8) -> Vec<Event> {
    let (roots, mut head) = (roots(), Head::EMPTY);
    let events = (1..=length).map(|number| {
        let entry = Entry::new(EventKind::UserCreated, Actor::Operator, &number)
            .detail(QUARANTINED, vec![format!("{number} of tokens")])
            .personal("Address", "192.0.2.7");
        let row = RowChange {
            table: "tokens",
            id: number.to_string(),
            tag: Some("00".to_owned()),
            replaces: Some(Replaces::ANYTHING),
        };
        let id = EventId::new(NOW, [number; 10]);
        let event = entry.into_event(&roots, &head, id, NOW, &[row], [number; 32]);
        let event = event.unwrap();
        head = event.head();
        event
    });
    events.collect()
}

/// Reads pages of a log from memory.
fn page(log: &[Event], next: i64) -> Vec<Event> {
    let behind = log.iter().filter(|event| event.seq >= next);
    behind.take(SIZE).cloned().collect()
}

fn pages(log: Vec<Event>, after: Head, through: i64) -> Pages {
    let log = Arc::new(log);
    Pages::new(roots(), after, through, move |next| {
        let log = Arc::clone(&log);
        async move { Ok(page(&log, next)) }
    })
}

async fn all(mut pages: Pages) -> Vec<Checked> {
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.extend(page);
    }
    all
}

/// A log with faults inside of pages, at their ends, and at their beginnings.
fn altered() -> Vec<Event> {
    let mut log = chain(200);
    log[9].actor = "system".to_owned();
    log[20].at = Timestamp::from_millis(1);
    log[34].details = b"nothing to read".to_vec();
    log[39].hash = [9; 33];
    log[69].personal.as_mut().unwrap().data = b"{}".to_vec();
    log[70].personal_hash = None;
    log[100].personal = None;
    log.remove(150);
    log.remove(119);
    log.swap(60, 61);
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_checked_at_once_say_the_same_as_one_event_after_the_other() {
    let (roots, log) = (roots(), altered());
    let checked = all(pages(log.clone(), Head::EMPTY, i64::MAX)).await;
    assert_eq!(checked.len(), log.len());
    let mut before = Head::EMPTY;
    let mut wrong = Vec::new();
    for (checked, event) in checked.iter().zip(&log) {
        assert_eq!(checked.event, *event);
        let seq = event.seq;
        let says = (checked.follows, checked.personal_is_genuine);
        let is = (
            follows(&roots, &before, event),
            personal_part_is_genuine(&roots, event),
        );
        assert_eq!(says, is, "event {seq}");
        if says != (true, true) {
            wrong.push(seq);
        }
        if seq == 35 {
            assert!(checked.rows.is_none() && checked.ended.is_empty());
        } else {
            assert_eq!(checked.rows.as_ref().unwrap()[0].id, seq.to_string());
            let ended = format!("{seq} of tokens was planted or altered, and was ended by event");
            assert!(checked.ended[0].contains(&ended), "{:?}", checked.ended);
        }
        before = event.head();
    }
    // The list would be empty if nothing were checked.
    assert_eq!(wrong, [10, 21, 35, 40, 41, 62, 61, 63, 70, 71, 121, 152]);
}

#[tokio::test]
async fn no_more_pages_are_read_than_are_checked_at_once() {
    let reads = Arc::new(AtomicUsize::new(0));
    let (log, counted) = (Arc::new(chain(250)), Arc::clone(&reads));
    let mut pages = Pages::new(roots(), Head::EMPTY, i64::MAX, move |next| {
        counted.fetch_add(1, Ordering::Relaxed);
        let log = Arc::clone(&log);
        // Without an end.
        async move { Ok(page(&log, next % 100)) }
    });
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    for used in 0..3 {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(reads.load(Ordering::Relaxed), used + processors + 1);
        assert!(pages.next().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_page_that_can_not_be_read_is_not_the_end_of_the_log() {
    let log = Arc::new(chain(30));
    let mut pages = Pages::new(roots(), Head::EMPTY, i64::MAX, move |next| {
        let log = Arc::clone(&log);
        async move {
            if next > 10 {
                return Err(StoreError::Unavailable("it restarts".into()));
            }
            Ok(page(&log, next))
        }
    });
    assert_eq!(pages.next().await.unwrap().unwrap().len(), SIZE);
    let refused = pages.next().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn pages_begin_after_an_event_and_reach_to_another() {
    let log = chain(50);
    let after = log[4].head();
    let read = all(pages(log, after, 16)).await;
    let numbers: Vec<i64> = read.iter().map(|checked| checked.event.seq).collect();
    assert_eq!(numbers, (6..=25).collect::<Vec<_>>(), "whole pages");
    assert!(read.iter().all(|checked| checked.follows));
}
