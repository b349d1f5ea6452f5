//! The admin program. It turns arguments into use cases, and their answers into tables or JSON.
//!
//! Running it with the database and the master key file needs no other right. With `--url` it calls
//! the administration interface instead, by an operator key. Exit code 0 is success, 1 is a refused
//! or failed operation, and 2 is wrong usage.

mod audit;
mod backup;
mod database;
mod deployment;
mod environment;
mod exchange;
mod failure;
mod identity;
mod invocation;
mod key;
mod operator_key;
mod operator_key_input;
mod output;
mod policy;
mod progress;
mod secret_input;
mod token;
mod user;

use std::cell::OnceCell;
use std::process::ExitCode;

use ats_pat_program::{
    CommonFlags, Completions, ManPages, Settings, VERSION, parse, start_logging,
};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::environment::environment;
use crate::failure::Failure;
use crate::invocation::{Invocation, Place};
use crate::output::Output;

/// The default filter of the log: rows that are left out because they were altered or can't be
/// read.
const LOG: &str =
    "off,security=error,ats_pat_service::ledger=error,ats_pat_storage::unreadable=error";

/// Administers the personal access token service.
///
/// Settings come from the file of --config, the environment (`ATS_PAT_…`) and flags. The last one
/// wins.
#[derive(Parser)]
#[command(name = "ats-pat-admin", version = VERSION)]
struct Arguments {
    #[command(flatten)]
    common: CommonFlags,
    /// Works over the administration interface of the service there, by an operator key, which is
    /// the first line of standard input, or of the file that ATS_PAT_OPERATOR_KEY_FILE names.
    /// `https://` and a host; `http://` only on this machine. No setting counts then
    #[arg(long, global = true, value_name = "URL", conflicts_with_all = ["config", "data_dir", "database_url"])]
    url: Option<String>,
    /// How answers are written
    #[arg(long, global = true, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Who may sign in and own tokens
    #[command(subcommand)]
    User(user::Command),
    /// Everybody's personal access tokens
    #[command(subcommand)]
    Token(token::Command),
    /// What tokens may be like
    #[command(subcommand)]
    Policy(policy::Command),
    /// The keys by which programs administer
    #[command(subcommand)]
    OperatorKey(operator_key::Command),
    /// The company's identity providers
    #[command(subcommand)]
    Identity(identity::Command),
    /// The keys that sign authentication tokens
    #[command(subcommand)]
    Key(key::Command),
    /// The database and its schema
    #[command(subcommand)]
    Db(database::Command),
    /// The event log: reads, exports, archives and verifies it
    #[command(subcommand)]
    Audit(audit::Command),
    /// Exchanges a personal access token for an authentication token, at a service anywhere
    Exchange(exchange::Command),
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
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<(), Failure> {
    // These commands use no database, and need no setting.
    match arguments.command {
        Command::Completions(command) => {
            return command.run(Arguments::command()).map_err(Failure::Output);
        }
        Command::ManPages(command) => {
            return command.run(Arguments::command()).map_err(Failure::Output);
        }
        Command::Exchange(command) => return command.run(arguments.output).await,
        _ => {}
    }
    let place = if let Some(url) = arguments.url {
        let key = OnceCell::new();
        Place::Api { url, key }
    } else {
        let settings = Settings::load(&arguments.common, None, environment())?;
        // The important result is the answer or its refusal, in one line.
        start_logging(&settings, LOG, None);
        Place::Database(Box::new(settings))
    };
    let invocation = Invocation {
        place,
        output: arguments.output,
    };
    match arguments.command {
        Command::User(command) => command.run(&invocation).await,
        Command::Token(command) => command.run(&invocation).await,
        Command::Policy(command) => command.run(&invocation).await,
        Command::OperatorKey(command) => command.run(&invocation).await,
        Command::Identity(command) => command.run(&invocation).await,
        Command::Key(command) => command.run(&invocation).await,
        Command::Db(command) => command.run(&invocation).await,
        Command::Audit(command) => command.run(&invocation).await,
        Command::Exchange(_) | Command::Completions(_) | Command::ManPages(_) => Ok(()),
    }
}
