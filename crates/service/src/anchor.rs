//! The anchor: the head of the event log that this server last saw, in a file of its data folder.
//!
//! A database that is older, or another, than the anchor was restored or tampered with: the start stops.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ats_pat_domain::event::Head;

use crate::rows::hex;

const FORMAT: &str = "1";

/// The head that was seen, and the file it is kept in.
pub(crate) struct Anchor {
    file: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    seen: Head,
    kept: Head,
}

impl Anchor {
    /// Starts from a head that was just read; without a file nothing is kept.
    pub(crate) fn new(file: Option<PathBuf>, head: Head, kept: Option<Head>) -> Self {
        let kept = kept.unwrap_or(Head::EMPTY);
        Self {
            file,
            state: Mutex::new(State { seen: head, kept }),
        }
    }

    /// A change or a read showed this head.
    pub(crate) fn saw(&self, head: Head) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if head.seq > state.seen.seq {
            state.seen = head;
        }
    }

    /// A restore was accepted: this head counts, even where it is shorter than the one before.
    pub(crate) fn replace(&self, head: Head) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .seen = head;
    }

    /// The last head that was seen.
    pub(crate) fn head(&self) -> Head {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .seen
    }

    /// Writes the head to the file, if it moved.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.kept == state.seen {
            return Ok(());
        }
        write(file, state.seen)?;
        state.kept = state.seen;
        Ok(())
    }
}

/// The head in the file; `None` where there is no file.
pub(crate) fn read(file: &Path) -> io::Result<Option<Head>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    parse(&text)
        .map(Some)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an anchor of this release"))
}

fn parse(text: &str) -> Option<Head> {
    let mut parts = text.split_ascii_whitespace();
    if parts.next()? != FORMAT {
        return None;
    }
    let seq = parts.next()?.parse().ok()?;
    let digits = parts.next()?;
    if digits.len() != 66 || !digits.is_ascii() || parts.next().is_some() {
        return None;
    }
    let mut hash = [0; 33];
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Head { seq, hash })
}

/// Whole or not at all: a new file takes the old one's place.
fn write(file: &Path, head: Head) -> io::Result<()> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut handle = File::create(&new)?;
        writeln!(handle, "{FORMAT} {} {}", head.seq, hex(&head.hash))?;
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

    #[test]
    fn a_head_survives_its_file_and_nothing_else_is_taken_for_one() {
        let text = format!("1 42 {}\n", hex(&[7; 33]));
        assert_eq!(
            parse(&text),
            Some(Head {
                seq: 42,
                hash: [7; 33]
            })
        );
        for other in [
            "",
            "1",
            "1 42",
            "2 42 07",
            "1 x 07",
            &format!("{text} more"),
            &text.replace('7', "g"),
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
