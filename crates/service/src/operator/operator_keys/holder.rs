//! A program that shows an operator key.

use std::net::IpAddr;

use ats_pat_domain::operator_key::Right;
use ats_pat_domain::token::Usage;
use ats_pat_domain::{OperatorKey, OperatorKeyId, Problem};
use ats_pat_token::OperatorKeySecret;

use crate::change::Authority;
use crate::operator::Operator;
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::{Error, causes};
use crate::sessions::SignedIn;

/// A program whose operator key holds.
#[derive(Clone)]
pub struct KeyHolder {
    key: OperatorKey,
}

/// Who administers, at the interface.
#[derive(Clone)]
pub enum Administering {
    /// An administrator in a session.
    Session(Box<SignedIn>),
    /// A program with an operator key.
    Key(KeyHolder),
}

impl Administering {
    /// The session, if it is one.
    pub fn session(&self) -> Option<&SignedIn> {
        match self {
            Self::Session(by) => Some(by),
            Self::Key(_) => None,
        }
    }
}

impl Service {
    /// Finds the operator key that stands in a header, used from `address`.
    ///
    /// # Errors
    /// [`Problem::OperatorKeyInvalid`] for one that does not hold: malformed, unknown, expired,
    /// revoked, or used from elsewhere than its networks; [`Problem::TooManyRequests`] for an
    /// address that spent its budget of failures.
    pub async fn authenticate_operator_key(
        &self,
        presented: &[u8],
        address: IpAddr,
    ) -> Result<KeyHolder, Error> {
        self.require_log()?;
        let found = match OperatorKeySecret::parse(presented) {
            Ok(secret) => self.operator_key_of(&secret).await?,
            Err(_) => None,
        };
        let Some(key) = found.filter(|key| key.works(self.now(), address)) else {
            self.inner.limits.count_failed_exchange(address)?;
            return Err(Problem::OperatorKeyInvalid.into());
        };
        self.note_use_of_key(key.id, address).await;
        Ok(KeyHolder { key })
    }

    async fn operator_key_of(
        &self,
        secret: &OperatorKeySecret,
    ) -> Result<Option<OperatorKey>, Error> {
        for keys in self.roots().newest_first() {
            let hash = keys.hash_operator_key(secret).to_bytes();
            let read = || async { Ok(self.store().operator_keys().by_hash(&hash).await?) };
            if let Some(key) = self.currency().certain_row(read).await? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// A use that can't be written fails nothing.
    async fn note_use_of_key(&self, id: OperatorKeyId, address: IpAddr) {
        let now = self.inner.changes.clock.since_boot();
        if !self.inner.keys_seen.is_due(id, now) {
            return;
        }
        let used = Usage {
            last_used_at: self.now(),
            last_used_from: Client::from(address).address_text(),
        };
        if let Err(error) = self.store().touch_operator_key(id, &used).await {
            tracing::warn!(cause = %causes(&error), "a use of an operator key could not be written");
        }
    }

    /// The use cases of operators, for whoever administers at the interface and needs this right.
    /// An administrator has all of them.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for a user who is no administrator, and for a key without this right.
    pub fn administering(&self, by: &Administering, right: Right) -> Result<Operator<'_>, Error> {
        match by {
            Administering::Session(by) => self.administrator(by),
            Administering::Key(holder) if holder.key.rights.contain(right) => Ok(Operator {
                service: self,
                authority: Authority::OperatorKey(Box::new(holder.key.clone())),
            }),
            Administering::Key(_) => Err(Problem::Forbidden.into()),
        }
    }
}
