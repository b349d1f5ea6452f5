//! Private databases for tests. They are started in temporary folders on free ports of the loopback
//! address, for one command, and are gone when it ends, however it ends.

use std::collections::BTreeSet;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Result;
use clap::ValueEnum;

use crate::process::Signals;
use crate::workspace;

mod account;
mod durability;
mod folder;
mod galera;
mod install;
mod instance;
mod kind;
mod mariadb;
mod postgres;

pub use durability::Durability;
use folder::Folder;
use instance::Instance;
pub use kind::Database;

/// Which databases a command is to see.
#[derive(clap::Args, Default)]
pub struct Choice {
    /// A database to use; repeat it for several [default: all]
    #[arg(
        long = "database",
        value_enum,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    chosen: Vec<Database>,
}

impl Choice {
    /// This one and no other.
    pub fn only(database: Database) -> Self {
        Self::of(vec![database])
    }

    /// These; all of them if there are none.
    pub fn of(chosen: Vec<Database>) -> Self {
        Self { chosen }
    }

    fn set(&self) -> BTreeSet<Database> {
        if self.chosen.is_empty() {
            Database::value_variants().iter().copied().collect()
        } else {
            self.chosen.iter().copied().collect()
        }
    }
}

/// Arguments of `cargo xtask databases`.
#[derive(clap::Args)]
#[command(after_help = "The command finds in its environment:\n  \
    ATS_PAT_TEST_DATABASES     which there are, for example sqlite,postgres,mariadb,galera\n  \
    ATS_PAT_TEST_POSTGRES_URL  postgres://… of a superuser\n  \
    ATS_PAT_TEST_MARIADB_URL   mysql://… of a user with all rights\n  \
    ATS_PAT_TEST_GALERA_URLS   mysql://…,mysql://…,mysql://… of the same at each node")]
pub struct Arguments {
    #[command(flatten)]
    databases: Choice,
    /// The command and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs the command of `arguments` in the current folder. Returns its exit code.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let signals = Signals::watch()?;
    let Some((program, rest)) = arguments.command.split_first() else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut command = workspace::command(program);
    command.args(rest).current_dir(".");
    let status = with_private(&arguments.databases, &signals, &mut command)?;
    Ok(exit_code(status))
}

/// Makes sure that the chosen databases can be started: installs what is missing, or says what to
/// install.
pub fn ensure(choice: &Choice, signals: &Signals) -> Result<()> {
    install::ensure(&choice.set(), signals)
}

/// Runs `command` while the chosen databases are up.
pub fn with_private(
    choice: &Choice,
    signals: &Signals,
    command: &mut Command,
) -> Result<ExitStatus> {
    with(choice, Durability::None, signals, command)
}

/// Like [`with_private`], on databases that work as in production, for measurements.
pub fn with_durable(
    choice: &Choice,
    signals: &Signals,
    command: &mut Command,
) -> Result<ExitStatus> {
    with(choice, Durability::Full, signals, command)
}

fn with(
    choice: &Choice,
    durability: Durability,
    signals: &Signals,
    command: &mut Command,
) -> Result<ExitStatus> {
    let chosen = choice.set();
    install::ensure(&chosen, signals)?;
    let folder = Folder::create()?;
    command
        .env_remove(postgres::VARIABLE)
        .env_remove(mariadb::VARIABLE)
        .env_remove(galera::VARIABLE)
        .env_remove(galera::NODES_VARIABLE);
    let mut running: Vec<Instance> = Vec::new();
    for database in &chosen {
        let (variable, instances) = match database {
            Database::Sqlite => continue,
            Database::Postgres => {
                let instance = postgres::start(&folder, durability, signals)?;
                (postgres::VARIABLE, vec![instance])
            }
            Database::Mariadb => {
                let instance = mariadb::start(&folder, durability, signals)?;
                (mariadb::VARIABLE, vec![instance])
            }
            Database::Galera => (
                galera::VARIABLE,
                galera::start(&folder, durability, signals)?,
            ),
        };
        if *database == Database::Galera {
            let nodes: Vec<_> = instances.iter().map(Instance::line).collect();
            command.env(galera::NODES_VARIABLE, nodes.join("\n"));
        }
        let urls: Vec<_> = instances.iter().map(Instance::url).collect();
        command.env(variable, urls.join(","));
        running.extend(instances);
    }
    let names: Vec<_> = chosen.iter().map(|database| database.name()).collect();
    command.env("ATS_PAT_TEST_DATABASES", names.join(","));
    signals.run(command)
}

/// The exit code of a shell: the code, or 128 and the signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_choice_every_database_is_used() {
        let all = Choice { chosen: vec![] }.set();
        assert_eq!(
            all.into_iter().map(Database::name).collect::<Vec<_>>(),
            ["sqlite", "postgres", "mariadb", "galera"]
        );
    }

    #[test]
    fn the_command_keeps_its_exit_code() {
        let choice = Choice {
            chosen: vec![Database::Sqlite],
        };
        let signals = Signals::watch().unwrap();
        let script = r#"test "$ATS_PAT_TEST_DATABASES" = sqlite && test -z "$ATS_PAT_TEST_POSTGRES_URL" && exit 7"#;
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .env(postgres::VARIABLE, "postgres://stale");
        let status = with_private(&choice, &signals, &mut command).unwrap();
        assert_eq!(status.code(), Some(7));
    }
}
