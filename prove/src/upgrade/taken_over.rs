//! Rows were put back and planted before the upgrade, and servers of the earlier release still run.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Signal, kill_process};

use super::findings::Findings;
use super::ground::{Ground, Site};
use super::refusal::{NEWER, refuses};
use super::rows;
use super::scene::{Scene, status};
use crate::clock::{go_on, now, wait_for};
use crate::http::{Caller, expect};
use crate::installation::Installation;
use crate::load::{add_user, exchange};
use crate::program::Program;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

const END: Duration = Duration::from_secs(30);
/// How long a server of the earlier release is watched.
const WATCHED: Duration = Duration::from_secs(8);

pub fn run(
    ground: &Ground,
    tally: &Tally,
    findings: &mut Findings,
    signals: &Signals,
) -> Result<()> {
    let site = ground.site("taken_over")?;
    let mut server = site.former.start(Vec::new(), signals)?;
    let lingering = if ground.is_server() {
        let beside = ground.beside("lingering", &site)?;
        let program = beside.former.start(Vec::new(), signals)?;
        Some((beside, program))
    } else {
        None
    };
    let last = lingering.as_ref().map_or(&site, |(beside, _)| beside);
    let scene = Scene::fill(ground.kind, &site, &last.former.said()?, tally)?;
    if let Some((beside, _)) = &lingering {
        // From now on, the server has the grant in memory.
        let at = beside.former.address();
        expect(exchange(&mut Caller::new(at), &scene.alive.secret), 200)?;
    } else {
        let said = the_server_ends(&site.new.elsewhere()?, signals)?;
        findings.check(
            format!("while the former server runs the new one refuses to start: {said}"),
            said.contains("another server"),
        );
    }
    stop(&mut server, signals)?;

    let mut server = site.new.start(Vec::new(), signals)?;
    if let Some((beside, _)) = &lingering {
        former_server(&scene, &site, beside, findings, signals)?;
    }
    drop(lingering);
    former_admin(&site, findings)?;
    look(&scene, &site, "after the upgrade", findings)?;
    let found = found(&site.new)?;
    for table in [
        "users",
        "sessions",
        "tokens",
        "secrets",
        "signing_keys",
        "setup_link",
    ] {
        let of_table = format!(" of {table} ");
        let named = found.iter().filter(|line| line.contains(&of_table)).count();
        findings.check(
            format!("`audit verify` names rows of {table} ({named})"),
            named > 0,
        );
    }

    // Honest changes follow, and then a start without the files of the data folder.
    let mut ada = scene.ada(site.new.address());
    expect(ada.create("made since"), 201)?;
    expect(ada.regenerate(&scene.alive.id), 200)?;
    add_user(&site.new, "grace")?;
    tally.add_many(Count::Acknowledged, 3);
    stop(&mut server, signals)?;
    std::fs::remove_file(site.new.folder().join("checkpoint"))?;
    let mut server = site.new.start(Vec::new(), signals)?;
    findings.check_none(
        "what was taken or put back grants nothing after changes and another start",
        scene.undead(&site.new)?,
    );
    let now_found = self::found(&site.new)?;
    // A row that a change has ended since then is named in more words.
    let is_named = |line: &String| now_found.iter().any(|now| now.contains(line.as_str()));
    let forgotten = found.into_iter().filter(|line| !is_named(line));
    findings.check_none(
        "`audit verify` names the same rows then",
        forgotten.collect(),
    );
    findings.check(
        "one event ends the upgrade",
        rows::upgrades(&site.client)? == 1,
    );
    stop(&mut server, signals)?;
    let said = the_server_ends(&site.former, signals)?;
    findings.check(
        format!("the former server refuses to start: {said}"),
        said.contains(NEWER),
    );
    Ok(())
}

fn look(scene: &Scene, site: &Site, when: &str, findings: &mut Findings) -> Result<()> {
    let dead = scene.dead(site.new.address());
    findings.check_none(
        format!("token, session, sign-in and page work {when}"),
        dead,
    );
    let undead = scene.undead(&site.new)?;
    findings.check_none(
        format!("what was taken, put back or planted grants nothing {when}"),
        undead,
    );
    Ok(())
}

/// A server of the earlier release that still runs. It must not be able to change or exchange
/// anything.
fn former_server(
    scene: &Scene,
    site: &Site,
    beside: &Site,
    findings: &mut Findings,
    signals: &Signals,
) -> Result<()> {
    let at = beside.former.address();
    let events = "SELECT COUNT(*) FROM events WHERE version = 1";
    let before = site.client.number(events)?;
    let mut ada = scene.ada(at);
    let mut wrong = Vec::new();
    for (what, reply) in [
        ("creating", ada.create("by the former server")),
        ("revoking", ada.revoke(&scene.alive.id)),
        ("signing in", scene.ada(at).sign_in("plum-velvet-orbit-91")),
    ] {
        if matches!(status(&reply), 200..=299) {
            wrong.push(format!("{what} is answered {}", status(&reply)));
        }
    }
    let (begun, mut last, mut exchanges) = (now(), Duration::ZERO, 0);
    go_on(WATCHED, signals, || {
        let reply = exchange(&mut Caller::new(at), &scene.alive.secret);
        if status(&reply) == 200 {
            last = now() - begun;
            exchanges += 1;
        }
        Ok(())
    })?;
    findings.check_none("a former server that still runs changes nothing", wrong);
    findings.check(
        format!("it exchanges nothing ({exchanges} exchanges, the last after {last:?})"),
        exchanges == 0,
    );
    let after = site.client.number(events)?;
    findings.check("it writes no event", before == after);
    Ok(())
}

fn former_admin(site: &Site, findings: &mut Findings) -> Result<()> {
    let mut wrong = Vec::new();
    for arguments in [
        &["user", "list"][..],
        &["audit", "verify"],
        &["user", "disable", "ada"],
        &["key", "rotate"],
        &["db", "migrate"],
    ] {
        wrong.extend(refuses(&site.former, arguments, NEWER)?);
    }
    findings.check_none("the former admin program refuses, with a sentence", wrong);
    Ok(())
}

/// Starts a server that must refuse. Returns the end of its output.
pub fn the_server_ends(installation: &Installation, signals: &Signals) -> Result<String> {
    let mut program = installation.spawn()?;
    let status = wait_for("the server ends", END, signals, || program.ended())?;
    let words = program.last_words();
    let last = words.lines().last().unwrap_or_default().to_owned();
    anyhow::ensure!(!status.success(), "the server ended with success: {last}");
    Ok(last)
}

pub fn stop(program: &mut Program, signals: &Signals) -> Result<()> {
    kill_process(program.pid(), Signal::INT).context("the server ended before")?;
    wait_for("the server ends", END, signals, || program.ended()).map(drop)
}

/// The rows that `audit verify` names.
fn found(installation: &Installation) -> Result<Vec<String>> {
    let ending = installation.try_admin(&["audit", "verify"], "")?;
    anyhow::ensure!(
        !ending.status.success(),
        "`audit verify` found nothing: {}",
        ending.output
    );
    let lines = ending
        .output
        .lines()
        .map(|line| line.trim_start_matches("Findings").trim());
    let lines = lines.map(|line| line.trim_start_matches(" Findings").trim());
    Ok(lines
        .filter(|line| line.contains("row "))
        .map(ToOwned::to_owned)
        .collect())
}
