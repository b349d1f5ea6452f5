//! The server: settings, wiring, listeners, signals; and the commands that look at it.

mod ask;
mod config;
mod descriptors;
mod doctor;
mod failure;
mod healthcheck;
mod libraries;
mod output;
mod reload;
mod run;
mod signals;
mod sockets;
mod systemd;
mod traces;
mod watching;

use std::process::ExitCode;

use ats_pat_program::{
    CommonFlags, Completions, LoadedSettings, ManPages, ServerFlags, VERSION, parse, report,
    start_logging,
};
use clap::{CommandFactory as _, Parser, Subcommand};
use mimalloc::MiMalloc;

use failure::Failure;
use reload::{Load, Reload};
use sockets::Passed;
use traces::Traces;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Serves personal access tokens and exchanges them for authentication tokens.
///
/// Settings come from the file of --config, the environment (`ATS_PAT_…`) and flags. The last of
/// them wins. Without a command, the server serves.
#[derive(Parser)]
#[command(name = "ats-pat-server", version = VERSION)]
struct Arguments {
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    server: ServerFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The settings: whether they are right, and where each comes from
    #[command(subcommand)]
    Config(config::Command),
    Healthcheck(healthcheck::Command),
    Doctor(doctor::Command),
    /// Completions for a shell
    Completions(Completions),
    /// Man pages of all commands, into a folder
    #[command(hide = true)]
    ManPages(ManPages),
}

fn main() -> ExitCode {
    let arguments: Arguments = match parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(usage) => return usage.report(),
    };
    let Arguments {
        common,
        server,
        command,
    } = arguments;
    // These commands need no setting.
    match command {
        Some(Command::Completions(command)) => {
            return ended(command.run(Arguments::command()).map_err(Failure::Output));
        }
        Some(Command::ManPages(command)) => {
            return ended(command.run(Arguments::command()).map_err(Failure::Output));
        }
        _ => {}
    }
    let load = move || LoadedSettings::load(&common, Some(&server), std::env::vars_os());
    let loaded = match load() {
        Ok(loaded) => loaded,
        Err(error) => {
            report(&error);
            return ExitCode::from(2);
        }
    };
    ended(match command {
        None => serve(loaded, load),
        Some(Command::Config(command)) => command.run(&loaded),
        Some(Command::Healthcheck(command)) => command.run(&loaded.settings),
        Some(Command::Doctor(command)) => command.run(&loaded.settings),
        Some(Command::Completions(_) | Command::ManPages(_)) => Ok(()),
    })
}

/// The exit code of the program. Tells why, if it failed.
fn ended(ended: Result<(), Failure>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Runs the server. `load` reads the settings anew.
fn serve(loaded: LoadedSettings, load: impl Load) -> Result<(), Failure> {
    // This comes first, because it changes the environment, and other threads may read that.
    let passed = Passed::take(std::env::vars_os())?;
    let traces = Traces::open(&loaded.settings)?;
    let log = start_logging(&loaded.settings, "info", traces.layer());
    tracing::trace!(settings = ?loaded.settings, "settings, of all sources");
    let settings = loaded.settings.clone();
    run::run(&settings, passed, Reload::new(loaded, load, log), traces)
}
