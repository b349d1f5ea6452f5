//! Every check that a change must pass, in the order in which they fail fastest.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{Signals, name};
use crate::steps::{self, step};
use crate::{
    browser, clients, comments, databases, docs_test, layers, long, names, tools, workspace,
};

/// The name of the test targets that drive a browser, in every crate.
const BROWSER_TESTS: &str = "browser";
/// The test target that runs clients in other languages.
const CLIENT_TESTS: &str = "clients";

/// Arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    databases: databases::Choice,
    /// Leave out the tests that drive a browser
    #[arg(long)]
    no_browser: bool,
    /// Leave out the rules for the OpenAPI document, and the clients that are made from it
    #[arg(long)]
    no_clients: bool,
    /// Also ask whether a dependency has a known weakness (needs the network)
    #[arg(long)]
    advisories: bool,
    /// Run only this part, which takes minutes and is not among the checks of every change
    #[arg(
        long,
        value_enum,
        value_name = "PART",
        conflicts_with_all = ["no_browser", "no_clients", "advisories"]
    )]
    long: Option<long::Part>,
    /// A folder with ats-pat-server for the long part; without it the server is built
    #[arg(long, value_name = "DIR", requires = "long")]
    programs: Option<PathBuf>,
}

/// Runs all checks. The first failure ends the run.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    if let Some(part) = arguments.long {
        return long::run(part, arguments.programs.as_ref(), &signals);
    }
    let cargo = |arguments: &[&str]| {
        let mut command = workspace::command("cargo");
        command.args(arguments);
        command
    };
    // This comes first, because a missing database should be reported before the slow checks.
    step("databases at hand", || {
        databases::ensure(&arguments.databases, &signals)
    })?;
    if !arguments.no_browser {
        step("browser at hand", || browser::ensure(&signals))?;
    }
    if !arguments.no_clients {
        step("generators at hand", || clients::ensure(&signals))?;
        step("OpenAPI document", || clients::lint(&signals))?;
    }
    steps::format(&signals)?;
    steps::clippy(&signals)?;
    step("clippy of the pure-Rust build", || {
        signals.succeed(&mut cargo(&[
            "clippy",
            "--package",
            "ats-pat-server",
            "--no-default-features",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    step("layers", layers::check)?;
    step("width of comments", comments::check)?;
    step("names in pages", names::check)?;
    step("licences, bans, sources", || {
        deny(&["licenses", "bans", "sources"], &signals)
    })?;
    if arguments.advisories {
        step("advisories", || deny(&["advisories"], &signals))?;
    }
    step("documentation", || {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps"]);
        signals.succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("tests", || tests(arguments, &signals))?;
    step("commands of the documentation", || {
        docs_test::check(None, "", &signals)
    })?;
    if !arguments.no_clients {
        step("clients", || clients::make_all(&signals))?;
        step("clients against the server", || client_tests(&signals))?;
    }
    step("examples in the documentation", || {
        signals.succeed(&mut cargo(&["test", "--workspace", "--doc"]))
    })?;
    let left_out: Vec<_> = [
        (
            arguments.no_browser,
            "of the pages in a browser (--no-browser)",
        ),
        (
            arguments.no_clients,
            "of document and clients (--no-clients)",
        ),
    ]
    .into_iter()
    .filter_map(|(is_out, what)| is_out.then_some(what))
    .collect();
    if left_out.is_empty() {
        eprintln!("\nAll checks passed.");
    } else {
        eprintln!(
            "\nAll checks passed but those {}, which were left out.",
            left_out.join(" and ")
        );
    }
    Ok(())
}

fn deny(checks: &[&str], signals: &Signals) -> Result<()> {
    let mut command = tools::cargo_deny(signals)?;
    command
        .args(["--workspace", "check", "--hide-inclusion-graph"])
        .args(checks);
    signals.succeed(&mut command)
}

/// How many tests run at once: more than there are processors, because tests also wait for
/// databases, browsers and leases. With one for each of two, a quarter of the time stood idle.
fn at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    processors + processors.div_ceil(2)
}

/// All tests except those of the clients, which are made first.
fn tests(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let mut left_out = vec![CLIENT_TESTS];
    if arguments.no_browser {
        left_out.push(BROWSER_TESTS);
    }
    let mut command: Command = workspace::command("cargo");
    if tools::has_nextest() {
        let filters: Vec<_> = left_out
            .iter()
            .map(|test| format!("not binary({test})"))
            .collect();
        command.args(["nextest", "run", "--workspace"]);
        command.args(["--filterset", &filters.join(" and ")]);
        command.args(["--test-threads", &at_once().to_string()]);
    } else {
        eprintln!("cargo-nextest is missing: `cargo test` runs the same tests, slower.");
        command.args(["test", "--workspace", "--lib", "--bins", "--examples"]);
        for test in workspace::test_targets()? {
            if !left_out.contains(&test.as_str()) {
                command.args(["--test", &test]);
            }
        }
    }
    let status = databases::with_private(&arguments.databases, signals, &mut command)?;
    signals.check()?;
    if !status.success() {
        bail!("{} failed ({status})", name(&command));
    }
    Ok(())
}

/// The tests of the clients. They are built with the whole workspace, so that nothing is built
/// again with other features.
fn client_tests(signals: &Signals) -> Result<()> {
    let mut command = workspace::command("cargo");
    if tools::has_nextest() {
        let filter = format!("binary({CLIENT_TESTS})");
        command.args(["nextest", "run", "--workspace", "--filterset", &filter]);
    } else {
        command.args(["test", "--workspace", "--test", CLIENT_TESTS]);
    }
    signals.succeed(&mut command)
}
