//! Everything that an exchange needs of a grant, in little memory.

use std::net::IpAddr;
use std::sync::Arc;

use ats_pat_domain::event::Head;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::secret::{Secret, Slot};
use ats_pat_domain::{Identity, Lapse, Problem, Rule, Scopes, Timestamp, TokenId, UserId};

use crate::cache::usage::{LastUse, UsageLog};
use crate::ledger::verified_grant::{Life, VerifiedGrant};
use crate::policy::OwnerPolicy;

/// What the first exchange with a secret must do before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstUse {
    /// Nothing, or it is done.
    Nothing,
    /// End the overlap of the secret before.
    EndsOverlap,
    /// Make this secret the current one.
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

/// A genuine grant, with only the fields that an exchange needs.
pub(crate) struct CachedGrant {
    pub(crate) token_id: TokenId,
    pub(crate) owner_id: UserId,
    pub(crate) user_name: Box<str>,
    /// The scopes, separated by spaces.
    pub(crate) scope: Box<str>,
    pub(crate) life: Life,
    /// The keyed hash of the secret. A fail-over may lose a secret, and give its generation to
    /// another one.
    pub(crate) hash: [u8; 32],
    /// The generation of the secret. A secret in overlap is of an earlier generation than its
    /// token.
    pub(crate) generation: u32,
    /// The secret's place in the status list. A secret of an earlier release gets its place at its
    /// first exchange.
    pub(crate) status_index: Option<u64>,
    /// What the first exchange must do.
    pub(crate) first_use: FirstUse,
    pub(crate) ring_version: i64,
    /// The last event when the grant was read.
    pub(crate) head: Head,
    pub(crate) last_use: Arc<LastUse>,
    /// Who its owner is at the identity provider that the owner signed in at last.
    pub(crate) identity: Option<Box<Identity>>,
    /// The policy of its owner.
    pub(crate) policy: Arc<OwnerPolicy>,
    allowed_networks: Option<Box<AllowedNetworks>>,
    /// Whether it has scopes that the policy no longer allows.
    is_forbidden: bool,
}

impl CachedGrant {
    pub(crate) fn new(
        genuine: VerifiedGrant,
        policy: Arc<OwnerPolicy>,
        lapse: Option<Lapse>,
        usage: &UsageLog,
    ) -> Self {
        let life = genuine.life(lapse);
        let VerifiedGrant {
            secret,
            token,
            owner,
            ring_version,
            head,
            took_over_at: _,
        } = genuine;
        Self {
            token_id: token.id,
            owner_id: owner.id,
            user_name: owner.name.as_str().into(),
            scope: token.scopes.to_string().into(),
            life,
            hash: secret.hash,
            generation: secret.generation,
            status_index: secret.status_index,
            first_use: FirstUse::of(&secret),
            ring_version,
            head,
            last_use: usage.of(token.id),
            is_forbidden: policy.rules.check_all_scope(&token.scopes).is_err(),
            identity: owner.provider_sign_in.map(|last| Box::new(last.identity)),
            policy,
            allowed_networks: token.allowed_networks.map(Box::new),
        }
    }

    pub(crate) fn scopes(&self) -> Scopes {
        Scopes::from_stored(&self.scope)
    }

    /// Whether it may be exchanged at `now` from `address`. Refuses with the problems of
    /// [`Service::exchange`](crate::Service::exchange), in its order.
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

    /// About how many bytes it takes, including the place of its last use.
    pub(super) fn bytes(&self) -> usize {
        let networks = self.allowed_networks.as_ref();
        let networks = networks.map_or(0, |networks| size_of_val(networks.networks()) + 48);
        let identity = self.identity.as_ref();
        let identity = identity.map_or(0, |identity| {
            let texts = identity.issuer.as_str().len() + identity.subject.as_str().len();
            size_of::<Identity>() + texts
        });
        let texts = self.user_name.len() + self.scope.len();
        size_of::<Self>() + texts + networks + identity + LAST_USE
    }
}

/// The size of a last use and of its entry in the log.
const LAST_USE: usize = size_of::<LastUse>() + 64;
