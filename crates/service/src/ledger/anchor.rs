//! The anchor: the head of the event log that this server last saw, in a file of its data folder.
//!
//! A database that is older, or another, than the anchor was restored or tampered with: the start
//! stops.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ats_pat_domain::event::{EventHash, Head};
use parking_lot::Mutex;

use crate::ledger::rows::hex;

const FORMAT: &str = "1";
/// Stands where no restore was ever accepted.
const NONE: &str = "-";

/// What stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The last event seen.
    pub(crate) head: Head,
    /// The hash of the last acceptance of a restore at that time: it excuses no later one.
    pub(crate) accepted: Option<EventHash>,
}

/// The head that was seen, and the file it is kept in.
pub(crate) struct Anchor {
    file: Option<PathBuf>,
    state: Mutex<State>,
    /// Asked by every exchange.
    is_lost: AtomicBool,
}

struct State {
    seen: Kept,
    kept: Option<Kept>,
}

impl Anchor {
    /// Starts from what was just read and verified; without a file nothing is kept.
    pub(crate) fn new(file: Option<PathBuf>, seen: Kept, kept: Option<Kept>) -> Self {
        Self {
            file,
            state: Mutex::new(State { seen, kept }),
            is_lost: AtomicBool::new(false),
        }
    }

    /// A change of ours took the log from `before` to `after`. Where `before` is not what was seen,
    /// others moved the log meanwhile; whether theirs follows it is for the next look at the log to
    /// find out.
    pub(crate) fn moved(&self, before: Head, after: Head) {
        let mut state = self.state.lock();
        if before == state.seen.head && !self.is_lost() {
            state.seen.head = after;
        }
    }

    /// The log holds what was seen, and ends here now.
    pub(crate) fn saw(&self, head: Head) {
        let mut state = self.state.lock();
        if head.seq > state.seen.head.seq && !self.is_lost() {
            state.seen.head = head;
        }
    }

    /// The log no longer holds what was seen: that stays the anchor until an operator looks. A
    /// service that keeps no anchor believes the log that it finds.
    pub(crate) fn lose(&self) {
        self.is_lost.store(self.file.is_some(), Ordering::Release);
    }

    /// Whether the log was found without what was seen.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// A restore was accepted: this counts, even where it is shorter than what was seen before.
    pub(crate) fn replace(&self, kept: Kept) {
        let mut state = self.state.lock();
        state.seen = kept;
        self.is_lost.store(false, Ordering::Release);
    }

    /// The last head that was seen.
    pub(crate) fn head(&self) -> Head {
        self.state.lock().seen.head
    }

    /// Writes what was seen to the file, if it moved. The disk is waited for without holding
    /// anybody up.
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

/// What stands in the file; `None` where there is no file.
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
        hash: parse_hash(hash)?,
    };
    let accepted = if accepted == NONE {
        None
    } else {
        Some(parse_hash(accepted)?)
    };
    Some(Kept { head, accepted })
}

fn parse_hash(digits: &str) -> Option<EventHash> {
    let mut hash = [0; 33];
    if digits.len() != 2 * hash.len() || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// Whole or not at all: a new file takes the old one's place. A process that saw less (an admin
/// program that began earlier) leaves what another wrote.
fn write(file: &Path, kept: Kept) -> io::Result<()> {
    // An equal number with another hash is another log: it is for the next start to find that out.
    let is_newer = |other: Kept| {
        other.accepted == kept.accepted
            && other.head != kept.head
            && other.head.seq >= kept.head.seq
    };
    if read(file).is_ok_and(|other| other.is_some_and(is_newer)) {
        return Ok(());
    }
    let own = format!("new-{}-{}", std::process::id(), hex(&kept.head.hash[1..9]));
    let new = file.with_extension(own);
    let written = (|| {
        let mut handle = ats_pat_files::private()
            .create(true)
            .truncate(true)
            .open(&new)?;
        // An admin program that runs as root must not leave a file that the service can't read.
        ats_pat_files::succeed(&handle, file)?;
        let accepted = kept
            .accepted
            .map_or_else(|| NONE.to_owned(), |hash| hex(&hash));
        writeln!(
            handle,
            "{FORMAT} {} {} {accepted}",
            kept.head.seq,
            hex(&kept.head.hash)
        )?;
        handle.sync_all()?;
        fs::rename(&new, file)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
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
    fn what_was_kept_survives_its_file_and_nothing_else_is_taken_for_it() {
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
    fn who_saw_less_leaves_the_file_as_it_is() {
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
    fn a_log_that_went_back_is_not_taken_for_one_that_went_on() {
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
        // What was seen stays what the next start asks for.
        anchor.saw(head(9));
        anchor.keep().unwrap();
        assert_eq!(read(&file).unwrap().unwrap().head.seq, 6);
    }

    #[test]
    fn an_equal_number_of_another_log_takes_no_anchor_s_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("anchor");
        write(&file, kept(5)).unwrap();
        let mut other = kept(5);
        other.head.hash = [9; 33];
        write(&file, other).unwrap();
        assert_eq!(read(&file).unwrap(), Some(kept(5)));
    }

    #[test]
    fn who_keeps_no_anchor_believes_the_log_that_is_there() {
        let anchor = Anchor::new(None, kept(5), None);
        anchor.lose();
        assert!(!anchor.is_lost());
    }
}
