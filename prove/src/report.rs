//! The findings of a run: a table, a line with the number of checks, and a file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::tally::{Count, Tally};

/// How many violations of one trial are printed at most.
const MOST_VIOLATIONS: usize = 12;

/// The counts that must be zero in every trial.
const MUST_BE_NONE: [Count; 5] = [
    Count::Lost,
    Count::Half,
    Count::Stale,
    Count::Unexpected,
    Count::Findings,
];

/// A condition that must be true.
struct Check {
    what: String,
    holds: bool,
}

/// The findings on one database.
pub struct Trial {
    name: String,
    counts: std::collections::BTreeMap<Count, u64>,
    violations: Vec<String>,
    checks: Vec<Check>,
    notes: Vec<String>,
}

impl Trial {
    /// The counts of a trial, with the checks that every trial has.
    pub fn new(name: impl Into<String>, tally: &Tally) -> Self {
        let mut trial = Self {
            name: name.into(),
            counts: tally.counts(),
            violations: tally.violations(),
            checks: Vec::new(),
            notes: Vec::new(),
        };
        for count in MUST_BE_NONE {
            let found = tally.get(count);
            trial.check(format!("0 {} (found {found})", count.name()), found == 0);
        }
        let acknowledged = tally.get(Count::Acknowledged);
        let what = format!("changes were acknowledged ({acknowledged})");
        trial.check(what, acknowledged > 0);
        trial
    }

    /// Adds a check, and whether it holds.
    pub fn check(&mut self, what: impl Into<String>, holds: bool) {
        let what = what.into();
        self.checks.push(Check { what, holds });
    }

    /// Adds a check that nothing went wrong.
    pub fn check_none(&mut self, what: &str, wrong: &[String]) {
        self.check(what, wrong.is_empty());
        self.violations.extend_from_slice(wrong);
    }

    /// Adds a figure in words.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn failed(&self) -> usize {
        self.checks.iter().filter(|check| !check.holds).count()
    }

    fn json(&self) -> Value {
        let counts = self.counts.iter();
        let counts: serde_json::Map<_, _> = counts
            .map(|(count, many)| (format!("{count:?}"), json!(many)))
            .collect();
        let checks: Vec<_> = self
            .checks
            .iter()
            .map(|check| json!({"what": check.what, "holds": check.holds}))
            .collect();
        json!({
            "name": self.name,
            "counts": counts,
            "checks": checks,
            "violations": self.violations,
            "notes": self.notes,
        })
    }
}

/// Prints the trials of `part` and writes them to `output`. Fails if a check fails.
pub fn publish(part: &str, seed: u64, trials: &[Trial], output: &Path) -> Result<()> {
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder)?;
    }
    let all: Vec<_> = trials.iter().map(Trial::json).collect();
    let file = json!({"part": part, "seed": seed, "trials": all});
    fs::write(output, serde_json::to_string_pretty(&file)? + "\n")
        .with_context(|| format!("cannot write {}", output.display()))?;

    for trial in trials {
        println!("\n{}", trial.name);
        for note in &trial.notes {
            println!("  {note}");
        }
        for violation in trial.violations.iter().take(MOST_VIOLATIONS) {
            println!("  ! {violation}");
        }
        let more = trial.violations.len().saturating_sub(MOST_VIOLATIONS);
        if more > 0 {
            println!("  ! and {more} more, in {}", output.display());
        }
        for check in &trial.checks {
            let word = if check.holds { "passed" } else { "FAILED" };
            println!("  {word}: {}", check.what);
        }
    }
    print_table(trials);
    let failed: usize = trials.iter().map(Trial::failed).sum();
    let checks: usize = trials.iter().map(|trial| trial.checks.len()).sum();
    println!("\nseed {seed}");
    println!("{} passed, {failed} failed", checks - failed);
    if failed > 0 {
        bail!("{failed} checks failed; run it again with --seed {seed}");
    }
    Ok(())
}

fn print_table(trials: &[Trial]) {
    let counts: BTreeSet<_> = trials
        .iter()
        .flat_map(|trial| trial.counts.keys())
        .chain(&[Count::Lost, Count::Half, Count::Stale])
        .collect();
    print!("\n{:22}", "");
    for trial in trials {
        print!(" {:>18}", trial.name);
    }
    println!();
    for count in counts {
        print!("{:22}", count.name());
        for trial in trials {
            let many = trial.counts.get(count).copied().unwrap_or_default();
            print!(" {many:>18}");
        }
        println!();
    }
}
