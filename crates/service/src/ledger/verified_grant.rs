//! A grant whose rows are genuine and current, and when it may be used.

use std::time::Duration;

use ats_pat_auth::{Origin, RowTag};
use ats_pat_domain::event::Head;
use ats_pat_domain::port::StoredGrant;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::tagged::Tag;
use ats_pat_domain::{Lapse, Problem, Timestamp, Token, User};
use uuid::Uuid;

use crate::ledger::currency::{Currency, Doubt};
use crate::ledger::rows::Roots;

/// The times in authentication tokens are whole seconds, so nothing can be minted for less than
/// one.
const ONE_SECOND: Duration = Duration::from_secs(1);
const LESS_THAN_A_SECOND: Duration = Duration::from_millis(999);

/// A grant whose rows are genuine and current.
pub(crate) struct VerifiedGrant {
    pub(crate) secret: Secret,
    pub(crate) token: Token,
    pub(crate) owner: User,
    pub(crate) ring_version: i64,
    pub(crate) head: Head,
    /// When the first use of the secret ended the secret before it, by the clock of the server
    /// where that happened. `None` if no use of it ended another secret.
    pub(crate) took_over_at: Option<Timestamp>,
}

/// Decides when a secret may be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    usable: Usable,
    revoked: bool,
    expires_at: Timestamp,
    owner_disabled: bool,
    /// When the owner must have signed in at the identity provider again.
    lapse: Option<Lapse>,
}

#[derive(Clone, Copy, Debug)]
enum Usable {
    Always,
    /// For a secret in overlap, or an unconfirmed one.
    Until(Timestamp),
    Never,
}

impl Usable {
    fn of(secret: &Secret, token: &Token) -> Self {
        match secret.slot {
            Some(Slot::Current) if secret.generation == token.generation => Self::Always,
            Some(Slot::Overlap) => secret.valid_until.map_or(Self::Never, Self::Until),
            Some(Slot::Unconfirmed) if secret.generation > token.generation => {
                secret.valid_until.map_or(Self::Never, Self::Until)
            }
            Some(Slot::Current | Slot::Unconfirmed) | None => Self::Never,
        }
    }

    fn at(self, now: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => now < until,
            Self::Never => false,
        }
    }
}

/// Whether the secret is the token's current one, or one in overlap or unconfirmed that has not
/// ended.
pub(crate) fn is_usable(secret: &Secret, token: &Token, now: Timestamp) -> bool {
    Usable::of(secret, token).at(now)
}

impl VerifiedGrant {
    /// # Errors
    /// [`Doubt`] if a row is not genuine or not current.
    pub(crate) fn of(grant: StoredGrant, currency: &Currency) -> Result<Self, Doubt> {
        let writers = [&grant.secret.tag, &grant.token.tag].map(written_by);
        let secret = currency.check(grant.secret)?;
        let token = currency.check(grant.token)?;
        let owner = currency.check(grant.owner)?;
        let genuine = Self {
            took_over_at: took_over_at(&secret, &token, writers),
            secret,
            token,
            owner,
            ring_version: grant.ring_version,
            head: grant.head,
        };
        if genuine.belongs_together() {
            Ok(genuine)
        } else {
            Err(Doubt::altered(&genuine.secret))
        }
    }

    /// Like [`of`](Self::of), but checks only the tags, so older rows that were put back pass.
    pub(crate) fn by_tags(grant: StoredGrant, roots: &Roots) -> Option<Self> {
        let are_genuine = roots.is_genuine(&grant.secret)
            && roots.is_genuine(&grant.token)
            && roots.is_genuine(&grant.owner);
        let genuine = Self {
            secret: grant.secret.row,
            token: grant.token.row,
            owner: grant.owner.row,
            ring_version: grant.ring_version,
            head: grant.head,
            took_over_at: None,
        };
        (are_genuine && genuine.belongs_together()).then_some(genuine)
    }

    /// Whether the rows are of the same token.
    pub(crate) fn belongs_together(&self) -> bool {
        self.secret.token_id == self.token.id && self.token.owner_id == self.owner.id
    }

    /// Whether the secret is usable, whatever became of its token and its owner.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        is_usable(&self.secret, &self.token, now)
    }

    /// Whether the holder of the secret may revoke the token. A secret that the token replaced by
    /// itself still may.
    pub(crate) fn may_revoke(&self, now: Timestamp) -> bool {
        self.secret.may_revoke || self.is_usable(now)
    }

    /// With the instant at which its owner must have signed in at a provider again.
    pub(crate) fn life(&self, lapse: Option<Lapse>) -> Life {
        Life {
            usable: Usable::of(&self.secret, &self.token),
            revoked: self.token.revoked_at.is_some(),
            expires_at: self.token.expires_at,
            owner_disabled: self.owner.is_disabled(),
            lapse,
        }
    }
}

/// The event that wrote a row, as its tag says.
fn written_by(tag: &Tag) -> Option<Origin> {
    RowTag::from_bytes(&tag.bytes).ok().map(|tag| tag.origin())
}

/// When the first use of a secret ended the one before it, if that may be so.
///
/// The event of a regenerate writes the new secret and its token. What the first use ends after
/// that is the event of another change, or of a token that regenerates itself.
fn took_over_at(
    secret: &Secret,
    token: &Token,
    [secret_by, token_by]: [Option<Origin>; 2],
) -> Option<Timestamp> {
    let is_later = secret_by != token_by || token.regenerates_until.is_some();
    let may_have = secret.generation > 1 && secret.slot == Some(Slot::Current) && is_later;
    let event = secret_by.filter(|_| may_have)?.event;
    let (seconds, nanos) = Uuid::from_bytes(event).get_timestamp()?.to_unix();
    let millis = seconds * 1000 + u64::from(nanos) / 1_000_000;
    Some(Timestamp::from_millis(i64::try_from(millis).ok()?))
}

impl Life {
    /// Whether the secret is the current one, or one in overlap or unconfirmed that has not ended.
    /// Any other secret gets the same answer as an unknown one.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        self.usable.at(now)
    }

    /// Whether it is in overlap or unconfirmed with less than a second left, so that nothing can be
    /// minted for it.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        matches!(self.usable, Usable::Until(until) if until < now.after(ONE_SECOND))
    }

    /// When the secret ends: with its token, or with its overlap.
    pub(crate) fn ends_at(&self) -> Timestamp {
        match self.usable {
            Usable::Until(until) => until.min(self.expires_at),
            Usable::Always | Usable::Never => self.expires_at,
        }
    }

    /// Until when authentication tokens may be valid: until the secret ends, or the owner must have
    /// signed in again.
    pub(crate) fn exchanged_until(&self) -> Timestamp {
        let end = self.ends_at();
        self.lapse.map_or(end, |lapse| end.min(lapse.at()))
    }

    /// Refuses a token that was revoked or has expired, and one of an owner who is disabled or has
    /// not signed in for too long.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Problem> {
        if self.revoked {
            return Err(Problem::PersonalAccessTokenRevoked);
        }
        if self.expires_at < now.after(ONE_SECOND) {
            return Err(Problem::PersonalAccessTokenExpired {
                expiry: self.expires_at,
            });
        }
        if self.owner_disabled {
            return Err(Problem::OwnerDisabled);
        }
        match self.lapse {
            Some(lapse) if lapse.is_over(now.after(LESS_THAN_A_SECOND)) => Err(lapse.problem()),
            _ => Ok(()),
        }
    }
}
