//! What the programs say of the schema.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::installation::Installation;

/// The migrations that this program would apply.
pub fn pending(installation: &Installation) -> Result<Vec<String>> {
    let plan = asked(installation, &["db", "migrate", "--plan"])?;
    let plan = plan.as_array().context("the plan is no list")?.iter();
    Ok(plan.filter_map(|one| text(&one["Name"])).collect())
}

/// What is wrong with the state of the schema as a program of the release before tells it, after
/// `applied` by this release.
pub fn compare(former: &Installation, applied: &[String]) -> Result<Vec<String>> {
    let status = asked(former, &["db", "status"])?;
    let named = |field: &str| -> BTreeSet<String> {
        let names = status[field].as_array().into_iter().flatten();
        names.filter_map(text).collect()
    };
    let mut wrong = Vec::new();
    for (field, expected) in [
        ("Beside", applied.iter().cloned().collect()),
        ("Pending", BTreeSet::new()),
        ("Unknown", BTreeSet::new()),
    ] {
        let found = named(field);
        if found != expected {
            wrong.push(format!("{field} is {found:?} and not {expected:?}"));
        }
    }
    Ok(wrong)
}

fn asked(installation: &Installation, command: &[&str]) -> Result<Value> {
    let said = installation.admin(&[command, &["--output", "json"]].concat(), "")?;
    Ok(serde_json::from_str(&said)?)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}
