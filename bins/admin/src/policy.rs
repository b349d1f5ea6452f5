//! The policy: what it is, and what another would do to the tokens that there are.

use std::fmt::Write as _;
use std::path::PathBuf;

use ats_pat_program::{Access, CommonFlags, Settings};
use ats_pat_service::view::{PoliciesView, PolicyCheck};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::output::Shown;
use crate::session::Session;

#[derive(Subcommand)]
pub enum Command {
    /// The policy of the settings, as it can be in their file; with --user, what counts for one user
    Show(Show),
    /// Tells what the policy of a settings file would do to the active tokens; changes nothing
    Check(Check),
}

#[derive(Args)]
pub struct Show {
    /// The policy for this user or service account, by the groups that they are in
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

#[derive(Args)]
pub struct Check {
    /// A settings file; of it only `[policy]` counts, and variables of the environment win, as at a start
    file: PathBuf,
}

impl Command {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Show(Show { user: None }) => {
                let policies = PoliciesView::new(&session.settings.policies());
                show(session, &policies)
            }
            Self::Show(Show { user: Some(name) }) => {
                let policy = session
                    .with_service(Access::Use, async |service| {
                        service.operator().policy_of(&name).await
                    })
                    .await?;
                show(session, &policy)
            }
            Self::Check(Check { file }) => {
                let flags = CommonFlags {
                    config: Some(file),
                    ..CommonFlags::default()
                };
                let policies = Settings::load(&flags, None, std::env::vars_os())?.policies();
                let found = session
                    .with_service(Access::Use, async |service| {
                        service.operator().check_policies(policies).await
                    })
                    .await?;
                session.output.one(&found)
            }
        }
    }
}

fn show(session: &Session, policy: &impl Serialize) -> Result<(), Failure> {
    let value = serde_json::to_value(policy).map_err(|error| Failure::Output(error.into()))?;
    let text = value.as_object().map(toml).unwrap_or_default();
    session.output.text_or_object(&text, &value)
}

/// A policy as it can be in the settings file.
fn toml(policy: &Map<String, Value>) -> String {
    let mut text = "[policy]".to_owned();
    add_table(&mut text, policy);
    let groups = policy.get("Groups").and_then(Value::as_array);
    for group in groups.into_iter().flatten().filter_map(Value::as_object) {
        text.push_str("\n\n[[policy.groups]]");
        add_table(&mut text, group);
    }
    text
}

fn add_table(text: &mut String, table: &Map<String, Value>) {
    for (name, value) in table.iter().filter(|(name, _)| *name != "Groups") {
        let value = if name == "MayCreate" {
            in_small_letters(value)
        } else {
            in_toml(value)
        };
        // Writing to a String can't fail.
        let _ = write!(text, "\n{} = {value}", key(name));
    }
}

fn in_small_letters(value: &Value) -> String {
    in_toml(value).to_lowercase()
}

/// Texts are written as JSON writes them, which TOML reads.
fn in_toml(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(in_toml).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("{} = {}", key(name), in_toml(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// `MaxLifetimeDays` as `max-lifetime-days`.
fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !key.is_empty() {
            key.push('-');
        }
        key.push(letter.to_ascii_lowercase());
    }
    key
}

impl Shown for PolicyCheck {
    const COLUMNS: &'static [&'static str] = &[
        "Active tokens",
        "Owners",
        "Affected tokens",
        "Affected owners",
        "Longer than allowed",
        "With all scope",
        "From other networks",
        "Unused",
        "Owners over limit",
        "Users who may not create",
    ];

    fn cells(&self) -> Vec<String> {
        [
            self.active_tokens,
            self.owners,
            self.affected_tokens,
            self.affected_owners,
            self.longer_than_allowed,
            self.with_all_scope,
            self.from_other_networks,
            self.unused,
            self.owners_over_limit,
            self.users_who_may_not_create,
        ]
        .map(|count| count.to_string())
        .to_vec()
    }
}
