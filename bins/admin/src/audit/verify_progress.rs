//! Shows how far a verification came.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::{AuditProgress, SystemClock};
use parking_lot::Mutex;

use crate::progress::bar;

/// How often the line on a terminal changes.
const REDRAW: Duration = Duration::from_millis(200);
/// Before this, nobody can tell how long it takes.
const WARM_UP: Duration = Duration::from_secs(3);
/// After so many events or rows a log file gets a line.
const LINE_EVERY: u64 = 1_000_000;
/// Erases what an earlier, longer text left on the line.
const ERASE: &str = "\x1b[K";

/// A line that changes on a terminal. Elsewhere, such as in a journal, a line for each million.
pub struct VerifyProgress {
    state: Mutex<State>,
}

struct State {
    is_terminal: bool,
    /// What is verified, and since when.
    step: Option<(&'static str, Duration)>,
    shown_at: Option<Duration>,
    /// How many lines of this step were written into a log file.
    lines: u64,
    waits: bool,
}

impl VerifyProgress {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::new(io::stderr().is_terminal())),
        }
    }

    pub fn show(&self, came: AuditProgress) {
        let mut state = self.state.lock();
        if let Some(text) = state.text(came, SystemClock.since_boot()) {
            // If this fails, nobody reads standard error.
            let _ = write!(io::stderr(), "{text}");
        }
    }

    /// Leaves the line, so that the next text begins one.
    pub fn end(&self) {
        let state = self.state.lock();
        if state.is_terminal && state.shown_at.is_some() {
            let _ = writeln!(io::stderr());
        }
    }
}

impl State {
    fn new(is_terminal: bool) -> Self {
        Self {
            is_terminal,
            step: None,
            shown_at: None,
            lines: 0,
            waits: false,
        }
    }

    /// What is to be written, if anything is.
    fn text(&mut self, came: AuditProgress, now: Duration) -> Option<String> {
        let (what, done, count) = match came {
            AuditProgress::Events { done, count } => ("events", done, count),
            AuditProgress::Rows { done, count } => ("rows", done, count),
            AuditProgress::Waits => return self.waiting(),
        };
        let was_waiting = std::mem::take(&mut self.waits);
        let (is_new, began) = match self.step {
            Some((step, began)) if step == what => (false, began),
            _ => (true, now),
        };
        if is_new {
            self.step = Some((what, began));
            self.lines = 0;
        }
        let left = left(now.saturating_sub(began), done, count);
        if self.is_terminal {
            // The line of the step before stays.
            let line_end = if is_new && self.shown_at.is_some() {
                "\n"
            } else {
                "\r"
            };
            let is_due = self
                .shown_at
                .is_none_or(|shown| now.saturating_sub(shown) >= REDRAW);
            if !(is_new || was_waiting || is_due || done == count) {
                return None;
            }
            self.shown_at = Some(now);
            return Some(format!(
                "{line_end}{} {what}{left}{ERASE}",
                bar(done, count)
            ));
        }
        let lines = done / LINE_EVERY;
        (lines > std::mem::replace(&mut self.lines, lines))
            .then(|| format!("{done} of {count} {what} verified{left}\n"))
    }

    /// That the database does not answer is said once.
    fn waiting(&mut self) -> Option<String> {
        if std::mem::replace(&mut self.waits, true) {
            return None;
        }
        let text = "the database does not answer; it is asked again for ten minutes";
        Some(if self.is_terminal && self.shown_at.is_some() {
            format!("\n{text}\n")
        } else {
            format!("{text}\n")
        })
    }
}

/// How long it still takes, if the rest is as fast as what is done.
fn left(elapsed: Duration, done: u64, count: u64) -> String {
    if elapsed < WARM_UP || done == 0 || done >= count {
        return String::new();
    }
    let left = u128::from(count - done) * elapsed.as_millis() / u128::from(done) / 1000;
    if left < 90 {
        format!(", about {left} s left")
    } else {
        format!(", about {} min left", left.div_ceil(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    const fn events(done: u64, count: u64) -> AuditProgress {
        AuditProgress::Events { done, count }
    }

    const fn rows(done: u64, count: u64) -> AuditProgress {
        AuditProgress::Rows { done, count }
    }

    #[test]
    fn a_terminal_shows_how_much_is_done_and_about_how_long_it_still_takes() {
        let mut state = State::new(true);
        let mut said = |came, now| state.text(came, now);
        let empty = ".".repeat(40);
        assert_eq!(
            said(events(1000, 30_000_000), at(0)).unwrap(),
            format!("\r[{empty}] 1000 of 30000000 events{ERASE}")
        );
        assert_eq!(said(events(2000, 30_000_000), at(0)), None, "too soon");
        let half = format!("{}{}", "#".repeat(20), ".".repeat(20));
        assert_eq!(
            said(events(15_000_000, 30_000_000), at(300)).unwrap(),
            format!("\r[{half}] 15000000 of 30000000 events, about 5 min left{ERASE}")
        );
        let full = "#".repeat(40);
        assert_eq!(
            said(events(30_000_000, 30_000_000), at(300)).unwrap(),
            format!("\r[{full}] 30000000 of 30000000 events{ERASE}"),
            "the end is shown, however soon"
        );
        // The estimate of a step begins with it.
        assert_eq!(
            said(rows(0, 8), at(600)).unwrap(),
            format!("\n[{empty}] 0 of 8 rows{ERASE}")
        );
        assert_eq!(
            said(rows(4, 8), at(680)).unwrap(),
            format!("\r[{half}] 4 of 8 rows, about 80 s left{ERASE}")
        );
    }

    #[test]
    fn elsewhere_there_is_a_line_for_each_million() {
        let mut state = State::new(false);
        let mut lines = Vec::new();
        for thousand in 1..=2500 {
            let came = events(thousand * 1000, 2_500_000);
            lines.extend(state.text(came, at(thousand / 10)));
        }
        for thousand in 0..=1000 {
            lines.extend(state.text(rows(thousand * 1000, 1_000_000), at(300)));
        }
        assert_eq!(
            lines,
            [
                "1000000 of 2500000 events verified, about 3 min left\n",
                "2000000 of 2500000 events verified, about 50 s left\n",
                "1000000 of 1000000 rows verified\n",
            ]
        );
    }

    #[test]
    fn a_database_that_is_away_is_told_of_once_until_it_is_back() {
        for (is_terminal, before) in [(true, "\n"), (false, "")] {
            let mut state = State::new(is_terminal);
            state.text(events(1000, 9000), at(0));
            let said = state.text(AuditProgress::Waits, at(1)).unwrap();
            assert!(said.starts_with(&format!("{before}the database does not answer")));
            assert_eq!(state.text(AuditProgress::Waits, at(6)), None);
            state.text(events(2000, 9000), at(7));
            assert!(state.text(AuditProgress::Waits, at(8)).is_some());
        }
    }
}
