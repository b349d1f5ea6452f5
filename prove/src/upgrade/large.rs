//! A larger database. Servers are killed while they upgrade it, and several servers upgrade it at
//! once.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use fastrand::Rng;

use super::findings::Findings;
use super::ground::{Ground, Site};
use super::rows;
use super::taken_over::stop;
use crate::clock::{go_on, now};
use crate::http::{Caller, expect};
use crate::load::{Person, add_user, exchange};
use crate::program::Program;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// Users. Each makes tokens on a connection of its own.
const USERS: usize = 8;
/// Rows for each token: itself, its secret, its event.
const ROWS_PER_TOKEN: u32 = 3;
/// The longest time for a complete upgrade.
const WHOLE: Duration = Duration::from_mins(10);
/// The longest life of the first server. Each server lives a little longer than the one before.
const FIRST_LIFE: Duration = Duration::from_millis(400);
const LONGER_BY: Duration = Duration::from_millis(200);
/// One of this many tokens is exchanged afterwards.
const SAMPLE: usize = 25;

pub fn run(
    ground: &Ground,
    many: u32,
    tally: &Tally,
    findings: &mut Findings,
    rng: &mut Rng,
    signals: &Signals,
) -> Result<()> {
    let tokens = usize::try_from(many / ROWS_PER_TOKEN)?;
    killed(ground, tokens, tally, findings, rng, signals)?;
    at_once(ground, tokens, tally, findings, signals)
}

fn killed(
    ground: &Ground,
    tokens: usize,
    tally: &Tally,
    findings: &mut Findings,
    rng: &mut Rng,
    signals: &Signals,
) -> Result<()> {
    let site = ground.site("killed")?;
    let secrets = fill(&site, tokens, tally, signals)?;
    let (before, events) = (rows::count(&site.client)?, events(&site)?);
    let (mut life, mut amid) = (FIRST_LIFE, Vec::new());
    while rows::upgrades(&site.client)? == 0 {
        let mut program = site.new.spawn()?;
        let until = Duration::from_millis(rng.u64(..u64::try_from(life.as_millis())?));
        go_on(until, signals, || Ok(()))?;
        program.kill()?;
        tally.add(Count::ServerEnds);
        amid.push(tagged_anew(&site)?);
        life += LONGER_BY;
        anyhow::ensure!(life < WHOLE, "the upgrade does not end");
    }
    let mut program = site.new.start(Vec::new(), signals)?;
    let all = 2 * u64::try_from(secrets.len())?;
    let at_work = amid.iter().filter(|many| (1..all).contains(*many)).count();
    findings.note(format!(
        "{} servers were killed, with so many tokens and secrets tagged anew: {amid:?}",
        amid.len()
    ));
    findings.check(
        format!("servers were killed while they tagged rows ({at_work})"),
        at_work > 0,
    );
    whole(&site, "after kills", (before, events), &secrets, findings)?;
    stop(&mut program, signals)
}

/// One server on SQLite, two on the others.
fn at_once(
    ground: &Ground,
    tokens: usize,
    tally: &Tally,
    findings: &mut Findings,
    signals: &Signals,
) -> Result<()> {
    let site = ground.site("at_once")?;
    let secrets = fill(&site, tokens, tally, signals)?;
    let (before, events) = (rows::count(&site.client)?, events(&site)?);
    let mut sites = Vec::new();
    if ground.is_server() {
        sites.push(ground.beside("at_once_too", &site)?);
    }
    sites.push(site);
    let begun = now();
    let programs: Result<Vec<_>> = sites.iter().map(|site| site.new.spawn()).collect();
    let mut programs = programs?;
    for (site, program) in sites.iter().zip(&mut programs) {
        site.new.wait(program, WHOLE, signals)?;
    }
    let took = now() - begun;
    let rate = f64::from(u32::try_from(before)?) / took.as_secs_f64();
    let peaks: Vec<_> = programs.iter().filter_map(peak).collect();
    findings.note(format!(
        "{} at once: {before} rows and {events} events in {:.1} s, {rate:.0} rows a second; most memory {peaks:?} kB",
        programs.len(),
        took.as_secs_f64(),
    ));
    for site in &sites {
        whole(site, "of all at once", (before, events), &secrets, findings)?;
    }
    for program in &mut programs {
        stop(program, signals)?;
    }
    Ok(())
}

/// Checks that nothing is lost, and that one event records the upgrade.
fn whole(
    site: &Site,
    when: &str,
    (before, events): (u64, u64),
    secrets: &[String],
    findings: &mut Findings,
) -> Result<()> {
    let mut caller = Caller::new(site.new.address());
    let sample: Vec<_> = secrets.iter().step_by(SAMPLE).collect();
    let mut wrong = Vec::new();
    for secret in &sample {
        if let Err(error) = expect(exchange(&mut caller, secret), 200) {
            wrong.push(format!("{error:#}"));
        }
    }
    findings.check_none(format!("{} tokens work {when}", sample.len()), wrong);
    let ending = site.new.try_admin(&["audit", "verify"], "")?;
    findings.check(
        format!("`audit verify` finds nothing {when}"),
        ending.status.success(),
    );
    let tokens = site.client.number("SELECT COUNT(*) FROM tokens")?;
    findings.check(
        format!("all rows are there {when} ({before}, {tokens} of them tokens)"),
        rows::count(&site.client)? >= before && tokens == u64::try_from(secrets.len())?,
    );
    let former = site
        .client
        .number("SELECT COUNT(*) FROM events WHERE version = 1")?;
    findings.check(
        format!("all events are there {when} ({events}), and one of the upgrade"),
        former == events && rows::upgrades(&site.client)? == 1,
    );
    Ok(())
}

/// Makes tokens with the earlier release. Returns their secrets.
fn fill(site: &Site, tokens: usize, tally: &Tally, signals: &Signals) -> Result<Vec<String>> {
    let mut server = site.former.start(Vec::new(), signals)?;
    let mut people = Vec::new();
    for number in 0..USERS {
        let name = format!("user-{number}");
        add_user(&site.former, &name)?;
        let mut person = Person::new(name, site.former.address());
        expect(person.sign_in(crate::load::FIRST_PASSWORD), 200)?;
        people.push(person);
    }
    let secrets = thread::scope(|scope| {
        let makers: Vec<_> = people
            .iter_mut()
            .map(|person| scope.spawn(move || make(person, tokens / USERS, tally, signals)))
            .collect();
        let mut secrets = Vec::new();
        for maker in makers {
            secrets.extend(maker.join().map_err(|_| anyhow!("a client died"))??);
        }
        anyhow::Ok(secrets)
    })?;
    stop(&mut server, signals)?;
    Ok(secrets)
}

fn make(person: &mut Person, many: usize, tally: &Tally, signals: &Signals) -> Result<Vec<String>> {
    let mut secrets = Vec::with_capacity(many);
    for number in 0..many {
        signals.check()?;
        let answer = expect(person.create(&format!("token {number}")), 201)?.json();
        let secret = answer["Data"]["Secret"].as_str().context("no secret")?;
        secrets.push(secret.to_owned());
        tally.add(Count::Acknowledged);
    }
    Ok(secrets)
}

fn events(site: &Site) -> Result<u64> {
    site.client
        .number("SELECT COUNT(*) FROM events WHERE version = 1")
}

/// How many tokens and secrets have a tag of this release, which is longer.
fn tagged_anew(site: &Site) -> Result<u64> {
    let mut all = 0;
    for table in ["tokens", "secrets"] {
        all += site.client.number(&format!(
            "SELECT COUNT(*) FROM {table} WHERE LENGTH(tag) > 33"
        ))?;
    }
    Ok(all)
}

/// The largest amount of memory that a program had, in kB.
fn peak(program: &Program) -> Option<u64> {
    let pid = program.pid().as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
