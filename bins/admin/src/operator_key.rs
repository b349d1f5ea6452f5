//! Operator keys, by which programs administer: making, listing, revoking.

use std::time::Duration;

use ats_pat_domain::operator_key::Right;
use ats_pat_program::Access;
use ats_pat_service::NewOperatorKey;
use ats_pat_service::view::OperatorKeyView;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{Shown, or_dash};

const DAY: Duration = Duration::from_hours(24);

#[derive(Subcommand)]
pub enum Command {
    /// Makes a key, and prints its secret this once
    Add(Add),
    /// Every key, the newest first
    List,
    /// Ends a key for good
    Revoke {
        /// The id of the key, as `operator-key list` shows it
        id: String,
    },
}

#[derive(Args)]
pub struct Add {
    /// What the key is called
    name: String,
    /// What it may do; may stand several times
    #[arg(long = "right", value_name = "RIGHT", required = true, value_parser = rights())]
    rights: Vec<String>,
    /// After how many days it stops working, at most 366
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=366))]
    expires: u32,
    /// An address or a network that it may be used from; anywhere where none is given
    #[arg(long = "network", value_name = "CIDR")]
    networks: Vec<String>,
}

fn rights() -> PossibleValuesParser {
    PossibleValuesParser::new(Right::ALL.map(Right::as_str))
}

const NO_KEY: &str = "no operator key makes, lists or revokes operator keys";

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(invocation).await,
            Self::List => {
                let keys = invocation
                    .at_the_database(NO_KEY, Access::Use, async |service| {
                        service.operator().operator_keys().await
                    })
                    .await?;
                invocation.output.list(&keys)
            }
            Self::Revoke { id } => {
                let key = invocation
                    .at_the_database(NO_KEY, Access::Use, async |service| {
                        service.operator().revoke_operator_key(&id).await
                    })
                    .await?;
                invocation.output.one(&key)
            }
        }
    }
}

impl Add {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let issued = invocation
            .at_the_database(NO_KEY, Access::Use, async |service| {
                let expires_at = service.now().after(DAY.saturating_mul(self.expires));
                let new = NewOperatorKey {
                    name: Some(self.name),
                    rights: self.rights,
                    expires_at: Some(expires_at.to_string()),
                    allowed_networks: (!self.networks.is_empty()).then_some(self.networks),
                };
                service.operator().create_operator_key(new).await
            })
            .await?;
        let secret = issued.secret.expose_secret();
        let object = json!({"Key": issued.key, "Secret": secret});
        invocation.output.text_or_object(secret, &object)
    }
}

impl Shown for OperatorKeyView {
    const COLUMNS: &'static [&'static str] = &[
        "Id",
        "Name",
        "Status",
        "Rights",
        "Networks",
        "Made by",
        "Created at",
        "Expires at",
        "Revoked at",
        "Last used at",
        "Last used from",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.name.clone(),
            self.status.to_string(),
            self.rights.join(" "),
            or_dash(
                self.allowed_networks
                    .as_ref()
                    .map(|networks| networks.join(" ")),
            ),
            or_dash(self.made_by.as_deref()),
            self.created_at.to_string(),
            self.expires_at.to_string(),
            or_dash(self.revoked_at),
            or_dash(self.last_used_at),
            or_dash(self.last_used_from.as_deref()),
        ]
    }
}
