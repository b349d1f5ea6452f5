//! The policy in force, and the effect of another policy on the existing tokens.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use ats_pat_domain::{Policies, PolicyDocument};
use ats_pat_program::{Access, CommonFlags, Settings};
use ats_pat_service::view::PolicyCheck;
use ats_pat_service::{CurrentPolicy, NewPolicy, PolicySource};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::environment::environment;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::Shown;

#[derive(Subcommand)]
pub enum Command {
    /// The policy in force, as it can be in a settings file; with --user, what counts for one user
    Show(Show),
    /// Tells what the policy of a file would do to the active tokens; changes nothing
    Check(Check),
    /// Puts the policy of a file into force on every server (policy-source = "database")
    Apply(Apply),
}

#[derive(Args)]
pub struct Show {
    /// The policy for this user or service account, by the groups that they are in
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    policy: PolicyFile,
}

#[derive(Args)]
pub struct Apply {
    #[command(flatten)]
    policy: PolicyFile,
    /// Only if this version is in force, as `policy show --json` names it
    #[arg(long, value_name = "VERSION")]
    if_version: Option<String>,
    /// Cut active tokens that live longer than the policy allows; a token whose time is up by that
    /// ends
    #[arg(long)]
    enforce_on_existing: bool,
}

#[derive(Args)]
struct PolicyFile {
    /// A settings file, of which only `[policy]` counts, and variables of the environment win, as
    /// at a start; or the policy as the interface has it, in a file that ends in .json
    file: PathBuf,
}

impl PolicyFile {
    fn read(self) -> Result<Policies, Failure> {
        if self.file.extension().is_some_and(|end| end == "json") {
            let failed = |reason: String| Failure::PolicyFile {
                file: self.file.clone(),
                reason,
            };
            let text = fs::read_to_string(&self.file).map_err(|error| failed(error.to_string()))?;
            let document = parse(&text).map_err(|error| failed(error.to_string()))?;
            return Ok(document.read().map_err(ats_pat_service::Error::from)?);
        }
        let flags = CommonFlags {
            config: Some(self.file),
            ..CommonFlags::default()
        };
        Ok(Settings::load(&flags, None, environment())?.policies())
    }
}

/// The members of `policy show --json` that are not part of the policy.
const BESIDE: [&str; 3] = ["Version", "Source", "EnforceOnExisting"];

/// Reads the policy in the form of the interface, or of `policy show --json`.
fn parse(text: &str) -> serde_json::Result<PolicyDocument> {
    let mut fields: Map<String, Value> = serde_json::from_str(text)?;
    fields.retain(|name, _| !BESIDE.contains(&&**name));
    serde_json::from_value(Value::Object(fields))
}

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self {
            Self::Show(Show { user: None }) => {
                let current = invocation
                    .administer(Access::Use, async |deployment| deployment.policies().await)
                    .await?;
                show_current(invocation, &current)
            }
            Self::Show(Show { user: Some(name) }) => {
                let policy = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.policy_of(&name).await
                    })
                    .await?;
                show(invocation, &policy)
            }
            Self::Check(Check { policy }) => {
                let policies = policy.read()?;
                let found = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.check_policies(policies).await
                    })
                    .await?;
                invocation.output.one(&found)
            }
            Self::Apply(apply) => {
                let new = NewPolicy {
                    policy: (&apply.policy.read()?).into(),
                    versions: apply.if_version.map(|version| vec![version]),
                    enforce_on_existing: apply.enforce_on_existing,
                };
                let current = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.apply_policy(new).await
                    })
                    .await?;
                show_current(invocation, &current)
            }
        }
    }
}

/// Shows the policy in force. Programs get its version in the JSON, and people in a comment.
fn show_current(invocation: &Invocation, current: &CurrentPolicy) -> Result<(), Failure> {
    let mut value =
        serde_json::to_value(&current.policy).map_err(|error| Failure::Output(error.into()))?;
    let fields = value.as_object_mut();
    let text = fields.as_deref().map(toml).unwrap_or_default();
    let text = match current.source {
        PolicySource::File => text,
        PolicySource::Database => format!(
            "# version {}{}\n{text}",
            current.version,
            if current.enforce_on_existing {
                ", also for tokens of before"
            } else {
                ""
            }
        ),
    };
    if let Some(fields) = fields {
        fields.insert("Version".to_owned(), current.version.as_str().into());
        fields.insert("Source".to_owned(), current.source.as_str().into());
        fields.insert(
            "EnforceOnExisting".to_owned(),
            current.enforce_on_existing.into(),
        );
    }
    invocation.output.text_or_object(&text, &value)
}

fn show(invocation: &Invocation, policy: &impl Serialize) -> Result<(), Failure> {
    let value = serde_json::to_value(policy).map_err(|error| Failure::Output(error.into()))?;
    let text = value.as_object().map(toml).unwrap_or_default();
    invocation.output.text_or_object(&text, &value)
}

/// A policy in the form of the settings file.
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

/// Texts are written as JSON writes them. TOML can read that.
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

/// The key of the settings: `MaxLifetimeDays` is `max-lifetime-days`.
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
