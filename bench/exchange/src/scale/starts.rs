//! How soon a server is ready on a database with a long event log, and how long the admin program
//! takes.

use std::time::Duration;

use anyhow::{Context, Result};
use time::OffsetDateTime;

use super::arguments::Arguments;
use super::side::Side;
use crate::clock::now;
use crate::figure::{Bound, Figure};
use crate::program::mebibytes;
use crate::revoke::created_per_second;
use crate::service::Person;
use crate::signals::Signals;
use crate::startup::{start_to_ready, starts};
use crate::statistics::Spread;

/// The longest allowed start after the server was stopped.
const STOPPED_MS: f64 = 500.0;
/// The longest allowed start after the server was killed.
const KILLED_MS: f64 = 5000.0;
/// The longest time that the admin program may take to revoke a token.
const REVOKED_MS: f64 = 1000.0;
/// The clients that make changes before the server is killed.
const CLIENTS: usize = 8;
/// How long they do so. The log grows by about as much as a server reads again at most.
const CHANGES: Duration = Duration::from_mins(1);

/// Measures starts, and the time of the admin program.
pub fn measure(many: &Side, arguments: &Arguments, signals: &Signals) -> Result<Vec<Figure>> {
    let installation = &many.installation;
    let cores = arguments.place.cores;
    let tokens = many.tokens;
    eprintln!("a start without a checkpoint ...");
    installation.forget_checkpoints()?;
    let (program, taken) = start_to_ready(installation, cores)?;
    let without = Figure::new(
        format!("start to ready, {tokens} tokens, without a checkpoint"),
        taken.as_secs_f64(),
        "s",
    );
    let memory = Figure::new(
        format!("memory after that start, {tokens} tokens"),
        mebibytes(program.resident_kib()?),
        "MiB",
    );
    program.stop()?;
    signals.check()?;
    eprintln!("starts ...");
    let name = format!("{tokens} tokens");
    let [ready, idle] = starts(installation, &name, arguments.starts, cores, signals)?;
    let mut figures = vec![
        without,
        memory,
        ready.must_be(Bound::AtMost(STOPPED_MS)),
        idle,
    ];
    figures.extend(killed(many, arguments)?);
    figures.push(revoked(many, arguments, signals)?);
    Ok(figures)
}

/// The start after a server was killed that had made changes for a minute.
fn killed(many: &Side, arguments: &Arguments) -> Result<[Figure; 2]> {
    eprintln!("a start after kill -9 ...");
    let cores = arguments.place.cores;
    let (program, _) = start_to_ready(&many.installation, cores)?;
    let user = someone(many)?;
    let rate = created_per_second(&program, &user, CLIENTS, CHANGES)?;
    program.kill()?;
    let (program, taken) = start_to_ready(&many.installation, cores)?;
    program.stop()?;
    let tokens = many.tokens;
    Ok([
        Figure::new(
            format!("create, {CLIENTS} clients, {tokens} tokens"),
            rate,
            "/s",
        ),
        Figure::new(
            format!("start to ready after kill -9, {tokens} tokens"),
            taken.as_secs_f64() * 1000.0,
            "ms",
        )
        .must_be(Bound::AtMost(KILLED_MS)),
    ])
}

/// How long `ats-pat-admin token revoke` takes while a server runs.
fn revoked(many: &Side, arguments: &Arguments, signals: &Signals) -> Result<Figure> {
    eprintln!("token revoke ...");
    let (program, _) = start_to_ready(&many.installation, arguments.place.cores)?;
    let mut person = Person::sign_in(&someone(many)?, program.address())?;
    let mut taken_ms = Vec::new();
    for number in 0..arguments.starts {
        signals.check()?;
        let id = person.create(&format!("token {number}"))?.id;
        let begun = now();
        many.installation.admin(&["token", "revoke", &id], "")?;
        taken_ms.push((now() - begun).as_secs_f64() * 1000.0);
    }
    program.stop()?;
    let spread = Spread::of(taken_ms).context("no revocations were asked for")?;
    let name = format!("ats-pat-admin token revoke, {} tokens", many.tokens);
    Ok(Figure::median(name, spread, "ms").must_be(Bound::AtMost(REVOKED_MS)))
}

/// A new user, because an existing one has tokens with these names.
fn someone(many: &Side) -> Result<String> {
    let name = format!("user-{}", OffsetDateTime::now_utc().unix_timestamp_nanos());
    Person::add(&many.installation, &name)?;
    Ok(name)
}
