//! The developer's front door: everything one does to this repository besides editing it.
//!
//! Each command is one module. The program knows the crates of the workspace only by name. It
//! depends on none of them, so that it builds in seconds and works while they don't build.
#![expect(
    clippy::print_stderr,
    reason = "a developer's program talks to its terminal"
)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod apt;
mod bench;
mod browser;
mod check;
mod clients;
mod comments;
mod databases;
mod dist;
mod docs_test;
mod documents;
mod html_checkers;
mod identity_provider;
mod layers;
mod long;
mod names;
mod process;
mod prove;
mod screenshots;
mod steps;
mod test;
mod tools;
mod workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The developer's front door",
    version
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure whole programs: the figures that the documentation promises.
    Bench(bench::Arguments),
    /// Check a change within a minute: format, layers, width of comments, warnings, and the unit
    /// tests of the crates that changed.
    Check(check::Arguments),
    /// Make clients in other languages from docs/openapi.json, into target/clients.
    Clients(clients::Arguments),
    /// Run a command while private databases are up, and stop them whatever happens.
    Databases(databases::Arguments),
    /// Make what is given to operators: an archive, a Debian package, a bill of materials and
    /// checksums, in target/packages.
    Dist(dist::Arguments),
    /// Run the commands of the documentation that are marked for it, as a reader would.
    DocsTest(docs_test::Arguments),
    /// Check that every crate uses only what the architecture allows it, and that no files use each
    /// other in a circle.
    Layers,
    /// Write docs/openapi.json as the program describes itself.
    Openapi,
    /// Try the programs where storage and clusters fail: what they acknowledged must be so.
    Prove(prove::Arguments),
    /// Write docs/screenshots from the pages as they are.
    Screenshots(screenshots::Arguments),
    /// Write the table of settings into docs/operation.md.
    Settings,
    /// Run every check, in the order in which they fail fastest.
    Test(test::Arguments),
    /// Write docs/vectors, which verifiers in other languages read.
    Vectors,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Bench(arguments) => bench::run(&arguments).map(done),
        Task::Check(arguments) => check::run(&arguments).map(done),
        Task::Clients(arguments) => clients::run(&arguments).map(done),
        Task::Databases(arguments) => databases::run(&arguments),
        Task::Dist(arguments) => dist::run(&arguments).map(done),
        Task::DocsTest(arguments) => docs_test::run(&arguments).map(done),
        Task::Layers => layers::check().map(done),
        Task::Openapi => documents::openapi().map(done),
        Task::Prove(arguments) => prove::run(&arguments).map(done),
        Task::Screenshots(arguments) => screenshots::run(&arguments).map(done),
        Task::Settings => documents::settings().map(done),
        Task::Test(arguments) => test::run(&arguments).map(done),
        Task::Vectors => documents::vectors().map(done),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}
