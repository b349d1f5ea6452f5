//! What the operator does to the owner and to the policy.

use ats_pat_domain::Status;
use ats_pat_service::{Exchanged, NewPolicy};
use ats_pat_test_support::world::code;
use secrecy::ExposeSecret;

use crate::rules::{GROUP, Said, policies};
use crate::run::Run;

impl Run {
    pub async fn set_disabled(&mut self, disabled: bool) {
        let operator = self.world.service.operator();
        let changed = if disabled {
            operator.disable_user("ada").await
        } else {
            operator.enable_user("ada").await
        };
        assert_eq!(changed.unwrap().disabled, disabled);
        self.disabled = disabled;
    }

    /// Ada joins the group, or leaves it.
    pub async fn set_in_group(&mut self, in_group: bool) {
        let names: &[String] = if in_group { &[GROUP.to_owned()] } else { &[] };
        let bearers = self.bearers().await;
        let operator = self.world.service.operator();
        let changed = operator.set_groups("ada", names).await;
        assert_eq!(changed.unwrap().groups.is_empty(), names.is_empty());
        self.in_group = in_group;
        self.check_bearers(bearers).await;
    }

    /// Another policy, which may cut the tokens that there are.
    pub async fn set_policy(&mut self, base: Said, group: Said, enforces: bool) {
        let bearers = self.bearers().await;
        let new = NewPolicy {
            policy: (&policies(base, group)).into(),
            versions: None,
            enforce_on_existing: enforces,
        };
        let applied = self.world.service.operator().apply_policy(new).await;
        assert_eq!(applied.unwrap().enforce_on_existing, enforces);
        (self.base, self.group) = (base, group);
        let (now, rules) = (self.world.now(), self.rules());
        for model in &mut self.tokens {
            if !enforces || model.status(now) != Status::Active {
                continue;
            }
            let before = (model.expires_at, model.renews_until);
            let latest = rules.latest(model.born).max(now);
            model.expires_at = model.expires_at.min(latest);
            let latest = rules.latest(model.made);
            let until = model.renews_until.map(|until| until.min(latest));
            model.renews_until = until.filter(|until| *until > now);
            if (model.expires_at, model.renews_until) != before {
                model.forget_unconfirmed();
            }
        }
        self.check_bearers(bearers).await;
    }

    /// What was exchanged for the secrets in use.
    async fn bearers(&mut self) -> Vec<(usize, Exchanged)> {
        let mut bearers = Vec::new();
        for (number, model) in self.tokens.iter_mut().enumerate() {
            let current = model.current();
            let ends_overlap = current.ends_overlap;
            if let Ok(exchanged) = self.world.exchange(&current.secret).await {
                if ends_overlap {
                    model.end_overlap();
                }
                bearers.push((number, exchanged));
            }
        }
        bearers
    }

    /// What was exchanged before the policy or the groups changed holds exactly where it could be
    /// exchanged still, wherever its caller is, and doesn't outlive its token.
    async fn check_bearers(&self, bearers: Vec<(usize, Exchanged)>) {
        let (now, rules) = (self.world.now(), self.rules());
        for (number, exchanged) in bearers {
            let model = &self.tokens[number];
            let text = exchanged.token.expose_secret();
            let holds = code(self.world.service.identity(text).await) == 1;
            let may_hold = model.status(now) == Status::Active
                && !self.disabled
                && (rules.may_have_all || !model.all);
            assert!(!holds || may_hold, "it holds against the policy");
            let outlives = exchanged.expires_at > model.expires_at;
            assert!(!holds || !outlives, "it outlives its token");
            let was_cut = exchanged.personal_access_token_expires_at != model.expires_at;
            assert!(
                holds || !may_hold || was_cut,
                "nothing was taken that it needs"
            );
        }
    }
}
