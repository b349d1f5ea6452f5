//! Installing Debian's database packages where they are missing.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Database, postgres};
use crate::apt::{self, find};
use crate::process::Signals;

/// Sees to it that the programs of the chosen databases are there, or says what to run.
pub fn ensure(chosen: &BTreeSet<Database>, signals: &Signals) -> Result<()> {
    let missing = missing(chosen);
    if missing.is_empty() {
        return Ok(());
    }
    apt::ensure(&missing, "leave it out with `--database sqlite`", signals)?;
    for service in ["postgresql", "mariadb"] {
        // So that they don't start with the machine either. Where systemd isn't, neither is the danger.
        let _ = Command::new("systemctl")
            .args(["--quiet", "disable", service])
            .stderr(Stdio::null())
            .status();
    }
    Ok(())
}

/// The Debian packages that lack.
fn missing(chosen: &BTreeSet<Database>) -> Vec<&'static str> {
    let lacks = |database: &Database| match database {
        Database::Sqlite => None,
        Database::Postgres => postgres::programs().is_none().then_some("postgresql"),
        Database::Mariadb => {
            let there = ["mariadbd", "mariadb", "mariadb-install-db"]
                .iter()
                .all(|program| find(program).is_some());
            (!there).then_some("mariadb-server")
        }
    };
    chosen.iter().filter_map(lacks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_needs_no_package() {
        assert!(missing(&BTreeSet::from([Database::Sqlite])).is_empty());
    }
}
