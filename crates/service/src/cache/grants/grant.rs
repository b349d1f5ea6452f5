//! What an exchange decides on and says, as compact as it can be kept.

use std::net::IpAddr;
use std::sync::Arc;

use ats_pat_domain::event::Head;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Problem, Rule, Scopes, Timestamp, TokenId, UserId};

use crate::cache::usage::{LastUse, UsageLog};
use crate::ledger::verified_grant::{Life, VerifiedGrant};
use crate::policy::OwnerPolicy;

/// What the first exchange with a secret does before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstUse {
    /// Nothing, or it was done.
    Nothing,
    /// It ends the secret in overlap.
    EndsOverlap,
    /// It puts the secret in the place of the one in use.
    Confirms,
}

impl FirstUse {
    fn of(secret: &Secret) -> Self {
        if secret.slot == Some(Slot::Unconfirmed) {
            Self::Confirms
        } else if secret.ends_overlap {
            Self::EndsOverlap
        } else {
            Self::Nothing
        }
    }
}

/// A grant whose rows were found genuine, without what no exchange needs.
pub(crate) struct Grant {
    pub(crate) token_id: TokenId,
    pub(crate) owner_id: UserId,
    pub(crate) user_name: Box<str>,
    /// The names, separated by spaces.
    pub(crate) scope: Box<str>,
    pub(crate) life: Life,
    /// Of the secret, not of its token: one in overlap is of the generation before.
    pub(crate) generation: u32,
    /// Where in the status list it stands; an old secret is given its place by its first exchange.
    pub(crate) status_index: Option<u64>,
    /// What its exchange does first.
    pub(crate) first_use: FirstUse,
    pub(crate) ring_version: i64,
    /// The last event when it was read.
    pub(crate) head: Head,
    pub(crate) last_use: Arc<LastUse>,
    /// Of its owner.
    pub(crate) policy: Arc<OwnerPolicy>,
    allowed_networks: Option<Box<AllowedNetworks>>,
    /// Whether it carries scopes that the policy lets no token carry any more.
    is_forbidden: bool,
}

impl Grant {
    pub(crate) fn new(genuine: VerifiedGrant, policy: Arc<OwnerPolicy>, usage: &UsageLog) -> Self {
        let life = genuine.life();
        let VerifiedGrant {
            secret,
            token,
            owner,
            ring_version,
            head,
        } = genuine;
        Self {
            token_id: token.id,
            owner_id: owner.id,
            user_name: owner.name.as_str().into(),
            scope: token.scopes.to_string().into(),
            life,
            generation: secret.generation,
            status_index: secret.status_index,
            first_use: FirstUse::of(&secret),
            ring_version,
            head,
            last_use: usage.of(token.id),
            is_forbidden: policy.rules.check_all_scope(&token.scopes).is_err(),
            policy,
            allowed_networks: token.allowed_networks.map(Box::new),
        }
    }

    pub(crate) fn scopes(&self) -> Scopes {
        Scopes::from_stored(&self.scope)
    }

    /// Whether it may be exchanged at `now` from `address`: 1203, 1202, 1205, 1204, 1306.
    pub(crate) fn check(&self, now: Timestamp, address: IpAddr) -> Result<(), Problem> {
        self.life.check(now)?;
        let own_networks = self.allowed_networks.as_ref();
        if own_networks.is_some_and(|networks| !networks.contain(address))
            || !self.policy.rules.allows_from(address)
        {
            return Err(Problem::NetworkNotAllowed);
        }
        if self.is_forbidden {
            let rule = Rule::AllScope;
            return Err(Problem::PolicyForbids { rule });
        }
        Ok(())
    }

    /// About how many bytes it takes, the place of its last use included.
    pub(super) fn bytes(&self) -> usize {
        let networks = self.allowed_networks.as_ref();
        let networks = networks.map_or(0, |networks| size_of_val(networks.networks()) + 48);
        size_of::<Self>() + self.user_name.len() + self.scope.len() + networks + LAST_USE
    }
}

/// Its own bytes, and those of its entry in the log.
const LAST_USE: usize = size_of::<LastUse>() + 64;
