//! The turns of sign-ins.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::{Neighbourhood, Problem};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::places::Places;
use super::{Account, Limit, Limiter, Limits, QUARTER_HOUR, get_or_insert};
use crate::service::refusals::Refusal;
use crate::service::turns::Rank;
use crate::sessions::passwords::{Claim, Passwords, too_many};

/// After so many failures from anywhere in a quarter of an hour, sign-ins of an account are slowed.
const ACCOUNT_FAILURES: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// How many more sign-ins from one address may fail over all accounts than for one account.
const NAMES: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// How many answers of identity providers that come from one address are judged at once. Each asks
/// the provider, which takes longer than anything else.
const PROVIDER_PLACES: usize = 16;
/// The delay of a sign-in of a slowed account.
const SLOWED_BY: Duration = Duration::from_secs(2);

/// The standing of an account at an address, which says whose turn comes first. It doesn't reveal
/// whether a name exists, because only earlier requests from the address count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The account signed in from the address before.
    Familiar,
    /// It didn't, but there was no failure from the address lately.
    Stranger,
    /// There was a failure from the address lately, or several attempts at once.
    Suspect,
}

/// A sign-in whose turn it is. Dropping it passes the turn on.
pub(crate) struct SignInTurn<'a> {
    limits: &'a Limits,
    attempts: OwnedMutexGuard<Limiter>,
    account: Account,
    neighbourhood: Neighbourhood,
    standing: Standing,
    _place: Option<OwnedSemaphorePermit>,
}

impl Limits {
    /// Waits for the turn, and counts the sign-in before any password work.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`] after too many failures for this account from this address, or
    /// for any accounts from it. The second limit doesn't apply to an account that signed in from
    /// there before, so an attacker can't lock out neighbours. Also if so many wait at the address
    /// that `passwords` could not be checked in time.
    pub(crate) async fn sign_in(
        &self,
        folded_name: &str,
        address: IpAddr,
        passwords: &Passwords,
    ) -> Result<SignInTurn<'_>, Problem> {
        let account = *blake3::hash(folded_name.as_bytes()).as_bytes();
        let key = (account, address.into());
        let places = get_or_insert(&self.places, &key.1, || Arc::new(Places::new()));
        if places.waiting() > passwords.room() {
            passwords.shed();
            return Err(too_many());
        }
        let waits = places.wait();
        let attempts = get_or_insert(&self.sign_ins, &key, || {
            Arc::new(tokio::sync::Mutex::new(
                self.limiter(Limit::SignIn, self.sign_in_failures),
            ))
        });
        let attempts = attempts.lock_owned().await;
        let is_alone = places.are_free();
        let place = places.take().await;
        drop(waits);
        let counted = self.count(&attempts);
        let spent = self.spent(&self.sprayers, key.1);
        let standing = self.standing(&key, is_alone);
        let spent = spent.filter(|_| standing != Standing::Familiar);
        if let Err(refused) = counted.and(spent.map_or(Ok(()), Err)) {
            self.refused(Refusal::SignInLimited, key.1);
            self.limited.add(Limit::SignIn as u64);
            return Err(refused);
        }
        // Attempts are only delayed, and only from addresses with failures. So nobody can lock
        // somebody else out by failing.
        let from_anywhere = get_or_insert(&self.accounts, &account, || {
            Arc::new(self.limiter(Limit::SignIn, ACCOUNT_FAILURES))
        });
        if self.count(&from_anywhere).is_err() && standing == Standing::Suspect {
            tokio::time::sleep(SLOWED_BY).await;
        }
        Ok(SignInTurn {
            limits: self,
            attempts,
            account,
            neighbourhood: key.1,
            standing,
            _place: place,
        })
    }

    /// A place for a sign-in at an identity provider.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`] if all places of the address are taken.
    pub(crate) fn provider_place(&self, address: IpAddr) -> Result<OwnedSemaphorePermit, Problem> {
        let places = get_or_insert(&self.provider_places, &address.into(), || {
            Arc::new(Semaphore::new(PROVIDER_PLACES))
        });
        places
            .try_acquire_owned()
            .map_err(|_| Problem::too_many_requests(1))
    }

    /// The standing of an account at an address.
    fn standing(&self, key: &(Account, Neighbourhood), is_alone: bool) -> Standing {
        let now = self.clock.0.since_boot();
        let is_recent = |at: Duration| now.saturating_sub(at) < QUARTER_HOUR;
        if self.familiar.get(key).is_some() {
            Standing::Familiar
        } else if is_alone && !self.failed.get(&key.1).is_some_and(is_recent) {
            Standing::Stranger
        } else {
            Standing::Suspect
        }
    }
}

impl SignInTurn<'_> {
    /// The claim for the password work.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            from: Some(self.neighbourhood),
            rank: match self.standing {
                Standing::Familiar => Rank::First,
                Standing::Stranger => Rank::Second,
                Standing::Suspect => Rank::Third,
            },
        }
    }

    /// Forgets the counted attempts, because the password was right.
    pub(crate) fn forgive(mut self) {
        *self.attempts = self
            .limits
            .limiter(Limit::SignIn, self.limits.sign_in_failures);
        self.limits.accounts.remove(&self.account);
        let familiar = &self.limits.familiar;
        familiar.insert((self.account, self.neighbourhood), ());
    }

    /// Counts a wrong name or password. The answer is the same as before. Only later attempts from
    /// the address are refused, if its budget is spent.
    pub(crate) fn failed(self) {
        let limits = self.limits;
        let now = limits.clock.0.since_boot();
        limits.failed.insert(self.neighbourhood, now);
        let failures = limits.sign_in_failures.saturating_mul(NAMES);
        let limiter = get_or_insert(&limits.addresses, &self.neighbourhood, || {
            Arc::new(limits.limiter(Limit::SignIn, failures))
        });
        let counted = limits.count(&limiter);
        limits.note_spent(&limits.sprayers, self.neighbourhood, &counted);
        limits.refused(Refusal::SignIn, self.neighbourhood);
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_auth::PasswordCost;

    use super::*;
    use crate::SystemClock;
    use crate::service::settings::Settings;

    #[tokio::test]
    async fn an_address_has_the_standing_of_earlier_sign_ins_from_it() {
        let limits = Limits::new(Arc::new(SystemClock), &Settings::new(""));
        let passwords = Passwords::new(PasswordCost::OWASP).unwrap();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let standing = async |name: &str, address: IpAddr| {
            let turn = limits.sign_in(name, address, &passwords).await.unwrap();
            (turn.standing, turn)
        };
        let (first, turn) = standing("ada", one).await;
        assert_eq!(first, Standing::Stranger);
        // At the same time as another attempt.
        assert_eq!(standing("grace", one).await.0, Standing::Suspect);
        turn.failed();
        let (after_a_failure, turn) = standing("grace", one).await;
        assert_eq!(after_a_failure, Standing::Suspect);
        turn.forgive();
        assert_eq!(standing("grace", one).await.0, Standing::Familiar);
        assert_eq!(standing("ada", one).await.0, Standing::Suspect);
        assert_eq!(standing("ada", other).await.0, Standing::Stranger);
    }
}
