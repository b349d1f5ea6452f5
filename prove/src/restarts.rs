//! Two servers behind nginx, as `docs/operation.md` shows them. They are restarted one after the
//! other under load.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

use crate::clock::{go_on, now, wait_for};
use crate::http::{Caller, Reply};
use crate::installation::{Installation, free_address};
use crate::place::Place;
use crate::program::Program;
use crate::report::{Trial, publish};
use crate::signals::Signals;
use crate::tally::{Count, Tally};

/// Callers, each with a connection of its own.
const CALLERS: usize = 16;
/// The time between the start of one server and the end of the other.
const APART: Duration = Duration::from_secs(1);
/// How long a server that is asked to end goes on serving. nginx doesn't ask for health, so this
/// only has to be so long that requests come meanwhile.
const DRAIN: (&str, &str) = ("ATS_PAT_DRAIN_SECONDS", "1");
/// Longer than a server takes to end.
const END: Duration = Duration::from_secs(30);
const SAMPLE: &str = include_str!("../../docs/operation.md");

/// Arguments of the part.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How long it is tried, in seconds
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// The path of the program nginx
    #[arg(long)]
    nginx: PathBuf,
}

/// Tries restarts of servers behind nginx.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let place = &arguments.place;
    fs::create_dir_all(&place.output)?;
    let work = TempDir::with_prefix("ats-pat-prove-")?;
    let mut servers = Vec::new();
    for number in 1..=2 {
        let folder = work.path().join(format!("data-{number}"));
        // It is kept, because it explains the findings.
        let log = place.output.join(format!("restarts-{number}.log"));
        let installation = Installation::new(&place.programs, &folder, &log, None)?;
        let program = start(&installation, signals)?;
        servers.push((installation, program));
    }
    let proxy = free_address()?;
    let addresses: Vec<_> = servers.iter().map(|(one, _)| one.address()).collect();
    let settings = settings(proxy, &addresses, work.path())?;
    let file = work.path().join("nginx.conf");
    fs::write(&file, settings)?;
    let mut nginx = Command::new(&arguments.nginx);
    nginx.arg("-p").arg(work.path()).arg("-c").arg(&file);
    let log = place.output.join("restarts-nginx.log");
    let _nginx = Program::start(&mut nginx, &log)?;
    wait_for("nginx listens", END, signals, || {
        let live = Caller::new(proxy).get("/health/live", &[]);
        Ok(matches!(live, Reply::Answer(_)).then_some(()))
    })?;

    let tally = Tally::default();
    let (stop, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let restarts = thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| call(proxy, &stop, &reads, &tally));
        }
        let restarts = restart(&mut servers, arguments.seconds, signals);
        stop.store(true, Ordering::Relaxed);
        restarts
    })?;
    let mut trial = Trial::new("restarts", &tally);
    let reads = reads.load(Ordering::Relaxed);
    trial.note(format!(
        "{restarts} restarts; {reads} GET and {} POST were answered",
        tally.get(Count::Acknowledged)
    ));
    trial.check(
        format!("servers were started again ({restarts})"),
        restarts > 0,
    );
    trial.check(format!("GET was answered ({reads})"), reads > 0);
    let output = place.output("restarts");
    publish("restarts", place.seed, &[trial], &output)
}

fn start(installation: &Installation, signals: &Signals) -> Result<Program> {
    let (name, value) = DRAIN;
    installation.start(vec![(name.to_owned(), value.to_owned())], signals)
}

/// Ends and starts one server after the other for this many seconds. Returns how often.
fn restart(
    servers: &mut [(Installation, Program)],
    seconds: u64,
    signals: &Signals,
) -> Result<u32> {
    let end = now() + Duration::from_secs(seconds);
    let mut restarts = 0;
    while now() < end {
        for (installation, program) in &mut *servers {
            go_on(APART, signals, || Ok(()))?;
            kill_process(program.pid(), Signal::TERM)?;
            wait_for("the server ends", END, signals, || {
                Ok((!program.is_running()?).then_some(()))
            })?;
            *program = start(installation, signals)?;
            restarts += 1;
        }
    }
    Ok(restarts)
}

/// Sends requests without a pause until the end: some that a proxy may repeat, and some that it may
/// not.
fn call(proxy: SocketAddr, stop: &AtomicBool, reads: &AtomicU64, tally: &Tally) {
    let mut caller = Caller::new(proxy);
    let form = "application/x-www-form-urlencoded";
    while !stop.load(Ordering::Relaxed) {
        let read = caller.get("/health/live", &[]);
        let sent = caller.post("/oauth2/revoke", &[], form, "token=nothing");
        for (method, reply) in [("GET", read), ("POST", sent)] {
            match reply {
                Reply::Answer(answer) if answer.status == 200 && method == "GET" => {
                    reads.fetch_add(1, Ordering::Relaxed);
                }
                // There is nothing to revoke, and an address may try that only so often.
                Reply::Answer(answer) if matches!(answer.status, 200 | 429) => {
                    tally.add(Count::Acknowledged);
                }
                Reply::Answer(answer) => {
                    let text = format!("{method} was answered {}", answer.status);
                    tally.violation(Count::Unexpected, &text);
                }
                Reply::Unsent | Reply::Lost => {
                    tally.violation(Count::Unexpected, &format!("{method} was not answered"));
                }
            }
        }
    }
}

/// The sample in the documentation, with these addresses and without TLS.
fn settings(proxy: SocketAddr, servers: &[SocketAddr], folder: &Path) -> Result<String> {
    let (_, sample) = SAMPLE
        .split_once("```nginx\n")
        .context("the documentation has no sample")?;
    let (sample, _) = sample.split_once("```").context("the sample has no end")?;
    let mut sample = sample.to_owned();
    let changes = [
        ("127.0.0.1:8081".to_owned(), servers.first()),
        ("127.0.0.1:8082".to_owned(), servers.last()),
        ("443 ssl".to_owned(), Some(&proxy)),
    ];
    for (there, here) in changes {
        let here = here.context("there are no servers")?.to_string();
        ensure!(sample.contains(&there), "the sample has no `{there}`");
        sample = sample.replace(&there, &here);
    }
    let sample: Vec<_> = sample
        .lines()
        .filter(|line| !line.trim_start().starts_with("ssl_certificate"))
        .collect();
    let sample = sample.join("\n");
    let folder = folder.display();
    Ok(format!(
        "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr warn;\n\
         events {{ worker_connections 512; }}\n\
         http {{\naccess_log off;\nkeepalive_requests 1000000;\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\n\
         scgi_temp_path {folder}/scgi;\n{sample}\n}}\n"
    ))
}
