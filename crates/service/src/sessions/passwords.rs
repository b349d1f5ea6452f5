//! Hashing passwords is slow on purpose, so only a few run at once.

use ats_pat_auth::{AuthError, Password, PasswordCost, PasswordHasher, PasswordRefused};
use ats_pat_domain::{Problem, Reason};
use secrecy::{ExposeSecret, SecretString};
use tracing::{Instrument as _, info_span};

use crate::service::error::Error;
use crate::service::turns::{Claim, Turns};

/// How many may wait for their turn. More are refused.
const WAITING: usize = 1024;

/// Hashes and verifies passwords, away from the threads that serve requests.
pub(crate) struct Passwords {
    hasher: PasswordHasher,
    turns: Turns,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Result<Self, AuthError> {
        let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            hasher: PasswordHasher::new(cost, at_once)?,
            turns: Turns::new(at_once, WAITING),
        })
    }

    /// Whether `typed` is the password of `stored`. Without `stored` it does the same work and
    /// returns false.
    pub(crate) async fn verify(
        &self,
        stored: Option<String>,
        typed: &SecretString,
        claim: Claim,
    ) -> Result<bool, Error> {
        let hasher = self.hasher.clone();
        let password = Password::typed(typed.expose_secret());
        self.work(claim, move || match stored {
            Some(stored) => hasher.verify(&stored, &password),
            None => hasher.verify_unknown(&password),
        })
        .await?
        .map_err(Error::from)
    }

    /// A hash of the right password `typed` at the current cost, if `stored` has another cost.
    pub(crate) async fn renew(
        &self,
        stored: &str,
        typed: &SecretString,
        salt: [u8; 16],
        claim: Claim,
    ) -> Result<Option<String>, Error> {
        if !self.hasher.needs_rehash(stored) {
            return Ok(None);
        }
        let hasher = self.hasher.clone();
        let password = Password::typed(typed.expose_secret());
        let renewed = self
            .work(claim, move || hasher.hash(&password, salt))
            .await?;
        Ok(Some(renewed?))
    }

    /// The hash of a new password, if it is allowed. Otherwise [`Problem::ValidationFailed`] on
    /// `field`. `about` has words that a guesser would try.
    pub(crate) async fn hash_new(
        &self,
        field: &'static str,
        chosen: &SecretString,
        about: &[&str],
        salt: [u8; 16],
        claim: Claim,
    ) -> Result<String, Error> {
        let hasher = self.hasher.clone();
        let chosen = chosen.clone();
        let about: Vec<String> = about.iter().map(ToString::to_string).collect();
        self.work(claim, move || {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            let password = Password::chosen(chosen.expose_secret(), &about).map_err(|refused| {
                let reason = match refused {
                    PasswordRefused::TooShort => Reason::TooShort,
                    PasswordRefused::TooLong => Reason::TooLong,
                    PasswordRefused::TooCommon => Reason::TooCommon,
                };
                Error::Refused(Problem::validation(field, reason))
            })?;
            Ok(hasher.hash(&password, salt)?)
        })
        .await?
    }

    /// Frees the memory that is kept from one password to the next.
    pub(crate) fn rest(&self) {
        self.hasher.give_back_memory();
    }

    async fn work<T: Send + 'static>(
        &self,
        claim: Claim,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || Error::Refused(Problem::too_many_requests(1));
        let span = info_span!("password.turn");
        let turn = self.turns.turn(claim).instrument(span).await;
        let turn = turn.ok_or_else(busy)?;
        // If the caller hangs up, the work goes on, and its turn with it.
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work)
            .instrument(info_span!("password.hash"))
            .await
            .map_err(|error| Error::Interrupted(error.into()))
    }
}
