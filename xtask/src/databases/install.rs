//! Installs missing database packages of Debian.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::kind::Database;
use super::{galera, postgres};
use crate::apt::{self, find};
use crate::process::Signals;

/// Makes sure that the programs of the chosen databases are there, or says what to run.
pub fn ensure(chosen: &BTreeSet<Database>, signals: &Signals) -> Result<()> {
    let missing = missing(chosen);
    if missing.is_empty() {
        return Ok(());
    }
    apt::ensure(&missing, "leave it out with `--database sqlite`", signals)?;
    for service in ["postgresql", "pgbouncer", "mariadb"] {
        // So that they don't start with the machine either. Without systemd there is no such
        // danger.
        let _ = Command::new("systemctl")
            .args(["--quiet", "disable", service])
            .stderr(Stdio::null())
            .status();
    }
    Ok(())
}

/// The Debian packages that are missing.
fn missing(chosen: &BTreeSet<Database>) -> Vec<&'static str> {
    let lacks = |database: &Database| match database {
        Database::Sqlite => None,
        Database::Postgres => postgres::programs().is_none().then_some("postgresql"),
        Database::Mariadb => lacks_mariadb(&[]).then_some("mariadb-server"),
        // Its dependencies are galera-4 and rsync.
        Database::Galera => {
            let lacks = lacks_mariadb(&["rsync"]) || !Path::new(galera::PROVIDER).exists();
            lacks.then_some("mariadb-server")
        }
    };
    // Some tests put the pooler before PostgreSQL.
    let pooler = chosen.contains(&Database::Postgres) && find("pgbouncer").is_none();
    let packages: BTreeSet<_> = chosen
        .iter()
        .filter_map(lacks)
        .chain(pooler.then_some("pgbouncer"))
        .collect();
    packages.into_iter().collect()
}

fn lacks_mariadb(besides: &[&str]) -> bool {
    ["mariadbd", "mariadb", "mariadb-install-db"]
        .iter()
        .chain(besides)
        .any(|program| find(program).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_needs_no_package() {
        assert!(missing(&BTreeSet::from([Database::Sqlite])).is_empty());
    }
}
