//! Hashing passwords is slow on purpose, so only a few run at once.

use std::time::Duration;

use ats_pat_auth::{AuthError, Password, PasswordCost, PasswordHasher, PasswordRefused};
use ats_pat_domain::{Neighbourhood, Problem, Reason};
use secrecy::{ExposeSecret, SecretString};
use tracing::{Instrument as _, info_span};

use crate::service::error::Error;
use crate::service::turns::{Amounts, Firsts, Rank, Rules, Turn, Turns};

/// How many may wait for their turn, even if they could be answered in time.
const WAITING: usize = 1024;
/// The longest time that a person waits for a password to be checked.
const PATIENCE: Duration = Duration::from_secs(8);

/// Who asks for password work: an address, or `None` for the operator.
pub(crate) type Claim = crate::service::turns::Claim<Option<Neighbourhood>>;

impl Claim {
    /// The claim of the operator.
    pub(crate) const OPERATOR: Self = Self {
        from: None,
        rank: Rank::First,
    };
    /// The claim of an unknown address.
    pub(crate) const UNKNOWN: Self = Self {
        from: None,
        rank: Rank::Second,
    };
}

/// Hashes and verifies passwords, away from the threads that serve requests.
pub(crate) struct Passwords {
    hasher: PasswordHasher,
    turns: Turns<Option<Neighbourhood>>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Result<Self, AuthError> {
        let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            hasher: PasswordHasher::new(cost, at_once)?,
            turns: Turns::new(Rules {
                name: "sign-in",
                at_once,
                most_waiting: WAITING,
                patience: PATIENCE,
                firsts: Firsts::Ahead,
            }),
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
        self.verify_in(self.turn(claim).await?, stored, typed).await
    }

    /// Like [`verify`](Self::verify), in a turn that was taken before.
    pub(crate) async fn verify_in(
        &self,
        turn: PasswordTurn,
        stored: Option<String>,
        typed: &SecretString,
    ) -> Result<bool, Error> {
        let hasher = self.hasher.clone();
        let password = Password::typed(typed.expose_secret());
        work_in(turn, move || match stored {
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

    /// How many more passwords could be checked in time.
    pub(crate) fn room(&self) -> usize {
        self.turns.room()
    }

    /// Counts a sign-in that was refused before its password work.
    pub(crate) fn shed(&self) {
        self.turns.shed(Rank::Third);
    }

    /// How much password work there is.
    pub(crate) fn amounts(&self) -> Amounts {
        self.turns
            .amounts(&[Rank::First, Rank::Second, Rank::Third])
    }

    /// Frees the memory that is kept from one password to the next.
    pub(crate) fn rest(&self) {
        self.hasher.give_back_memory();
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`] if the password could not be checked in time.
    pub(crate) async fn turn(&self, claim: Claim) -> Result<PasswordTurn, Error> {
        let span = info_span!("password.turn");
        let turn = self.turns.turn(claim).instrument(span).await;
        Ok(PasswordTurn(turn.ok_or_else(too_many)?))
    }

    /// A turn, if there is one now.
    pub(crate) fn turn_now(&self, claim: Claim) -> Option<PasswordTurn> {
        self.turns.turn_now(claim).map(PasswordTurn)
    }

    async fn work<T: Send + 'static>(
        &self,
        claim: Claim,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        work_in(self.turn(claim).await?, work).await
    }
}

/// A turn for the work on one password.
pub(crate) struct PasswordTurn(Turn<Option<Neighbourhood>>);

async fn work_in<T: Send + 'static>(
    PasswordTurn(turn): PasswordTurn,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
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

/// The refusal of a sign-in that can't be answered in time.
pub(crate) fn too_many() -> Problem {
    Problem::too_many_requests(Problem::RETRY_AFTER_UNAVAILABLE)
}
