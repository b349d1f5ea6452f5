//! How long somebody waits for the log.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::service::error::Error;

/// How long a caller waits until the log was read far enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Patience {
    /// For a change that goes on without it.
    Short,
    /// For a request, and for a change that needs it, because others wait for the change.
    Prompt,
    /// For an operator's program.
    Operator,
}

impl Patience {
    const fn longest(self) -> Duration {
        match self {
            Self::Short => Duration::from_millis(250),
            Self::Prompt => Duration::from_secs(1),
            Self::Operator => Duration::from_hours(1),
        }
    }
}

/// The result of reading the log, within the patience of whoever waits.
///
/// # Errors
/// [`Error::LogNotRead`] after that time; [`Error::Interrupted`].
pub(super) async fn in_time(
    patience: Patience,
    reading: JoinHandle<Result<(), Error>>,
) -> Result<(), Error> {
    match tokio::time::timeout(patience.longest(), reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(broken_off)) => Err(Error::Interrupted(broken_off.into())),
        Err(_) => Err(Error::LogNotRead),
    }
}
