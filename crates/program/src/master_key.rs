//! Where the master key comes from: a file, or the output of a command.
//!
//! A command is how the key comes out of a vault, an HSM or a cloud's key service without a file.
//! It runs once at a start. Its output is never logged.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ats_pat_auth::MasterKeys;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::{MasterKeySource, SystemClock};
use zeroize::Zeroizing;

use crate::settings::Settings;
use crate::visible::visible;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it is done.
const LOOK: Duration = Duration::from_millis(10);
/// Far more than two keys and a few comments need.
const LONGEST_OUTPUT: usize = 16 * 1024;
/// How much of what it says about an error is read, and how much of that is told.
const LONGEST_ERRORS: usize = 4 * 1024;
const TOLD: usize = 200;
/// The length of a key as text. Nothing that may be one is told.
const KEY: usize = 43;

/// Why the command gave no master key. Nothing of its output is quoted.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The program can't be run.
    #[error(
        "`master-key-command` can't run {program}: name a program by its path, and give this user the right to run it"
    )]
    NotRun {
        /// The program, as the setting names it.
        program: String,
        /// What the operating system answered.
        #[source]
        source: io::Error,
    },
    /// It took too long, and was ended.
    #[error(
        "`master-key-command` was ended after {seconds} seconds: look whether {program} waits for something"
    )]
    TooSlow {
        /// The program, as the setting names it.
        program: String,
        /// How long it ran.
        seconds: u64,
    },
    /// It wrote far too much.
    #[error("`master-key-command` wrote more than 16 KiB: {program} must write only the key")]
    TooLong {
        /// The program, as the setting names it.
        program: String,
    },
    /// The program failed, so what it wrote is not used.
    #[error("`master-key-command` failed: {program} ended with {status}{said}")]
    Failed {
        /// The program, as the setting names it.
        program: String,
        /// Its exit status or signal, as the system words it.
        status: String,
        /// What it wrote to standard error, as the rest of the sentence.
        said: String,
    },
    /// Its output is no key.
    #[error(transparent)]
    Output(#[from] ats_pat_auth::AuthError),
}

/// Where the settings say that the master key is. A command is run.
///
/// # Errors
/// [`MasterKeyError`].
pub(crate) fn master_key_source(settings: &Settings) -> Result<MasterKeySource, MasterKeyError> {
    let Some((program, arguments)) = settings.master_key_command.split_first() else {
        return Ok(MasterKeySource::File(settings.master_key_file()));
    };
    let output = run(program, arguments, PATIENCE)?;
    Ok(MasterKeySource::Given {
        keys: Arc::new(MasterKeys::from_output(&output)?),
        place: "the output of `master-key-command`".to_owned(),
    })
}

/// The keys of a source.
pub(crate) fn keys_of(source: &MasterKeySource) -> Result<Arc<MasterKeys>, MasterKeyError> {
    Ok(match source {
        MasterKeySource::File(path) => Arc::new(MasterKeys::read(path)?),
        MasterKeySource::Given { keys, .. } => Arc::clone(keys),
    })
}

fn run(
    program: &str,
    arguments: &[String],
    patience: Duration,
) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
    let not_run = |source| MasterKeyError::NotRun {
        program: program.to_owned(),
        source,
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Whatever it starts can be ended with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(not_run)?;
    let output = reader(child.stdout.take(), LONGEST_OUTPUT + 1);
    let errors = reader(child.stderr.take(), LONGEST_ERRORS);
    let begun = SystemClock.since_boot();
    // The output is read to its end first: a child of the program may hold it open for longer.
    let is_over = |child: &mut Child| -> io::Result<bool> {
        Ok(output.is_finished() && child.try_wait()?.is_some())
    };
    while !is_over(&mut child).map_err(not_run)? {
        if SystemClock.since_boot().saturating_sub(begun) >= patience {
            end(&mut child);
            return Err(MasterKeyError::TooSlow {
                program: program.to_owned(),
                seconds: patience.as_secs(),
            });
        }
        thread::sleep(LOOK);
    }
    let status = child.wait().map_err(not_run)?;
    let output = joined(output);
    if output.len() > LONGEST_OUTPUT {
        return Err(MasterKeyError::TooLong {
            program: program.to_owned(),
        });
    }
    if !status.success() {
        return Err(MasterKeyError::Failed {
            program: program.to_owned(),
            status: status.to_string(),
            said: told(&joined(errors)),
        });
    }
    Ok(output)
}

/// Reads up to `most` bytes in a thread of its own. Dropping the pipe then ends a program that
/// writes more.
fn reader(pipe: Option<impl Read + Send + 'static>, most: usize) -> JoinHandle<Zeroizing<Vec<u8>>> {
    thread::spawn(move || {
        // The buffer never has to grow, so no copy is left behind.
        let mut content = Zeroizing::new(Vec::with_capacity(most));
        let mut chunk = Zeroizing::new([0; 1024]);
        let Some(mut pipe) = pipe else {
            return content;
        };
        while content.len() < most {
            match pipe.read(chunk.as_mut_slice()) {
                Ok(0) => break,
                Ok(read) => {
                    let fits = read.min(most - content.len());
                    content.extend_from_slice(&chunk[..fits]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        content
    })
}

fn joined(reader: JoinHandle<Zeroizing<Vec<u8>>>) -> Zeroizing<Vec<u8>> {
    reader.join().unwrap_or_default()
}

/// Ends the program with all that it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // It fails where the program has just ended.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The last line of what a program wrote to standard error, as the rest of a sentence. Words that
/// may be a key are left out.
fn told(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let Some(line) = text.lines().rev().find(|line| !line.trim().is_empty()) else {
        return String::new();
    };
    let words = line.split_whitespace().map(|word| {
        let is_like_a_key = word
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_' && c != '+')
            .any(|part| part.len() >= KEY);
        if is_like_a_key { "…" } else { word }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(TOLD).collect();
    format!(" and said: {}", visible(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
        let patience = Duration::from_millis(500);
        run("/bin/sh", &["-c".to_owned(), script.to_owned()], patience)
    }

    #[test]
    fn the_output_is_what_the_command_wrote() {
        let output = shell("echo one; echo two; echo three >&2").unwrap();
        assert_eq!(*output, b"one\ntwo\n");
    }

    #[test]
    fn a_command_that_fails_is_told_with_its_last_line_and_no_key() {
        let key = "a".repeat(43);
        let script =
            format!("echo {key}; echo first >&2; echo 'denied: key={key} bad' >&2; exit 3");
        let said = shell(&script).unwrap_err().to_string();
        assert!(
            said.contains("exit status: 3 and said: denied: … bad"),
            "{said}"
        );
        assert!(!said.contains(&key));
        let missing = run("/no/such/program", &[], PATIENCE);
        assert!(matches!(missing, Err(MasterKeyError::NotRun { .. })));
    }

    #[test]
    fn a_command_that_hangs_or_floods_is_ended() {
        for script in ["sleep 60", "sleep 60 & sleep 60", "sleep 60 &"] {
            let slow = shell(script);
            assert!(
                matches!(slow, Err(MasterKeyError::TooSlow { .. })),
                "{script}"
            );
        }
        let flood = shell("head -c 100000 /dev/zero");
        assert!(matches!(flood, Err(MasterKeyError::TooLong { .. })));
    }
}
