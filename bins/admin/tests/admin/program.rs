//! The program under test, in a folder of its own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use ats_pat_test_support::left_on_disk;
use tempfile::TempDir;

/// A working directory with a data folder that may not exist yet.
pub struct Admin {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

/// The result of a run.
pub struct Run {
    pub code: i32,
    pub output: String,
    pub errors: String,
}

impl Admin {
    /// Nothing was ever started here.
    pub fn in_an_empty_folder() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    /// A database with the administrator `alice`.
    pub fn with_alice() -> Self {
        let admin = Self::in_an_empty_folder();
        let run = admin.run_with(
            "correct horse battery staple\n",
            &["user", "add", "alice", "--admin", "--password-stdin"],
        );
        assert_eq!(run.code, 0, "{}", run.errors);
        admin
    }

    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.environment.push((name, value.into()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self, name: &str) -> PathBuf {
        self.path("ats-pat-data").join(name)
    }

    /// Every file and folder below the working directory, sorted.
    pub fn left_on_disk(&self) -> Vec<String> {
        left_on_disk(self.folder.path())
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with("", arguments)
    }

    pub fn run_with(&self, input: &str, arguments: &[&str]) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ats-pat-admin"))
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that reads nothing may already have closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            output: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON answer of a run that must succeed.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let arguments: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--output", "json"])
            .collect();
        let run = self.run(&arguments);
        assert_eq!((run.code, run.errors.as_str()), (0, ""), "{arguments:?}");
        serde_json::from_str(&run.output).unwrap()
    }

    /// A table whose variable parts are replaced: ids by `I`, times by `T`, key ids by `K`.
    pub fn table(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!((run.code, run.errors.as_str()), (0, ""), "{arguments:?}");
        let mut text = String::new();
        for line in run.output.lines() {
            writeln!(text, "{}", redacted(line)).unwrap();
        }
        text
    }

    /// Checks that it was refused in one line, with this exit code.
    #[track_caller]
    pub fn refusal(&self, code: i32, arguments: &[&str]) -> String {
        self.refusal_with("", code, arguments)
    }

    #[track_caller]
    pub fn refusal_with(&self, input: &str, code: i32, arguments: &[&str]) -> String {
        let run = self.run_with(input, arguments);
        assert_eq!(
            (run.code, run.output.as_str()),
            (code, ""),
            "{arguments:?} {}",
            run.errors
        );
        assert_eq!(run.errors.lines().count(), 1, "{}", run.errors);
        run.errors
            .replace(&self.folder.path().display().to_string(), "FOLDER")
    }

    /// Changes the database file while the program doesn't run: every `from` becomes `to`, of the
    /// same length.
    pub fn edit_database(&self, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        let file = self.data("ats-pat.db");
        let mut bytes = std::fs::read(&file).unwrap();
        let mut edits = 0;
        for start in 0..bytes.len() - from.len() {
            if bytes[start..].starts_with(from.as_bytes()) {
                bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
                edits += 1;
            }
        }
        assert!(edits > 0, "{from} is not in the database");
        std::fs::write(file, bytes).unwrap();
    }
}

/// Replaces the words of a table that differ from run to run by one letter each, of the same width.
fn redacted(line: &str) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for c in line.chars().chain([' ']) {
        if c != ' ' {
            word.push(c);
            continue;
        }
        let stand_in = match word.len() {
            36 if word.bytes().filter(|byte| *byte == b'-').count() == 4 => Some("I"),
            24 if word.ends_with('Z') && word.contains('T') => Some("T"),
            43 => Some("K"),
            _ => None,
        };
        match stand_in {
            Some(letter) => result.push_str(&letter.repeat(word.len())),
            None => result.push_str(&word),
        }
        result.push(' ');
        word.clear();
    }
    result.trim_end().to_owned()
}
