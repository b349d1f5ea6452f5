//! One event was altered before the upgrade.

use anyhow::Result;

use super::taken_over::{stop, the_server_ends};
use super::{findings::Findings, ground::Ground, rows};
use crate::databases::Kind;
use crate::load::add_user;
use crate::signals::Signals;
use crate::tally::{Count, Tally};

pub fn run(
    ground: &Ground,
    tally: &Tally,
    findings: &mut Findings,
    signals: &Signals,
) -> Result<()> {
    let site = ground.site("altered")?;
    let mut server = site.former.start(Vec::new(), signals)?;
    for name in ["ada", "bob", "eve"] {
        add_user(&site.former, name)?;
        tally.add(Count::Acknowledged);
    }
    stop(&mut server, signals)?;
    let details = match ground.kind {
        Kind::Postgres => "'\\x7b7d'::bytea",
        Kind::Sqlite | Kind::Mariadb => "x'7b7d'",
    };
    site.client.ask(&format!(
        "UPDATE events SET details = {details} WHERE seq = 3"
    ))?;
    let before = rows::tags(ground.kind, &site.client)?;
    for _ in 0..2 {
        let said = the_server_ends(&site.new, signals)?;
        findings.check(
            format!("an altered event stops the start: {said}"),
            said.contains("event 3 of the event log was altered"),
        );
    }
    let after = rows::tags(ground.kind, &site.client)?;
    findings.check("no tag is changed then", before == after);
    findings.check(
        "and no event is written",
        rows::upgrades(&site.client)? == 0,
    );
    Ok(())
}
