//! Runs the steps on a service and on the model, and compares both after each step.

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::secret::Slot;
use ats_pat_service::Regeneration;
use ats_pat_test_support::world::{ADDRESS, PASSWORD, World, code};

use crate::model::{Model, Place};
use crate::rules::{Rules, Said};
use crate::step::{NAMES, Step};

pub struct Run {
    pub world: World,
    pub tokens: Vec<Model>,
    pub disabled: bool,
    pub in_group: bool,
    pub base: Said,
    pub group: Said,
}

impl Run {
    pub fn new(world: World) -> Self {
        Self {
            world,
            tokens: Vec::new(),
            disabled: false,
            in_group: false,
            base: Said::default(),
            group: Said::default(),
        }
    }

    /// What the policy says for ada.
    pub fn rules(&self) -> Rules {
        Rules::of(self.base, self.in_group.then_some(self.group))
    }

    pub async fn take(&mut self, step: Step) {
        match step {
            Step::Wait { millis } => self.world.clock.advance(Duration::from_millis(millis)),
            Step::Disable => self.set_disabled(true).await,
            Step::Enable => self.set_disabled(false).await,
            Step::SetInGroup { in_group } => self.set_in_group(in_group).await,
            Step::SetPolicy {
                base,
                group,
                enforces,
            } => self.set_policy(base, group, enforces).await,
            Step::Exchange { token, secret } => self.exchange(token, secret).await,
            Step::Renew {
                token,
                secret,
                seconds,
            } => {
                self.renew(token, secret, seconds.map(Duration::from_secs))
                    .await;
            }
            Step::RevokeAsHolder { token, secret } => self.revoke_as_holder(token, secret).await,
            _ if self.disabled => {
                let signed_in = self
                    .world
                    .service
                    .sign_in("ada", &PASSWORD.into(), ADDRESS)
                    .await;
                assert_eq!(code(signed_in), 1205);
            }
            Step::Create {
                name,
                seconds,
                renews,
                all,
            } => {
                let renews = renews.map(Duration::from_secs);
                self.create(NAMES[name], Duration::from_secs(seconds), renews, all)
                    .await;
            }
            Step::Regenerate {
                token,
                seconds,
                hours,
                first_use,
            } => {
                let asked = Regeneration {
                    expires_at: seconds.map(|seconds| {
                        let lifetime = Duration::from_secs(seconds);
                        self.world.now().after(lifetime).to_string()
                    }),
                    overlap_hours: hours,
                    end_overlap_at_first_use: first_use,
                    expected_generation: None,
                };
                self.regenerate(token, seconds.map(Duration::from_secs), asked)
                    .await;
            }
            Step::EndOverlap { token } => self.end_overlap(token).await,
            Step::Revoke { token } => self.revoke(token).await,
            Step::Update {
                token,
                name,
                seconds,
            } => {
                let name = name.map(|name| NAMES[name]);
                self.update(token, name, seconds.map(Duration::from_secs))
                    .await;
            }
        }
    }

    pub async fn check(&self) {
        let now = self.world.now();
        let query = TokenQuery {
            page_size: 100,
            ..TokenQuery::of(None)
        };
        let page = self
            .world
            .service
            .operator()
            .tokens(Some("ada"), query)
            .await
            .unwrap();
        assert_eq!(page.total, self.tokens.len() as u64);
        for shown in page.items {
            let model = self
                .tokens
                .iter()
                .find(|token| token.id == shown.token.id.to_string())
                .unwrap();
            assert_eq!(
                (shown.token.status, shown.token.expires_at),
                (model.status(now), model.expires_at)
            );
            let secrets = self
                .world
                .store
                .secrets()
                .of_token(shown.token.id)
                .await
                .unwrap();
            assert_eq!(secrets.len(), model.secrets.len());
            for (slot, place) in [
                (Slot::Current, 1),
                (
                    Slot::Overlap,
                    model.places(|place| matches!(place, Place::Overlap(_))),
                ),
                (
                    Slot::Unconfirmed,
                    model.places(|place| matches!(place, Place::Unconfirmed(..))),
                ),
            ] {
                let standing = secrets
                    .iter()
                    .filter(|secret| secret.row.slot == Some(slot));
                assert_eq!(standing.count(), place, "{slot:?}");
            }
        }
    }
}
