//! The keys that sign authentication tokens: listing and rotating.

use ats_pat_program::Access;
use ats_pat_service::Rotation;
use ats_pat_service::view::SigningKeyView;
use clap::Subcommand;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{Shown, or_dash};

#[derive(Subcommand)]
pub enum Command {
    /// Lists the signing keys, with their states
    List,
    /// Makes a new signing key, which takes over once verifiers have had time to see it
    Rotate {
        /// The new key takes over at once; what the old one signed stays valid until it expires
        #[arg(long)]
        now: bool,
        /// For a key that others may know: as --now, and the old keys are destroyed, with all they
        /// signed
        #[arg(long, conflicts_with = "now")]
        compromised: bool,
    },
}

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let keys = invocation
            .administer(Access::Use, async |deployment| match self {
                Self::List => deployment.signing_keys().await,
                Self::Rotate { now, compromised } => {
                    let rotation = match (now, compromised) {
                        (_, true) => Rotation::Compromised,
                        (true, false) => Rotation::AtOnce,
                        (false, false) => Rotation::Planned,
                    };
                    deployment.rotate_keys(rotation).await
                }
            })
            .await?;
        invocation.output.list(&keys)
    }
}

impl Shown for SigningKeyView {
    const COLUMNS: &'static [&'static str] =
        &["Key id", "State", "Created at", "Active from", "Retired at"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.kid.clone(),
            self.state.to_owned(),
            self.created_at.to_string(),
            self.active_from.to_string(),
            or_dash(self.retired_at),
        ]
    }
}
