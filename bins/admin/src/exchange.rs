//! The exchange, as a script would make it: for trying out a token, and for shells.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ats_pat_client::{Bearer, Builder, Client, PersonalAccessToken};
use ats_pat_domain::Timestamp;
use clap::Args;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::secret_input::pasted_from_standard_input;

/// Somebody waits at a shell: long enough for a service that restarts, too short to look broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// The personal access token is read from the first line of standard input.
#[derive(Args)]
pub struct Command {
    /// Where the service is: `https://` and its host; `http://` only on this machine
    #[arg(long)]
    url: String,
    /// For whom the authentication token is to be: only for these of the deployment's audiences; up to 16
    #[arg(long, value_name = "NAME", num_args = 1..)]
    audience: Vec<String>,
}

impl Command {
    /// Prints the authentication token: alone, so that shells can take it, or as JSON with both expiries.
    pub async fn run(self, output: Output) -> Result<(), Failure> {
        let secret = pasted_from_standard_input("personal access token")?;
        let token = PersonalAccessToken::parse(secret.expose_secret())
            .map_err(|_| Failure::NoPersonalAccessToken)?;
        let client = Client::builder(self.url, token).give_up_after(PATIENCE);
        let client = self.audience.into_iter().fold(client, Builder::audience);
        let client = client.build()?;
        let bearer = client.bearer().await?;
        output.text_or_object(bearer.expose(), &Exchanged::new(&bearer))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Exchanged<'a> {
    token: &'a str,
    expires_at: Timestamp,
    personal_access_token_expires_at: Timestamp,
}

impl<'a> Exchanged<'a> {
    fn new(bearer: &'a Bearer) -> Self {
        Self {
            token: bearer.expose(),
            expires_at: timestamp(bearer.expires_at()),
            personal_access_token_expires_at: timestamp(bearer.personal_access_token_expires_at()),
        }
    }
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::from_millis(0).after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}
