//! How far a long work came, on the terminal of a person.

use std::io::{self, IsTerminal as _, Write as _};

/// How many signs the bar has.
const WIDTH: u64 = 40;

/// A bar on standard error. Where that is no terminal, nothing is written.
pub struct Progress {
    is_shown: bool,
}

impl Progress {
    pub fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
        }
    }

    pub fn show(&self, done: u64, count: u64) {
        if self.is_shown {
            // If this fails, nobody reads standard error.
            let _ = write!(io::stderr(), "\r{}", bar(done, count));
        }
    }

    /// Leaves the bar, so that the next text begins a line.
    pub fn end(&self) {
        if self.is_shown {
            let _ = writeln!(io::stderr());
        }
    }
}

/// A bar of signs, with the numbers.
pub fn bar(done: u64, count: u64) -> String {
    let filled = (done.min(count) * WIDTH)
        .checked_div(count)
        .unwrap_or(WIDTH);
    let signs = (0..WIDTH).map(|place| if place < filled { '#' } else { '.' });
    format!("[{}] {done} of {count}", signs.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        let empty = ".".repeat(40);
        assert_eq!(bar(0, 0), format!("[{}] 0 of 0", "#".repeat(40)));
        assert_eq!(bar(0, 5000), format!("[{empty}] 0 of 5000"));
        let half = format!("{}{}", "#".repeat(20), ".".repeat(20));
        assert_eq!(bar(2500, 5000), format!("[{half}] 2500 of 5000"));
        assert_eq!(
            bar(4999, 5000),
            format!("[{}.] 4999 of 5000", "#".repeat(39))
        );
    }
}
