//! The anchor: the head of the event log that this server last saw, in a file of its data folder.
//!
//! If the database doesn't have the anchor's event, somebody restored or altered it. Then the
//! program doesn't start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ats_pat_domain::event::{EventHash, Head};
use parking_lot::Mutex;

use crate::ledger::rows::{hex, of_hex};

const FORMAT: &str = "1";
/// Written in place of a hash if no restore was ever accepted.
const NONE: &str = "-";

/// The content of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The last event seen.
    pub(crate) head: Head,
    /// The hash of the last acceptance of a restore at that time. It excuses no later restore.
    pub(crate) accepted: Option<EventHash>,
}

/// The last head that was seen, and its file.
pub(crate) struct Anchor {
    file: Option<PathBuf>,
    state: Mutex<State>,
    /// Every exchange reads this.
    is_lost: AtomicBool,
}

struct State {
    seen: Kept,
    kept: Option<Kept>,
}

impl Anchor {
    /// Starts with a head that was just read and verified. Without a file, nothing is kept.
    pub(crate) fn new(file: Option<PathBuf>, seen: Kept, kept: Option<Kept>) -> Self {
        Self {
            file,
            state: Mutex::new(State { seen, kept }),
            is_lost: AtomicBool::new(false),
        }
    }

    /// Notes that a change of this program took the log from `before` to `after`. If `before` is
    /// not the head that was seen, other programs changed the log. The next look at the log finds
    /// out whether their events follow the head.
    pub(crate) fn moved(&self, before: Head, after: Head) {
        let mut state = self.state.lock();
        if before == state.seen.head && !self.is_lost() {
            state.seen.head = after;
        }
    }

    /// Notes that the log has the head that was seen, and now ends at `head`.
    pub(crate) fn saw(&self, head: Head) {
        let mut state = self.state.lock();
        if head.seq > state.seen.head.seq && !self.is_lost() {
            state.seen.head = head;
        }
    }

    /// Notes that the log no longer has the head that was seen. That head remains the anchor until
    /// an operator looks into it. A service without an anchor accepts the log as it is.
    pub(crate) fn lose(&self) {
        self.is_lost.store(self.file.is_some(), Ordering::Release);
    }

    /// Whether the log was found without the head that was seen.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Notes an accepted restore. Its head counts, even if its log is shorter than before.
    pub(crate) fn replace(&self, kept: Kept) {
        let mut state = self.state.lock();
        state.seen = kept;
        self.is_lost.store(false, Ordering::Release);
    }

    /// The last head that was seen.
    pub(crate) fn head(&self) -> Head {
        self.state.lock().seen.head
    }

    /// Writes the head to the file if it changed. Nobody else waits for the disk.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let seen = {
            let state = self.state.lock();
            if state.kept == Some(state.seen) {
                return Ok(());
            }
            state.seen
        };
        write(file, seen)?;
        self.state.lock().kept = Some(seen);
        Ok(())
    }
}

/// The content of the file. `None` if there is no file.
pub(crate) fn read(file: &Path) -> io::Result<Option<Kept>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    parse(&text)
        .map(Some)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an anchor of this release"))
}

fn parse(text: &str) -> Option<Kept> {
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let [FORMAT, seq, hash, accepted] = parts[..] else {
        return None;
    };
    let head = Head {
        seq: seq.parse().ok()?,
        hash: of_hex(hash)?,
    };
    let accepted = if accepted == NONE {
        None
    } else {
        Some(of_hex(accepted)?)
    };
    Some(Kept { head, accepted })
}

/// Replaces the file atomically. If another process wrote a later head, the file stays as it is: an
/// admin program may have begun before the server's last write.
fn write(file: &Path, kept: Kept) -> io::Result<()> {
    // An equal number with another hash means another log. The next start finds that out.
    let is_newer = |other: Kept| {
        other.accepted == kept.accepted
            && other.head != kept.head
            && other.head.seq >= kept.head.seq
    };
    if read(file).is_ok_and(|other| other.is_some_and(is_newer)) {
        return Ok(());
    }
    let accepted = kept
        .accepted
        .map_or_else(|| NONE.to_owned(), |hash| hex(&hash));
    let (seq, hash) = (kept.head.seq, hex(&kept.head.hash));
    // An admin program that runs as root must not leave a file that the service can't read.
    ats_pat_files::replace(
        file,
        format!("{FORMAT} {seq} {hash} {accepted}\n").as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(seq: i64) -> Kept {
        Kept {
            head: Head { seq, hash: [7; 33] },
            accepted: None,
        }
    }

    #[test]
    fn the_head_is_read_back_from_the_file_and_other_content_is_refused() {
        let hash = hex(&[7; 33]);
        let text = format!("1 42 {hash} -\n");
        assert_eq!(parse(&text), Some(kept(42)));
        let accepted = Kept {
            accepted: Some([7; 33]),
            ..kept(42)
        };
        assert_eq!(parse(&format!("1 42 {hash} {hash}")), Some(accepted));
        for other in [
            "",
            "1",
            "1 42",
            "2 42 07 -",
            "1 x 07 -",
            &format!("{text} more"),
            &text.replace('7', "g"),
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_process_that_saw_less_leaves_the_file_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchor");
        write(&file, kept(5)).unwrap();
        write(&file, kept(4)).unwrap();
        assert_eq!(read(&file).unwrap(), Some(kept(5)));
        write(&file, kept(6)).unwrap();
        assert_eq!(read(&file).unwrap(), Some(kept(6)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_log_that_went_back_is_noticed() {
        let head = |seq| Head {
            seq,
            hash: [u8::try_from(seq).unwrap(); 33],
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchor");
        let anchor = Anchor::new(Some(file.clone()), kept(5), None);
        anchor.saw(head(4));
        assert_eq!(anchor.head().seq, 5);
        anchor.moved(
            Head {
                seq: 5,
                hash: [7; 33],
            },
            head(6),
        );
        assert_eq!(anchor.head().seq, 6);
        anchor.moved(head(8), head(9));
        anchor.moved(head(3), head(4));
        assert_eq!(anchor.head().seq, 6);
        anchor.lose();
        assert!(anchor.is_lost());
        // The head that was seen remains for the next start.
        anchor.saw(head(9));
        anchor.keep().unwrap();
        assert_eq!(read(&file).unwrap().unwrap().head.seq, 6);
    }

    #[test]
    fn an_event_of_another_log_with_the_same_number_does_not_replace_the_anchor() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchor");
        write(&file, kept(5)).unwrap();
        let mut other = kept(5);
        other.head.hash = [9; 33];
        write(&file, other).unwrap();
        assert_eq!(read(&file).unwrap(), Some(kept(5)));
    }

    #[test]
    fn a_service_without_an_anchor_accepts_the_log_as_it_is() {
        let anchor = Anchor::new(None, kept(5), None);
        anchor.lose();
        assert!(!anchor.is_lost());
    }
}
