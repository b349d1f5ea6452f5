//! Looks for what keeps a service from working, or from keeping what it was told to keep. It makes
//! nothing and mends nothing. Like every server, it writes one row to see that the database keeps
//! it.

use std::path::Path;
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::{Service, SignatureProvider, SystemClock, causes};
use ats_pat_storage::{Database, Examination};
use ats_pat_token::is_loopback;
use rustix::fs::statvfs;
use url::Url;

use crate::backup::{BackupNote, last_backup};
use crate::master_key::{keys_of, master_key_source};
use crate::open::{Access, Libraries, Opened, OpenedDatabase};
use crate::settings::Settings;
use crate::start_error::StartError;

/// A difference of clocks that operators should know of, in milliseconds.
const SKEW: u64 = 1_000;
/// A difference by which times on tokens are wrong.
const LARGE_SKEW: u64 = 30_000;
/// The longest question after the time that still tells it.
const SOON: Duration = Duration::from_millis(500);
/// Room on the disk below which operators should make some.
const LITTLE_ROOM: u64 = 1 << 30;
/// Room on the disk below which changes soon are refused.
const NO_ROOM: u64 = 64 << 20;
/// The age from which a backup is too old. The documentation proposes one each night.
const OLD_BACKUP: Duration = Duration::from_hours(7 * 24);

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing has to be done.
    Good,
    /// The service works, but something should be done.
    Warning,
    /// The service does not work, or loses what it was told to keep.
    Failing,
}

/// What one check of the doctor found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// Whether something has to be done.
    pub verdict: Verdict,
    /// What is so, and what to do if something is wrong.
    pub message: String,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn note(&mut self, check: &'static str, verdict: Verdict, message: impl Into<String>) {
        let message = message.into();
        self.0.push(Finding {
            check,
            verdict,
            message,
        });
    }

    fn good(&mut self, check: &'static str, message: impl Into<String>) {
        self.note(check, Verdict::Good, message);
    }

    fn warning(&mut self, check: &'static str, message: impl Into<String>) {
        self.note(check, Verdict::Warning, message);
    }

    fn failing(&mut self, check: &'static str, message: impl Into<String>) {
        self.note(check, Verdict::Failing, message);
    }
}

/// Looks at everything that a server with these settings uses. A server may run meanwhile.
pub async fn examine(
    settings: &Settings,
    public_url: &str,
    signatures: SignatureProvider,
) -> Vec<Finding> {
    let mut findings = Findings::default();
    callers(settings, public_url, &mut findings);
    files(settings, &mut findings);
    match OpenedDatabase::open_with_keys(settings, Access::Use).await {
        Ok(opened) => {
            database(&opened.database, &mut findings).await;
            let libraries = Libraries {
                signatures,
                providers: Vec::new(),
            };
            match Opened::over(opened, settings, public_url, Access::Use, libraries).await {
                Ok(opened) => service(opened, &mut findings).await,
                Err(error) => findings.failing(part_of(&error), causes(&error)),
            }
        }
        Err(error) => findings.failing(part_of(&error), causes(&error)),
    }
    findings.0
}

/// The part that keeps a program from starting.
fn part_of(error: &StartError) -> &'static str {
    match error {
        StartError::DataFolderIsAFile { .. }
        | StartError::DataFolderNotMade { .. }
        | StartError::DataFolderOpenToOthers { .. } => "data-folder",
        StartError::NoDatabase { .. } | StartError::Database(_) | StartError::Lock(_) => "database",
        StartError::Outdated { .. } | StartError::Migration(_) => "schema",
        StartError::MasterKey(_) | StartError::MasterKeyCommand(_) => "master-key",
        StartError::Service(_) => "keys",
    }
}

/// What callers see, and what is seen of them.
fn callers(settings: &Settings, public_url: &str, findings: &mut Findings) {
    let url = Url::parse(public_url).ok();
    let is_https = url.as_ref().is_some_and(|url| url.scheme() == "https");
    let is_here = url
        .as_ref()
        .and_then(Url::host_str)
        .is_some_and(is_loopback);
    if is_https && settings.trusted_proxies.is_empty() {
        findings.warning(
            "callers",
            format!(
                "{public_url} is served by a proxy, and `trusted-proxies` names none, so limits and allowed networks see \
                 the proxy's address for all callers: set `trusted-proxies` to its address"
            ),
        );
    } else if is_https || is_here {
        findings.good("callers", format!("come to {public_url}"));
    } else {
        findings.warning(
            "callers",
            format!(
                "come to {public_url} without TLS, so everybody on their way can read passwords and tokens: put a proxy \
                 with TLS in front, and set `public-url` to its https address"
            ),
        );
    }
}

/// The data folder and what is in it.
fn files(settings: &Settings, findings: &mut Findings) {
    let folder = &settings.data_dir;
    if !folder.is_dir() {
        findings.warning(
            "data-folder",
            format!(
                "{} is not there: the first start makes it; if this is no new installation, set `data-dir`",
                folder.display()
            ),
        );
        return;
    }
    let database = settings.database_file();
    let mut open = Vec::new();
    for path in [
        folder.clone(),
        database.with_extension("db-wal"),
        database,
        settings.master_key_file(),
        settings.anchor_file(),
    ] {
        if let Some(mode) = path
            .metadata()
            .ok()
            .and_then(|it| ats_pat_files::is_open_to_others(&it))
        {
            open.push(format!("{} (mode {mode:04o})", path.display()));
        }
    }
    if open.is_empty() {
        let text = format!(
            "{} is closed to other users of this machine",
            folder.display()
        );
        findings.good("data-folder", text);
    } else {
        findings.failing(
            "data-folder",
            format!(
                "other users of this machine can read or change {}: run `chmod o=` on each",
                open.join(", ")
            ),
        );
    }
    match master_key_source(settings).and_then(|source| keys_of(&source)) {
        Ok(_) => findings.good("master-key", "can be read"),
        Err(error) => findings.failing("master-key", causes(&error)),
    }
    if settings.anchor_file().is_file() {
        findings.good("anchor", "is there");
    } else {
        findings.warning(
            "anchor",
            format!(
                "{} is not there, so a database that was put back would not be noticed: on a new host, put the anchor \
                 of the old one there before the first start",
                settings.anchor_file().display()
            ),
        );
    }
    backup(settings, findings);
    disk(folder, findings);
}

/// The last backup that was made here. Nothing tells of backups by other programs.
fn backup(settings: &Settings, findings: &mut Findings) {
    let remedy = "run `ats-pat-admin db backup FILE`, each night by a timer";
    let unknown = "backups by the database's own tools, or on other machines, are not known here";
    let (note, made_at) = match last_backup(settings) {
        Ok(Some(note)) => match Timestamp::parse(&note.made_at) {
            Ok(made_at) => (note, made_at),
            Err(error) => {
                let text = format!("the note of the last backup has no time: {error}: {remedy}");
                return findings.warning("backup", text);
            }
        },
        Ok(None) => {
            let text = format!("none was made here: {remedy} ({unknown})");
            return findings.warning("backup", text);
        }
        Err(error) => {
            let text = format!("the note of the last backup can't be read: {error}: {remedy}");
            return findings.warning("backup", text);
        }
    };
    let BackupNote { head_seq, file, .. } = note;
    let age = SystemClock.now().since(made_at);
    let text = format!(
        "the last one that was made here is {} hours old, ends at event {head_seq}, and was written to {}",
        age.as_secs() / 3600,
        file.display()
    );
    if age >= OLD_BACKUP {
        findings.warning("backup", format!("{text}: {remedy} ({unknown})"));
    } else {
        findings.good("backup", text);
    }
}

fn disk(folder: &Path, findings: &mut Findings) {
    let Ok(disk) = statvfs(folder) else {
        return;
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB are free for {}", free >> 20, folder.display());
    if free < NO_ROOM {
        findings.failing(
            "disk",
            format!("{text}: make room, because changes are refused without"),
        );
    } else if free < LITTLE_ROOM {
        findings.warning("disk", format!("{text}: make room soon"));
    } else {
        findings.good("disk", text);
    }
}

async fn database(database: &Database, findings: &mut Findings) {
    let asked = SystemClock.since_boot();
    let examination = database.examine().await;
    let took = SystemClock.since_boot().saturating_sub(asked);
    let examination = match examination {
        Ok(examination) => examination,
        Err(error) => {
            findings.failing(
                "database",
                format!("does not say how it is set: {}", causes(&error)),
            );
            return;
        }
    };
    let Examination {
        version,
        encrypted,
        now,
        settings,
    } = examination;
    let what = match encrypted {
        None => "answers",
        Some(_) => "answers, and is writable",
    };
    findings.good("database", format!("{version} {what}"));
    match encrypted {
        Some(true) => findings.good("database-tls", "connections are encrypted"),
        Some(false) => findings.warning(
            "database-tls",
            "connections are not encrypted: fine on this machine and over its own sockets; elsewhere set `database-tls` \
             to required",
        ),
        None => {}
    }
    let mut safe = Vec::new();
    for setting in settings {
        let (name, value) = (setting.name, setting.value);
        match setting.advice {
            Some(advice) => findings.failing("durability", format!("{name} is {value}: {advice}")),
            None => safe.push(format!("{name} is {value}")),
        }
    }
    if !safe.is_empty() {
        findings.good("durability", safe.join(", "));
    }
    if let Some(theirs) = now {
        let skew = SystemClock.now().as_millis().abs_diff(theirs.as_millis());
        let text = format!("this machine's clock and the database's differ by {skew} ms");
        if took > SOON {
            findings.warning(
                "clock",
                "the database took too long to tell its time: try again",
            );
        } else if skew > LARGE_SKEW {
            findings.failing("clock", format!("{text}: set both by NTP"));
        } else if skew > SKEW {
            findings.warning("clock", format!("{text}: set both by NTP"));
        } else {
            findings.good("clock", text);
        }
    }
}

/// What the service itself says, once it could be opened: its keys are open then.
async fn service(opened: Opened, findings: &mut Findings) {
    findings.good("keys", "open with this master key");
    sealed_keys(&opened.service, findings).await;
    opened.service.read_log().await;
    for check in opened.service.health().await {
        if check.name == "database" {
            continue;
        }
        let verdict = if check.healthy {
            Verdict::Good
        } else {
            Verdict::Failing
        };
        findings.note(check.name, verdict, check.message);
    }
    opened.close().await;
}

/// How far a change of the master key is, and when the old one may go.
async fn sealed_keys(service: &Service, findings: &mut Findings) {
    let counted = match service.sealed_keys().await {
        Ok(counted) => counted,
        Err(error) => {
            let text = format!("can't be counted: {}", causes(&error));
            return findings.failing("sealed-keys", text);
        }
    };
    let (first, all) = (counted.under_first, counted.all());
    let text = format!("{first} of {all} are sealed under the first key of the master key file");
    if counted.under_others > 0 {
        findings.failing(
            "sealed-keys",
            format!(
                "{text}, and {} under a key that is not in it: give this server the file of the others",
                counted.under_others
            ),
        );
    } else if counted.under_second > 0 {
        findings.warning(
            "sealed-keys",
            format!(
                "{text}, the others under its second key: start a server with this file again, which seals them under \
                 the first"
            ),
        );
    } else if counted.has_second {
        findings.good(
            "sealed-keys",
            format!(
                "{text}, and its second key opens nothing: if that is the old key, remove it as soon as every server \
                 was started with the new one on the first line; keep a copy for as long as backups of that time"
            ),
        );
    } else {
        findings.good("sealed-keys", text);
    }
}
