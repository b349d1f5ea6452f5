use std::path::{Path, PathBuf};

use ats_pat_auth::RootKey;
use ats_pat_domain::event::{Actor, Event, EventKind, Head};
use ats_pat_domain::{EventId, Timestamp};

use super::{ArchiveError, Reader, Writer};
use crate::ledger::Entry;
use crate::ledger::rows::Roots;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn roots(key: u8) -> Roots {
    Roots::new(RootKey::new(1, [key; 32]).derive(), [])
}

fn events() -> Vec<Event> {
    let mut head = Head::EMPTY;
    let names = ["ada", "\"line\nbreak\"", "zoë \u{1f511}"];
    let events = names.into_iter().zip(1..).map(|(name, number)| {
        let entry = Entry::new(EventKind::UserCreated, Actor::Operator, &name)
            .detail("Name", name)
            .personal("Address", "192.0.2.7");
        let id = EventId::new(NOW, [number; 10]);
        let event = entry.into_event(&roots(1), &head, id, NOW, &[], [number; 32]);
        let event = event.unwrap();
        head = event.head();
        event
    });
    events.collect()
}

fn archive(folder: &Path) -> PathBuf {
    let path = folder.join("archive");
    let roots = roots(1);
    let mut writer = Writer::create(&path, &roots, Head::EMPTY, NOW).unwrap();
    for event in events() {
        writer.write(&event).unwrap();
    }
    writer.finish().unwrap();
    path
}

fn read(path: &Path, roots: &Roots) -> Result<Vec<Event>, ArchiveError> {
    let mut reader = Reader::open(path, roots)?;
    let mut events = Vec::new();
    while let Some(event) = reader.next()? {
        events.push(event);
    }
    Ok(events)
}

#[test]
fn events_are_read_as_they_are_chained_without_what_can_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path());
    let mut written = events();
    for event in &mut written {
        assert!(event.personal.take().is_some());
    }
    assert_eq!(read(&path, &roots(1)).unwrap(), written);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("192.0.2.7"));
    assert_eq!(text.lines().count(), 3 + written.len());
}

#[test]
fn no_byte_of_an_archive_can_change_and_no_part_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    let other = folder.path().join("other");
    let is_refused = |altered: &[u8]| {
        std::fs::write(&other, altered).unwrap();
        read(&other, &roots(1)).is_err()
    };
    assert!(!is_refused(&bytes));
    for place in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        assert!(is_refused(&altered), "{place}");
        assert!(is_refused(&bytes[..place]), "{place}");
    }
    assert!(is_refused(&[&bytes[..], b"\n"].concat()));
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for left_out in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(left_out);
        assert!(is_refused(fewer.concat().as_bytes()), "{left_out}");
    }
}

#[test]
fn an_archive_of_another_service_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = read(&archive(folder.path()), &roots(2)).unwrap_err();
    assert!(matches!(refused, ArchiveError::Altered { .. }));
}

#[test]
fn an_event_that_does_not_follow_is_not_archived() {
    let folder = tempfile::tempdir().unwrap();
    let roots = roots(1);
    let path = folder.path().join("archive");
    let mut writer = Writer::create(&path, &roots, Head::EMPTY, NOW).unwrap();
    let [first, _, third] = &events()[..] else {
        unreachable!("there are three")
    };
    writer.write(first).unwrap();
    let refused = writer.write(third).unwrap_err();
    assert!(matches!(refused, ArchiveError::Broken { seq: 3 }));
}
