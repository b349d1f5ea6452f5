//! A model against the use cases: whatever people do, in whatever order, the invariants hold.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Status, Timestamp};
use ats_pat_service::{Regeneration, TokenUpdate};
use ats_pat_test_support::world::{ADDRESS, PASSWORD, World, code};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

const NAMES: [&str; 5] = ["ci", "CI", "build", "deploy", "test"];
const LIMIT: usize = 2;
const MAX_DAYS: u32 = 2;
const MAX_HOURS: u32 = 24;

#[derive(Clone, Debug)]
enum Step {
    Create {
        name: usize,
        seconds: u64,
    },
    Regenerate {
        token: usize,
        seconds: Option<u64>,
        hours: u32,
        first_use: bool,
    },
    EndOverlap {
        token: usize,
    },
    Revoke {
        token: usize,
    },
    Update {
        token: usize,
        name: Option<usize>,
        seconds: Option<u64>,
    },
    Exchange {
        token: usize,
        secret: usize,
    },
    Wait {
        millis: u64,
    },
    Disable,
    Enable,
}

fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![1 => 0_u64..5, 4 => 1_000_u64..200_000];
    // Sooner than an authentication token would end, in half of the cases.
    let left = prop_oneof![1 => 0_u64..5, 2 => 5_u64..250, 2 => 1_000_u64..200_000];
    prop_oneof![
        3 => (0..NAMES.len(), seconds.clone()).prop_map(|(name, seconds)| Step::Create { name, seconds }),
        3 => (0_usize..4, proptest::option::of(seconds), prop_oneof![Just(0_u32), 0_u32..30], any::<bool>())
            .prop_map(|(token, seconds, hours, first_use)| Step::Regenerate { token, seconds, hours, first_use }),
        1 => (0_usize..4).prop_map(|token| Step::EndOverlap { token }),
        2 => (0_usize..4).prop_map(|token| Step::Revoke { token }),
        3 => (0_usize..4, proptest::option::of(0..NAMES.len()), proptest::option::of(left)).prop_map(|(token, name, seconds)| Step::Update { token, name, seconds }),
        6 => (0_usize..4, 0_usize..3).prop_map(|(token, secret)| Step::Exchange { token, secret }),
        2 => prop_oneof![3 => 0_u64..3_000, 1 => 0_u64..100_000_000].prop_map(|millis| Step::Wait { millis }),
        1 => Just(Step::Disable),
        1 => Just(Step::Enable),
    ]
}

/// What a token should be like.
struct Model {
    id: String,
    name: &'static str,
    born: Timestamp,
    expires_at: Timestamp,
    revoked: bool,
    /// The last one is current.
    secrets: Vec<ModelSecret>,
}

struct ModelSecret {
    secret: SecretString,
    /// When it stops working; `None` for with its token.
    until: Option<Timestamp>,
    ends_overlap: bool,
}

impl ModelSecret {
    fn current(secret: SecretString) -> Self {
        Self {
            secret,
            until: None,
            ends_overlap: false,
        }
    }

    /// Whether something can be minted for it, were its token alive.
    fn works(&self, now: Timestamp) -> bool {
        self.until
            .is_none_or(|until| now.after(Duration::from_secs(1)) <= until)
    }
}

impl Model {
    /// Ends every secret but the current one.
    fn end_overlap(&mut self) {
        let current = self.secrets.len() - 1;
        for secret in &mut self.secrets[..current] {
            secret.until = Some(Timestamp::from_millis(0));
        }
        self.secrets[current].ends_overlap = false;
    }

    fn status(&self, now: Timestamp) -> Status {
        if self.revoked {
            Status::Revoked
        } else if self.expires_at <= now {
            Status::Expired
        } else {
            Status::Active
        }
    }
}

struct Run {
    world: World,
    tokens: Vec<Model>,
    disabled: bool,
}

impl Run {
    fn latest(&self) -> Timestamp {
        self.world.now().after(Duration::from_hours(24) * MAX_DAYS)
    }

    fn allowed(&self, expires_at: Timestamp) -> bool {
        expires_at > self.world.now() && expires_at <= self.latest()
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Wait { millis } => self.world.clock.advance(Duration::from_millis(millis)),
            Step::Disable => self.set_disabled(true).await,
            Step::Enable => self.set_disabled(false).await,
            Step::Exchange { token, secret } => self.exchange(token, secret).await,
            _ if self.disabled => {
                let signed_in = self
                    .world
                    .service
                    .sign_in("ada", &PASSWORD.into(), ADDRESS)
                    .await;
                assert_eq!(code(signed_in), 1205);
            }
            Step::Create { name, seconds } => {
                self.create(NAMES[name], Duration::from_secs(seconds)).await;
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

    async fn set_disabled(&mut self, disabled: bool) {
        let operator = self.world.service.operator();
        let changed = if disabled {
            operator.disable_user("ada").await
        } else {
            operator.enable_user("ada").await
        };
        assert_eq!(changed.unwrap().disabled, disabled);
        self.disabled = disabled;
    }

    async fn create(&mut self, name: &'static str, lifetime: Duration) {
        let now = self.world.now();
        let ada = self.world.sign_in("ada").await;
        let expires_at = now.after(lifetime);
        let active = || {
            self.tokens
                .iter()
                .filter(|token| token.status(now) == Status::Active)
        };
        let expected = if !self.allowed(expires_at) {
            1302
        } else if active().any(|token| token.name.eq_ignore_ascii_case(name)) {
            1301
        } else if active().count() >= LIMIT {
            1304
        } else {
            1
        };
        let result = self.world.create(&ada, name, lifetime).await;
        if let Ok(issued) = &result {
            self.tokens.push(Model {
                id: issued.token.id.to_string(),
                name,
                born: now,
                expires_at,
                revoked: false,
                secrets: vec![ModelSecret::current(issued.secret.clone())],
            });
        }
        assert_eq!(code(result), expected);
    }

    async fn regenerate(&mut self, token: usize, lifetime: Option<Duration>, asked: Regeneration) {
        let now = self.world.now();
        let ada = self.world.sign_in("ada").await;
        let latest = self.latest();
        let Some(model) = self.tokens.get(token) else {
            return;
        };
        let expires_at = lifetime.map(|lifetime| now.after(lifetime));
        let (hours, first_use) = (asked.overlap_hours, asked.end_overlap_at_first_use);
        let expected = match expires_at {
            _ if first_use && hours == 0 => 1001,
            Some(expires_at) if !self.allowed(expires_at) => 1302,
            _ if hours > MAX_HOURS => 1306,
            _ if model.status(now) != Status::Active => 1303,
            _ => 1,
        };
        match self
            .world
            .service
            .regenerate_token(&ada, &model.id, asked)
            .await
        {
            Ok(issued) => {
                assert_eq!(expected, 1);
                let model = &mut self.tokens[token];
                let same_lifetime = now.after(model.expires_at.since(model.born)).min(latest);
                model.end_overlap();
                let overlap = Duration::from_hours(1) * hours;
                let until = now.after(overlap).min(model.expires_at);
                if let Some(last) = model.secrets.last_mut() {
                    last.until = Some(until);
                }
                model.expires_at = expires_at.unwrap_or(same_lifetime);
                model.born = now;
                model.secrets.push(ModelSecret {
                    ends_overlap: first_use,
                    ..ModelSecret::current(issued.secret)
                });
                let shown = (hours > 0).then(|| until.min(model.expires_at));
                assert_eq!(
                    (
                        issued.token.expires_at,
                        issued.token.previous_secret_valid_until
                    ),
                    (model.expires_at, shown)
                );
            }
            refused => assert_eq!(code(refused), expected),
        }
    }

    async fn update(&mut self, token: usize, name: Option<&'static str>, left: Option<Duration>) {
        let now = self.world.now();
        let ada = self.world.sign_in("ada").await;
        let Some(model) = self.tokens.get(token) else {
            return;
        };
        let expires_at = left.map(|left| now.after(left));
        let mut others = self.tokens.iter().filter(|other| other.id != model.id);
        let is_in_use = name.is_some_and(|name| {
            others.any(|other| {
                other.status(now) == Status::Active && other.name.eq_ignore_ascii_case(name)
            })
        });
        let expected = match expires_at {
            Some(expires_at) if expires_at <= now => 1302,
            None if name.is_none() => 1,
            _ if model.status(now) != Status::Active => 1303,
            Some(expires_at) if expires_at > model.expires_at => 1302,
            _ if is_in_use => 1301,
            _ => 1,
        };
        let asked = TokenUpdate {
            name: name.map(ToOwned::to_owned),
            description: None,
            expires_at: expires_at.map(|at| at.to_string()),
        };
        let before = match model.secrets.last() {
            Some(secret) => self.world.exchange(&secret.secret).await.ok(),
            None => None,
        };
        if before.is_some() && model.secrets.last().is_some_and(|it| it.ends_overlap) {
            self.tokens[token].end_overlap();
        }
        let model = &self.tokens[token];
        let updated = self.world.service.update_token(&ada, &model.id, asked);
        let updated = updated.await;
        let model = &mut self.tokens[token];
        if let Ok(updated) = &updated {
            model.name = name.unwrap_or(model.name);
            model.expires_at = expires_at.unwrap_or(model.expires_at);
            assert_eq!(
                (updated.name.as_str(), updated.expires_at),
                (model.name, model.expires_at)
            );
        }
        assert_eq!(code(updated), expected);
        if let Some(before) = before {
            let identity = self.world.service.identity(before.token.expose_secret());
            let holds = code(identity.await) == 1;
            assert!(
                !holds || before.expires_at <= model.expires_at,
                "no authentication token outlives its PAT"
            );
        }
    }

    async fn end_overlap(&mut self, token: usize) {
        let ada = self.world.sign_in("ada").await;
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        let ended = self.world.service.end_overlap(&ada, &model.id).await;
        assert_eq!(ended.unwrap().previous_secret_valid_until, None);
        model.end_overlap();
    }

    async fn revoke(&mut self, token: usize) {
        let ada = self.world.sign_in("ada").await;
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        let revoked = self
            .world
            .service
            .revoke_token(&ada, &model.id)
            .await
            .unwrap();
        model.revoked = true;
        assert_eq!(revoked.status, Status::Revoked);
    }

    async fn exchange(&mut self, token: usize, secret: usize) {
        let now = self.world.now();
        let Some(model) = self.tokens.get(token) else {
            return;
        };
        let Some(presented) = model.secrets.iter().rev().nth(secret) else {
            return;
        };
        let expected = match model.status(now) {
            _ if !presented.works(now) => 1201,
            Status::Revoked => 1203,
            Status::Expired => 1202,
            Status::Active if model.expires_at.since(now) < Duration::from_secs(1) => 1202,
            Status::Active if self.disabled => 1205,
            Status::Active => 1,
        };
        let result = self.world.exchange(&presented.secret).await;
        if let Ok(exchanged) = &result {
            let end = presented.until.unwrap_or(model.expires_at);
            assert!(
                exchanged.expires_at <= end.min(model.expires_at),
                "no authentication token outlives its secret"
            );
            assert!(exchanged.expires_at > now);
        }
        let ends_overlap = result.is_ok() && presented.ends_overlap;
        assert_eq!(code(result), expected);
        if ends_overlap {
            self.tokens[token].end_overlap();
        }
    }

    async fn check(&self) {
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
            assert_eq!(
                secrets
                    .iter()
                    .filter(|secret| secret.row.slot == Some(Slot::Current))
                    .count(),
                1
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_steps_keeps_the_invariants(steps in proptest::collection::vec(step(), 10..40)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let database = ats_pat_test_support::sqlite();
            let world = World::with(database.url(), |settings| {
                settings.policy.base.max_active_tokens = u32::try_from(LIMIT).unwrap();
                settings.policy.base.max_lifetime_days = MAX_DAYS;
                settings.policy.base.max_overlap_hours = MAX_HOURS;
            })
            .await;
            world.add_user("ada").await;
            let mut run = Run { world, tokens: Vec::new(), disabled: false };
            for step in steps {
                run.take(step).await;
                run.check().await;
            }
            let report = run.world.service.operator().verify_audit().await.unwrap();
            assert_eq!(report.findings, Vec::<String>::new());
        });
    }
}
