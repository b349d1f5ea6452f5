//! Waits for a database that can't be reached when the server starts.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::open::{Access, Libraries, Opened, OpenedDatabase};
use crate::settings::Settings;
use crate::start_error::StartError;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);

impl Opened {
    /// Like [`Self::open`], for a server. If the database can't be reached, this waits as long as
    /// `start-patience-seconds` says. Returns `None` if `asked_to_stop` completed in the meantime.
    pub async fn open_patiently(
        settings: &Settings,
        public_url: &str,
        libraries: Libraries,
        asked_to_stop: impl Future<Output = ()>,
    ) -> Result<Option<Self>, StartError> {
        match reached(settings, asked_to_stop).await? {
            Some(opened) => {
                let access = Access::Server;
                Self::over(opened, settings, public_url, access, libraries)
                    .await
                    .map(Some)
            }
            None => Ok(None),
        }
    }
}

/// Opens the database for a server. While it can't be reached, this tries again for as long as the
/// settings say, and logs each try. Returns `None` as soon as `asked_to_stop` completes.
async fn reached(
    settings: &Settings,
    asked_to_stop: impl Future<Output = ()>,
) -> Result<Option<OpenedDatabase>, StartError> {
    let end = Instant::now() + settings.start_patience;
    let mut asked_to_stop = pin!(asked_to_stop);
    loop {
        let opened = OpenedDatabase::open_with_keys(settings, Access::Server);
        let error = tokio::select! {
            biased;
            () = &mut asked_to_stop => return Ok(None),
            opened = opened => match opened {
                Ok(opened) => return Ok(Some(opened)),
                Err(error) => error,
            },
        };
        let left = end.saturating_duration_since(Instant::now());
        if !error.may_pass() || left.is_zero() {
            return Err(error);
        }
        tracing::warn!(
            cause = %ats_pat_service::causes(&error),
            seconds_left = left.as_secs(),
            "the database is away: trying again"
        );
        tokio::select! {
            biased;
            () = &mut asked_to_stop => return Ok(None),
            () = tokio::time::sleep(PAUSE.min(left)) => {}
        }
    }
}
