//! The personal access token of a client: how it is exchanged, and replaced by its next one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ats_pat_token::PersonalAccessToken;
use parking_lot::Mutex;

use crate::answer::{Exchanged, Failed};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::retry::Retry;
use crate::secret_file::{SecretFile, Turn};

/// Where the client has its personal access token from.
pub enum Source {
    /// The program has it.
    Program(PersonalAccessToken),
    /// It is the content of a file.
    File(PathBuf),
}

/// A personal access token, and the place of its next ones.
pub struct Keeper {
    exchange: Exchange,
    token: Mutex<Arc<PersonalAccessToken>>,
    file: Option<SecretFile>,
    /// How long before its expiry the token is replaced.
    rotate_before: Option<Duration>,
    /// The token may not be replaced, so the client doesn't ask again.
    is_fixed: AtomicBool,
}

impl Keeper {
    /// # Errors
    /// [`Error::File`].
    pub fn new(
        exchange: Exchange,
        source: Source,
        rotate_before: Option<Duration>,
    ) -> Result<Self, Error> {
        let (token, file) = match source {
            Source::Program(token) => (token, None),
            Source::File(path) => {
                let file = SecretFile::new(path);
                (file.read()?, Some(file))
            }
        };
        Ok(Self {
            exchange,
            token: Mutex::new(Arc::new(token)),
            file,
            rotate_before,
            is_fixed: AtomicBool::new(false),
        })
    }

    /// The address of the service, for people.
    pub fn service(&self) -> String {
        self.exchange.service()
    }

    /// Exchanges the token, or the next one if it waits to be confirmed. If the token is due, it is
    /// replaced first. If that fails, the token still works, and the next exchange tries again.
    pub async fn exchange(&self) -> Result<Exchanged, Failed> {
        let Some(file) = &self.file else {
            return self.exchange.once(&self.token()).await;
        };
        if file.next()?.is_some()
            && let Some(turn) = file.turn()?
            && let Some(confirmed) = self.confirm_next(file, &turn).await?
        {
            return Ok(confirmed);
        }
        let exchanged = match self.exchange.once(&self.token()).await {
            // Another program may have replaced it.
            Err(Failed {
                error: error @ Error::Invalid(_),
                ..
            }) => self.exchange_newer(file, error).await?,
            other => other?,
        };
        let is_due = |before| exchanged.personal_access_token_lifetime < before;
        if !self.rotate_before.is_some_and(is_due) || self.is_fixed.load(Ordering::Relaxed) {
            return Ok(exchanged);
        }
        match file.turn() {
            Ok(Some(turn)) => Ok(self.rotate_in(file, &turn).await.unwrap_or(exchanged)),
            _ => Ok(exchanged),
        }
    }

    /// Replaces the token by its next one. If a next one already waits to be confirmed, that one is
    /// used.
    pub async fn rotate(&self) -> Result<Exchanged, Failed> {
        let file = self.file.as_ref().ok_or(Error::NoFile)?;
        let turn = file.turn()?.ok_or(Error::FileInUse)?;
        self.rotate_in(file, &turn).await
    }

    async fn rotate_in(&self, file: &SecretFile, turn: &Turn) -> Result<Exchanged, Failed> {
        if let Some(confirmed) = self.confirm_next(file, turn).await? {
            return Ok(confirmed);
        }
        // Another program may have replaced it since this client read it.
        *self.token.lock() = Arc::new(file.read()?);
        self.replace(file, turn).await
    }

    fn token(&self) -> Arc<PersonalAccessToken> {
        Arc::clone(&self.token.lock())
    }

    async fn exchange_newer(&self, file: &SecretFile, refused: Error) -> Result<Exchanged, Failed> {
        let is_newer = |other: &PersonalAccessToken| other.expose() != self.token().expose();
        let newer = match Some(file.read()?).filter(is_newer) {
            Some(newer) => Some(newer),
            // It was confirmed, and is about to replace the other.
            None => file.next()?,
        };
        let newer = Arc::new(newer.ok_or(refused)?);
        *self.token.lock() = Arc::clone(&newer);
        self.exchange.once(&newer).await
    }

    async fn replace(&self, file: &SecretFile, turn: &Turn) -> Result<Exchanged, Failed> {
        let next = match self.exchange.next(&self.token()).await {
            Err(failed) => {
                let is_fixed = matches!(failed.error, Error::SelfRegenerateNotAllowed(_));
                self.is_fixed.fetch_or(is_fixed, Ordering::Relaxed);
                return Err(failed);
            }
            Ok(next) => next,
        };
        // It must be on the disk before it is used, because from its first exchange on the old
        // token is refused.
        file.keep_next(turn, &next)?;
        let confirmed = self.confirm_next(file, turn).await?;
        confirmed.ok_or_else(|| Error::unavailable(Void).into())
    }

    /// Exchanges the next token, if there is one, and replaces the other by it. Returns `None` also
    /// if the next token is void.
    async fn confirm_next(
        &self,
        file: &SecretFile,
        turn: &Turn,
    ) -> Result<Option<Exchanged>, Failed> {
        let Some(next) = file.next()? else {
            return Ok(None);
        };
        match self.exchange.once(&next).await {
            Ok(exchanged) => {
                file.take_next(turn)?;
                *self.token.lock() = Arc::new(next);
                Ok(Some(exchanged))
            }
            Err(Failed {
                error: Error::Invalid(_),
                ..
            }) => {
                file.forget_next(turn)?;
                Ok(None)
            }
            // The service may have confirmed it, so it is kept until that is known.
            Err(failed) => Err(failed),
        }
    }
}

impl From<Error> for Failed {
    /// Asking again would not help.
    fn from(error: Error) -> Self {
        Self {
            error,
            retry: Retry::Never,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the next personal access token was void before it was used")]
struct Void;
