//! What a token should be like.

use std::time::Duration;

use ats_pat_domain::{Status, Timestamp};
use secrecy::SecretString;

use crate::rules::{Rules, SCOPE};

/// What a token should be like.
pub struct Model {
    pub id: String,
    pub name: &'static str,
    pub made: Timestamp,
    /// When the secret in use was made, or confirmed.
    pub born: Timestamp,
    pub expires_at: Timestamp,
    pub renews_until: Option<Timestamp>,
    pub revoked: bool,
    /// Whether it carries all of its owner's rights.
    pub all: bool,
    /// In the order of their making.
    pub secrets: Vec<ModelSecret>,
    /// Those of which no row is left.
    pub void: Vec<SecretString>,
}

pub struct ModelSecret {
    pub secret: SecretString,
    pub place: Place,
    pub ends_overlap: bool,
    pub may_revoke: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    Current,
    Overlap(Timestamp),
    /// With the expiry that it brings.
    Unconfirmed(Timestamp, Timestamp),
    Dead,
}

impl ModelSecret {
    pub fn new(secret: SecretString, place: Place) -> Self {
        Self {
            secret,
            place,
            ends_overlap: false,
            may_revoke: false,
        }
    }

    /// When it stops working; `None` for with its token.
    pub fn until(&self) -> Option<Timestamp> {
        match self.place {
            Place::Current => None,
            Place::Overlap(until) | Place::Unconfirmed(until, _) => Some(until),
            Place::Dead => Some(Timestamp::from_millis(0)),
        }
    }

    /// Whether something can be minted for it, were its token alive.
    pub fn works(&self, now: Timestamp) -> bool {
        self.until()
            .is_none_or(|until| now.after(Duration::from_secs(1)) <= until)
    }
}

impl Model {
    pub fn scope(&self) -> &'static str {
        if self.all { "all" } else { SCOPE }
    }

    pub fn current(&self) -> &ModelSecret {
        let mut secrets = self.secrets.iter();
        let current = secrets.find(|secret| secret.place == Place::Current);
        current.unwrap()
    }

    /// Ends the secret in overlap.
    pub fn end_overlap(&mut self) {
        for secret in &mut self.secrets {
            match secret.place {
                Place::Overlap(_) => secret.place = Place::Dead,
                Place::Current => secret.ends_overlap = false,
                Place::Unconfirmed(..) | Place::Dead => {}
            }
        }
    }

    /// The one at `index` takes the place of the current one, and brings its expiry.
    pub fn confirm(&mut self, index: usize, now: Timestamp) {
        let Place::Unconfirmed(_, expires_at) = self.secrets[index].place else {
            return;
        };
        for secret in &mut self.secrets {
            secret.may_revoke |= secret.place == Place::Current;
            secret.place = Place::Dead;
        }
        self.secrets[index].place = Place::Current;
        self.born = now;
        let until = self.renews_until.unwrap_or(expires_at);
        self.expires_at = expires_at.min(until);
    }

    /// Of what was never confirmed no row is left.
    pub fn forget_unconfirmed(&mut self) {
        let (void, left): (Vec<_>, _) = std::mem::take(&mut self.secrets)
            .into_iter()
            .partition(|secret| matches!(secret.place, Place::Unconfirmed(..)));
        self.secrets = left;
        self.void
            .extend(void.into_iter().map(|secret| secret.secret));
    }

    /// How many stand in such a place.
    pub fn places(&self, is_it: impl Fn(Place) -> bool) -> usize {
        let is_it = |secret: &&ModelSecret| is_it(secret.place);
        self.secrets.iter().filter(is_it).count()
    }

    /// The `nth` from the end.
    pub fn index(&self, nth: usize) -> Option<usize> {
        self.secrets.len().checked_sub(nth + 1)
    }

    /// Why a secret can't be exchanged; 1 if it can.
    pub fn exchangeable(
        &self,
        index: usize,
        now: Timestamp,
        is_disabled: bool,
        rules: &Rules,
    ) -> u32 {
        match self.status(now) {
            _ if !self.secrets[index].works(now) => 1201,
            Status::Revoked => 1203,
            Status::Expired => 1202,
            Status::Active if self.expires_at.since(now) < Duration::from_secs(1) => 1202,
            Status::Active if is_disabled => 1205,
            Status::Active if !rules.from_here => 1204,
            Status::Active if self.all && !rules.may_have_all => 1306,
            Status::Active => 1,
        }
    }

    pub fn status(&self, now: Timestamp) -> Status {
        if self.revoked {
            Status::Revoked
        } else if self.expires_at <= now {
            Status::Expired
        } else {
            Status::Active
        }
    }
}
