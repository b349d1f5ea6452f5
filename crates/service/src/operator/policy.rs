//! The policy, and what another would do to the tokens that there are.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::SignOfLife;
use ats_pat_domain::{MayCreate, Policies, Status, Timestamp, Token, TokenId, UserId};

use crate::operator::Operator;
use crate::policy::{OwnerPolicies, OwnerPolicy};
use crate::service::background::unused::unused_since;
use crate::service::error::Error;
use crate::view::{PolicyCheck, PolicyView};

const DAY: Duration = Duration::from_hours(24);
/// How many rows are read at once.
const BATCH: u64 = 1000;

impl Operator<'_> {
    /// The policy for a user, or for a service account.
    ///
    /// # Errors
    /// [`Error::UserNotFound`].
    pub async fn policy_of(&self, name: &str) -> Result<PolicyView, Error> {
        let user = self.find_user(name).await?;
        let policy = self.policies_now().await?.of(&user.groups);
        Ok(PolicyView::new(&policy.rules, &user))
    }

    /// What these policies would do to the active tokens that there are. It changes nothing, and
    /// reads every user and token.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`](ats_pat_domain::Problem::ValidationFailed) for scopes that
    /// [`Operator::apply_policy`] refuses.
    pub async fn check_policies(&self, policies: Policies) -> Result<PolicyCheck, Error> {
        self.refuse_too_many_scopes(&policies)?;
        self.service.read_log_for_lists().await;
        let policies = OwnerPolicies::new(policies, false);
        let mut tally = PolicyCheck::default();
        let mut owners = self.owners(&policies, &mut tally).await?;
        let mut affected = HashSet::new();
        let mut after = None;
        loop {
            let tokens = self.service.store().tokens();
            let batch = tokens.after(after, BATCH).await?;
            let Some(last) = batch.last() else { break };
            let last = last.row.id;
            let signs = self.signs_of_life(after, last).await?;
            after = Some(last);
            for token in batch {
                if !self.service.currency().shows(&token) {
                    continue;
                }
                let Some(owner) = owners.get_mut(&token.row.owner_id) else {
                    continue;
                };
                let sign = signs.get(&token.row.id);
                if owner.judge(&token.row, sign, self.service.now(), &mut tally) {
                    affected.insert(token.row.owner_id);
                }
            }
        }
        for (id, owner) in owners {
            tally.owners += u64::from(owner.active > 0);
            if owner.active > u64::from(owner.policy.rules.max_active_tokens) {
                tally.owners_over_limit += 1;
                affected.insert(id);
            }
        }
        tally.affected_owners = affected.len() as u64;
        Ok(tally)
    }

    async fn owners(
        &self,
        policies: &OwnerPolicies,
        tally: &mut PolicyCheck,
    ) -> Result<HashMap<UserId, Owner>, Error> {
        let mut owners = HashMap::new();
        let mut after = None;
        loop {
            let users = self.service.store().users().after(after, BATCH).await?;
            let Some(last) = users.last() else {
                return Ok(owners);
            };
            after = Some(last.row.id);
            for user in users {
                if !self.service.currency().shows(&user) {
                    continue;
                }
                let policy = policies.of(&user.row.groups);
                let may_not = policy.rules.may_create == MayCreate::Nobody;
                tally.users_who_may_not_create += u64::from(may_not && !user.row.is_disabled());
                let owner = Owner { policy, active: 0 };
                owners.insert(user.row.id, owner);
            }
        }
    }

    /// Of the tokens after `after`, up to `last`.
    async fn signs_of_life(
        &self,
        mut after: Option<TokenId>,
        last: TokenId,
    ) -> Result<HashMap<TokenId, SignOfLife>, Error> {
        let mut signs = HashMap::new();
        while after.is_none_or(|after| after < last) {
            let tokens = self.service.store().tokens();
            let batch = tokens.signs_of_life(after, BATCH).await?;
            let Some(sign) = batch.last() else { break };
            after = Some(sign.token_id);
            signs.extend(batch.into_iter().map(|sign| (sign.token_id, sign)));
        }
        Ok(signs)
    }
}

struct Owner {
    policy: Arc<OwnerPolicy>,
    active: u64,
}

impl Owner {
    /// Counts what the policy would do to a token; gives whether it would do anything.
    fn judge(
        &mut self,
        token: &Token,
        sign: Option<&SignOfLife>,
        now: Timestamp,
        tally: &mut PolicyCheck,
    ) -> bool {
        if token.status(now) != Status::Active {
            return false;
        }
        self.active += 1;
        tally.active_tokens += 1;
        let policy = &self.policy.rules;
        let longest = DAY.saturating_mul(policy.max_lifetime_days);
        let since = unused_since(policy.revoke_unused_after_days, now);
        let used_from = sign.and_then(|sign| sign.last_used_from.as_deref());
        let effects = [
            (&mut tally.longer_than_allowed, token.lifetime() > longest),
            (
                &mut tally.with_all_scope,
                policy.check_all_scope(&token.scopes).is_err(),
            ),
            (
                &mut tally.from_other_networks,
                is_elsewhere(token, used_from, &policy.required_networks),
            ),
            (
                &mut tally.unused,
                sign.zip(since)
                    .is_some_and(|(sign, since)| sign.last < since),
            ),
        ];
        let mut is_affected = false;
        for (count, applies) in effects {
            *count += u64::from(applies);
            is_affected |= applies;
        }
        tally.affected_tokens += u64::from(is_affected);
        is_affected
    }
}

/// Whether the token was last used from an address that is in not all of the lists, or can be used
/// from none that is.
fn is_elsewhere(token: &Token, used_from: Option<&str>, required: &[AllowedNetworks]) -> bool {
    let address: Option<IpAddr> = used_from.and_then(|address| address.parse().ok());
    let was_elsewhere = address.is_some_and(|address| {
        let mut lists = required.iter();
        !lists.all(|networks| networks.contain(address))
    });
    let own = token.allowed_networks.as_ref();
    was_elsewhere || own.is_some_and(|own| required.iter().any(|networks| !own.meet(networks)))
}
