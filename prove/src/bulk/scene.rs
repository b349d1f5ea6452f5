//! The database, its servers, and the tokens that a job revokes.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::arguments::Arguments;
use crate::clock::wait_for;
use crate::databases::{Client, Kind, Memory, Server};
use crate::http::{Answer, Caller, Reply};
use crate::installation::Installation;
use crate::load::{add_user, exchange};
use crate::program::Program;
use crate::signals::Signals;

/// Who has the tokens.
const OWNERS: u64 = 1_000;
/// How many of the tokens are tried.
const SAMPLE: u64 = 500;
/// The longest that a server may read the log of a filled database.
const READING: Duration = Duration::from_mins(10);
/// The people who work meanwhile.
pub const PEOPLE: [&str; 4] = ["ada", "grace", "barbara", "edith"];

/// Where a job runs.
pub struct Scene {
    pub installations: Vec<Installation>,
    pub client: Client,
    /// Numbers and secrets of some tokens, in the order of the numbers.
    pub sample: Vec<(u64, String)>,
    /// An operator key with the right over tokens.
    pub key: String,
    /// The tokens were made before.
    pub made_before: String,
    programs: Vec<Program>,
    _database: Option<Server>,
    _work: TempDir,
}

impl Scene {
    /// Makes the database, fills it, and starts the servers.
    pub fn new(kind: Kind, arguments: &Arguments, signals: &Signals) -> Result<Self> {
        let place = &arguments.place;
        let work = TempDir::with_prefix("ats-pat-prove-")?;
        // The account of database servers needs access to it.
        fs::set_permissions(work.path(), Permissions::from_mode(0o755))?;
        let folder = work.path().join("database");
        let mut database = kind.server(&folder, work.path(), Memory::Plenty, signals)?;
        if let Some(database) = &mut database {
            database.start(signals)?;
            database.create_database()?;
        }
        let url = database.as_ref().map(Server::url);
        // A file of SQLite has one server.
        let many = if database.is_some() { 2 } else { 1 };
        let mut installations = Vec::new();
        for number in 1..=many {
            let folder = work.path().join(format!("data-{number}"));
            // It is kept, because it explains the findings.
            let name = format!("bulk-{}-{number}.log", kind.name());
            let log = place.output.join(name);
            drop(fs::remove_file(&log));
            installations.push(Installation::new(&place.programs, &folder, &log, url)?);
        }
        let first = &installations[0];
        drop(first.start(Vec::new(), signals)?);
        for other in &installations[1..] {
            other.share_master_key(first)?;
        }
        for name in PEOPLE {
            add_user(first, name)?;
        }
        let add = ["operator-key", "add", "bulk", "--right", "tokens"];
        let key = first.admin(&[&add[..], &["--expires", "7"]].concat(), "")?;
        let client = kind.client(first.folder(), url)?;
        let sample = fill(first, arguments)?;
        let mut scene = Self {
            installations,
            client,
            sample,
            key: key.trim().to_owned(),
            made_before: OffsetDateTime::now_utc().format(&Rfc3339)?,
            programs: Vec::new(),
            _database: database,
            _work: work,
        };
        for installation in &scene.installations {
            scene.programs.push(start(installation, signals)?);
        }
        // The first start reads the whole log.
        for at in scene.addresses() {
            wait_for("a server is ready", READING, signals, || {
                let ready = Caller::new(at).get("/health/ready", &[]);
                Ok(matches!(ready, Reply::Answer(answer) if answer.status == 200).then_some(()))
            })?;
        }
        Ok(scene)
    }

    /// The addresses of the servers.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.installations
            .iter()
            .map(Installation::address)
            .collect()
    }

    /// The address of a server.
    pub fn address(&self, number: usize) -> SocketAddr {
        self.installations[number].address()
    }

    /// Kills a server, and starts it again.
    pub fn kill(&mut self, turn: usize, signals: &Signals) -> Result<()> {
        let number = turn % self.programs.len();
        self.programs[number].kill()?;
        self.programs[number] = start(&self.installations[number], signals)?;
        Ok(())
    }

    /// The servers that exchange this secret, in words.
    pub fn still_exchanged(&self, number: u64, secret: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for at in self.addresses() {
            if let Reply::Answer(answer) = exchange(&mut Caller::new(at), secret)
                && answer.status != 403
                && answer.status != 401
            {
                wrong.push(format!("token {number} was answered {}", answer.status));
            }
        }
        wrong
    }

    /// The filter that all filled tokens pass, and no other.
    pub fn filter(&self) -> Value {
        json!({"CreatedBefore": self.made_before})
    }

    /// Asks for the tokens that match, or for a job over so many of them.
    pub fn revoke_matching(&self, confirm: Option<u64>) -> Result<Answer> {
        let authorization = format!("Bearer {}", self.key);
        let path = "/api/administration/personalaccesstoken/revokeMatching";
        let mut body = json!({"Filter": self.filter()});
        if let Some(count) = confirm {
            body["ConfirmCount"] = count.into();
        }
        let headers = [("Authorization", authorization.as_str())];
        match Caller::new(self.address(0)).post_json(path, &headers, &body) {
            Reply::Answer(answer) => Ok(answer),
            Reply::Unsent | Reply::Lost => bail!("revokeMatching was not answered"),
        }
    }

    /// How many active tokens pass the filter.
    pub fn left(&self) -> Result<u64> {
        let answer = self.revoke_matching(None)?.json();
        answer["Data"]["Count"].as_u64().context("no count")
    }

    /// How long batches held the counter row, in microseconds, as the servers' logs say.
    pub fn held(&self) -> Result<Histogram<u64>> {
        let mut held = Histogram::new(3)?;
        for installation in &self.installations {
            for line in installation.said()?.lines() {
                let Some((_, rest)) = line.split_once("held_us=") else {
                    continue;
                };
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                held.record(digits.parse()?)?;
            }
        }
        Ok(held)
    }

    /// The size of the status list.
    pub fn status_list(&self) -> Result<usize> {
        let mut caller = Caller::new(self.address(0));
        let Reply::Answer(lists) = caller.get("/status-lists", &[]) else {
            bail!("/status-lists was not answered");
        };
        let lists = lists.json();
        let address = lists["status_lists"][0].as_str().context("no list")?;
        let path = address.splitn(4, '/').nth(3).context("no address")?;
        match caller.get(&format!("/{path}"), &[]) {
            Reply::Answer(answer) if answer.status == 200 => Ok(answer.body.len()),
            _ => bail!("the status list was not answered"),
        }
    }
}

/// The server says how long its batches took.
fn start(installation: &Installation, signals: &Signals) -> Result<Program> {
    let log = "warn,ats_pat_service::operator::bulk=debug".to_owned();
    installation.start(vec![("ATS_PAT_LOG".to_owned(), log)], signals)
}

fn fill(installation: &Installation, arguments: &Arguments) -> Result<Vec<(u64, String)>> {
    let folder = installation.folder();
    let file = folder.join("sample");
    let url = installation.database_url().map_or_else(
        || format!("sqlite:{}", folder.join("ats-pat.db").display()),
        ToOwned::to_owned,
    );
    let tokens = arguments.tokens;
    let sample = SAMPLE.min(tokens);
    let status = Command::new(&arguments.filler)
        .arg("fill")
        .arg("--master-key-file")
        .arg(folder.join("master.key"))
        .args(["--tokens", &tokens.to_string()])
        .args(["--owners", &OWNERS.min(tokens).to_string()])
        .args(["--sample", &sample.to_string()])
        .arg("--sample-file")
        .arg(&file)
        .env("BENCH_DATABASE_URL", url)
        .status()
        .context("the filler does not start")?;
    if !status.success() {
        bail!("the filler failed ({status})");
    }
    read(&file, tokens, sample)
}

/// The secrets in the file are evenly spread over the numbers.
fn read(file: &Path, tokens: u64, sample: u64) -> Result<Vec<(u64, String)>> {
    let secrets = fs::read_to_string(file)?;
    let numbers = (0..sample).map(|place| place * tokens / sample);
    Ok(numbers
        .zip(secrets.lines().map(ToOwned::to_owned))
        .collect())
}
