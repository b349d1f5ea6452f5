//! What was promised to callers, and what the database holds of it.

use std::collections::{HashMap, HashSet};

use ats_pat_domain::group::Groups;
use ats_pat_domain::port::StoredPolicy;
use ats_pat_domain::{TokenId, UserId};
use secrecy::SecretString;
use tokio::time::Instant;

use super::super::database::Rows;
use super::policies::has_policy;
use super::{Deployment, Seen};

/// What was promised to callers.
#[derive(Default)]
pub(super) struct Truth {
    pub(super) owners: Vec<UserId>,
    pub(super) disabled: HashSet<UserId>,
    /// Whose owners are being disabled and enabled again just now.
    pub(super) toggled: HashSet<UserId>,
    /// How often somebody set out to enable an owner.
    pub(super) enabled: HashMap<UserId, u64>,
    pub(super) tokens: Vec<Planted>,
    pub(super) revoked: HashSet<TokenId>,
    /// The secrets that another one took the place of, by token and generation.
    pub(super) replaced: HashSet<(TokenId, u32)>,
    /// The ids of keys that were destroyed.
    pub(super) destroyed: HashSet<String>,
    pub(super) names: HashMap<UserId, String>,
    /// The policy that was acknowledged last; `None` where none was, or another one is put into
    /// force just now.
    pub(super) policy: Option<StoredPolicy>,
    /// The groups of each owner, as they were acknowledged last; none of one who joins or leaves a
    /// group just now.
    pub(super) groups: HashMap<UserId, Groups>,
    /// Who joins or leaves a group just now.
    pub(super) regrouped: HashSet<UserId>,
    /// Whether somebody puts policies into force just now.
    pub(super) changes_policy: bool,
    /// How often somebody set out to put a policy into force, or an owner into groups.
    pub(super) policy_changes: u64,
    pub(super) seen: Seen,
}

#[derive(Clone)]
pub(super) struct Planted {
    pub(super) id: TokenId,
    pub(super) owner: UserId,
    pub(super) secret: SecretString,
    pub(super) generation: u32,
}

impl Deployment {
    /// What a fail-over loses is no longer promised.
    pub(super) fn forget_what_was_lost(&self) {
        let rows = self.database.now().rows;
        let is_replaced = |id: &TokenId, generation: u32| {
            let token = rows.tokens.get(id);
            token.is_some_and(|token| token.row.generation > generation)
        };
        let mut truth = self.truth.lock();
        truth
            .replaced
            .retain(|(id, generation)| is_replaced(id, *generation));
        truth.revoked.retain(|id| {
            let token = rows.tokens.get(id);
            token.is_some_and(|token| token.row.revoked_at.is_some())
        });
        truth.disabled.retain(|id| {
            rows.users
                .get(id)
                .is_some_and(|user| user.row.is_disabled())
        });
        truth.policy.take_if(|policy| !has_policy(&rows, policy));
        truth.groups.retain(|id, groups| {
            let user = rows.users.get(id);
            user.is_some_and(|user| user.row.groups == *groups)
        });
        truth.destroyed.retain(|kid| {
            let key = rows.keys.iter().find(|key| key.row.kid == *kid);
            key.is_some_and(|key| key.row.sealed.is_none())
        });
    }

    /// Whether the end of a token was acknowledged, and the database has it still: a revocation
    /// that a fail-over lost was lost by the database. Different where it may have come to life in
    /// between.
    pub(super) fn is_ended(&self, planted: &Planted) -> Option<(u64, u64)> {
        let term = self.database.term();
        let state = self.database.now();
        let token = state.rows.tokens.get(&planted.id);
        let owner = state.rows.users.get(&planted.owner);
        let truth = self.truth.lock();
        let revoked = truth.revoked.contains(&planted.id)
            && (self.options.puts_back
                || token.is_some_and(|token| token.row.revoked_at.is_some()));
        let replaced = truth.replaced.contains(&(planted.id, planted.generation))
            && (self.options.puts_back
                || token.is_some_and(|token| token.row.generation > planted.generation));
        let disabled = truth.disabled.contains(&planted.owner)
            && owner.is_some_and(|owner| owner.row.is_disabled());
        let enabled = truth.enabled.get(&planted.owner).copied();
        (revoked || replaced || disabled).then_some((term, enabled.unwrap_or(0)))
    }

    /// Notes where the database lacks what was acknowledged, unless a fail-over lost it.
    pub(super) fn expect(&self, term: u64, what: &str, is_there: impl Fn(&Rows) -> bool) {
        let is_there = is_there(&self.database.now().rows);
        if !is_there && self.database.term() == term && !self.options.puts_back {
            let lost = format!("{what} was acknowledged, and is not in the database");
            self.truth.lock().seen.violations.push(lost);
        }
    }

    /// Since when the database has had a token as ended, whoever was told.
    pub(super) fn ended_since(&self, planted: &Planted) -> Option<Instant> {
        self.database.has_been_since(|rows| {
            let token = rows.tokens.get(&planted.id);
            let owner = rows.users.get(&planted.owner);
            token.is_none_or(|token| {
                token.row.revoked_at.is_some() || token.row.generation > planted.generation
            }) || owner.is_some_and(|owner| owner.row.is_disabled())
        })
    }

    /// Since when the database has had no such key to sign with.
    pub(super) fn unusable_since(&self, kid: &str) -> Option<Instant> {
        self.database.has_been_since(|rows| {
            let mut living = rows.keys.iter().filter(|key| key.row.sealed.is_some());
            !living.any(|key| key.row.kid == kid)
        })
    }
}
