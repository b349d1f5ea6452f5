//! Millions of personal access tokens that work. Their rows have the tags and hashes that the
//! service would make.
//!
//! The event log has an event for each row, and for a session in which each token was made, so that
//! `ats-pat-admin audit verify` finds nothing. There are three events for each token and one for
//! each owner. None has a personal part.

mod arguments;
mod log;
mod mariadb;
mod population;
mod postgres;
mod rows;
mod sqlite;
mod story;
mod target;

use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ats_pat_auth::{MasterKeys, RootKey, RootKeys};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

pub use self::arguments::Arguments;
use self::mariadb::Mariadb;
use self::population::Population;
use self::postgres::Postgres;
use self::rows::Row;
use self::sqlite::Sqlite;
use self::target::Target;

/// How many rows the target gets at a time.
const BATCH: usize = 1000;
/// How many batches are made in advance.
const AHEAD: usize = 8;

/// Fills the database that the arguments name.
pub fn run(arguments: &Arguments, runtime: &Runtime) -> Result<()> {
    let url = &arguments.url;
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => fill(runtime.block_on(Sqlite::open(url))?, arguments, runtime),
        Some("postgres") => fill(runtime.block_on(Postgres::open(url))?, arguments, runtime),
        Some("mysql") => fill(runtime.block_on(Mariadb::open(url))?, arguments, runtime),
        _ => bail!("only sqlite:, postgres: and mysql: databases are filled"),
    }
}

fn fill(mut target: impl Target, arguments: &Arguments, runtime: &Runtime) -> Result<()> {
    if !runtime.block_on(target.is_empty())? {
        bail!("there are tokens already");
    }
    let (key_id, sealed) = runtime.block_on(target.root_key())?;
    let keys = open(&arguments.master_key_file, key_id, &sealed)?;
    let head = runtime.block_on(target.head())?;
    let population = Population::new(arguments, keys, head)?;
    runtime.block_on(target.begin())?;
    for (table, rows) in population.tables() {
        let (sender, receiver) = mpsc::channel(AHEAD);
        // One thread makes rows while the other inserts them.
        let (made, taken) = std::thread::scope(|scope| {
            let maker = scope.spawn(move || send(rows, &sender));
            let taken = runtime.block_on(target.insert(table, receiver));
            (maker.join(), taken)
        });
        taken.with_context(|| format!("{} takes no rows", table.name))?;
        if made.is_err() {
            bail!("the rows of {} could not be made", table.name);
        }
    }
    runtime.block_on(target.set_head(&population.last()))?;
    runtime.block_on(target.finish())?;
    write_sample(&population, arguments)
}

/// Stops when the receiver is gone.
fn send(rows: impl Iterator<Item = Row>, to: &mpsc::Sender<Vec<Row>>) {
    let mut batch = Vec::with_capacity(BATCH);
    for row in rows {
        batch.push(row);
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if to.blocking_send(full).is_err() {
                return;
            }
        }
    }
    if !batch.is_empty() {
        let _ = to.blocking_send(batch);
    }
}

fn open(master_key_file: &Path, key_id: i32, sealed: &[u8]) -> Result<RootKeys> {
    let master = MasterKeys::read(master_key_file)?;
    Ok(RootKey::open(&master, key_id, sealed)?.derive())
}

fn write_sample(population: &Population, arguments: &Arguments) -> Result<()> {
    let path = &arguments.sample_file;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(path);
    let mut file =
        BufWriter::new(file.with_context(|| format!("cannot write {}", path.display()))?);
    let sample = arguments.sample.min(arguments.tokens);
    for number in 0..sample {
        let token = population.active(number * arguments.tokens / sample);
        writeln!(file, "{}", population.secret(token).expose())?;
    }
    Ok(file.flush()?)
}
