//! What the upgrade is checked for, and what is wrong.

use crate::report::Trial;

/// The checks, and whether each passed.
#[derive(Default)]
pub struct Findings {
    checks: Vec<(String, Vec<String>)>,
    notes: Vec<String>,
}

impl Findings {
    /// Adds a condition that must be true.
    pub fn check(&mut self, what: impl Into<String>, holds: bool) {
        let what = what.into();
        let wrong = if holds {
            Vec::new()
        } else {
            vec![what.clone()]
        };
        self.checks.push((what, wrong));
    }

    /// Adds a list of faults that must be empty.
    pub fn check_none(&mut self, what: impl Into<String>, wrong: Vec<String>) {
        self.checks.push((what.into(), wrong));
    }

    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub fn tell(self, trial: &mut Trial) {
        for (what, wrong) in &self.checks {
            trial.check_none(what, wrong);
        }
        for note in self.notes {
            trial.note(note);
        }
    }
}
