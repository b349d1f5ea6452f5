//! A model against the use cases: whatever people do, in whatever order, the invariants hold.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Status, Timestamp};
use ats_pat_service::{NewToken, Regeneration, TokenUpdate};
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
        /// For how long it may renew itself, if it may.
        renews: Option<u64>,
    },
    /// It gets a secret by itself, for one of those that it has.
    Renew {
        token: usize,
        secret: usize,
        seconds: Option<u64>,
    },
    RevokeAsHolder {
        token: usize,
        secret: usize,
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
        3 => (0..NAMES.len(), seconds.clone(), proptest::option::weighted(0.8, 100_000_u64..170_000))
            .prop_map(|(name, seconds, renews)| Step::Create { name, seconds, renews }),
        6 => (0_usize..3, 0_usize..3, proptest::option::weighted(0.3, seconds.clone()))
            .prop_map(|(token, secret, seconds)| Step::Renew { token, secret, seconds }),
        1 => (0_usize..3, 0_usize..5).prop_map(|(token, secret)| Step::RevokeAsHolder { token, secret }),
        3 => (0_usize..4, proptest::option::of(seconds), prop_oneof![Just(0_u32), 0_u32..30], any::<bool>())
            .prop_map(|(token, seconds, hours, first_use)| Step::Regenerate { token, seconds, hours, first_use }),
        1 => (0_usize..4).prop_map(|token| Step::EndOverlap { token }),
        2 => (0_usize..4).prop_map(|token| Step::Revoke { token }),
        3 => (0_usize..4, proptest::option::of(0..NAMES.len()), proptest::option::of(left)).prop_map(|(token, name, seconds)| Step::Update { token, name, seconds }),
        6 => (0_usize..3, 0_usize..4).prop_map(|(token, secret)| Step::Exchange { token, secret }),
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
    renews_until: Option<Timestamp>,
    revoked: bool,
    /// In the order of their making.
    secrets: Vec<ModelSecret>,
    /// Those of which no row is left.
    void: Vec<SecretString>,
}

struct ModelSecret {
    secret: SecretString,
    place: Place,
    ends_overlap: bool,
    may_revoke: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Current,
    Overlap(Timestamp),
    /// With the expiry that it brings.
    Unconfirmed(Timestamp, Timestamp),
    Dead,
}

impl ModelSecret {
    fn new(secret: SecretString, place: Place) -> Self {
        Self {
            secret,
            place,
            ends_overlap: false,
            may_revoke: false,
        }
    }

    /// When it stops working; `None` for with its token.
    fn until(&self) -> Option<Timestamp> {
        match self.place {
            Place::Current => None,
            Place::Overlap(until) | Place::Unconfirmed(until, _) => Some(until),
            Place::Dead => Some(Timestamp::from_millis(0)),
        }
    }

    /// Whether something can be minted for it, were its token alive.
    fn works(&self, now: Timestamp) -> bool {
        self.until()
            .is_none_or(|until| now.after(Duration::from_secs(1)) <= until)
    }
}

impl Model {
    fn current(&self) -> &ModelSecret {
        let mut secrets = self.secrets.iter();
        let current = secrets.find(|secret| secret.place == Place::Current);
        current.unwrap()
    }

    /// Ends the secret in overlap.
    fn end_overlap(&mut self) {
        for secret in &mut self.secrets {
            match secret.place {
                Place::Overlap(_) => secret.place = Place::Dead,
                Place::Current => secret.ends_overlap = false,
                Place::Unconfirmed(..) | Place::Dead => {}
            }
        }
    }

    /// The one at `index` takes the place of the current one, and brings its expiry.
    fn confirm(&mut self, index: usize, now: Timestamp) {
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
    fn forget_unconfirmed(&mut self) {
        let (void, left): (Vec<_>, _) = std::mem::take(&mut self.secrets)
            .into_iter()
            .partition(|secret| matches!(secret.place, Place::Unconfirmed(..)));
        self.secrets = left;
        self.void
            .extend(void.into_iter().map(|secret| secret.secret));
    }

    /// How many stand in such a place.
    fn places(&self, is_it: impl Fn(Place) -> bool) -> usize {
        let is_it = |secret: &&ModelSecret| is_it(secret.place);
        self.secrets.iter().filter(is_it).count()
    }

    /// The `nth` from the end.
    fn index(&self, nth: usize) -> Option<usize> {
        self.secrets.len().checked_sub(nth + 1)
    }

    /// Why a secret can't be exchanged; 1 if it can.
    fn exchangeable(&self, index: usize, now: Timestamp, is_disabled: bool) -> u32 {
        match self.status(now) {
            _ if !self.secrets[index].works(now) => 1201,
            Status::Revoked => 1203,
            Status::Expired => 1202,
            Status::Active if self.expires_at.since(now) < Duration::from_secs(1) => 1202,
            Status::Active if is_disabled => 1205,
            Status::Active => 1,
        }
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
            } => {
                let renews = renews.map(Duration::from_secs);
                self.create(NAMES[name], Duration::from_secs(seconds), renews)
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

    async fn create(&mut self, name: &'static str, lifetime: Duration, renews: Option<Duration>) {
        let now = self.world.now();
        let ada = self.world.sign_in("ada").await;
        let expires_at = now.after(lifetime);
        let active = || {
            self.tokens
                .iter()
                .filter(|token| token.status(now) == Status::Active)
        };
        let renews_until = renews.map(|renews| now.after(renews));
        let may_renew = renews_until.is_none_or(|until| self.allowed(until));
        let expected = if !self.allowed(expires_at) || !may_renew {
            1302
        } else if active().any(|token| token.name.eq_ignore_ascii_case(name)) {
            1301
        } else if active().count() >= LIMIT {
            1304
        } else {
            1
        };
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(expires_at.to_string()),
            may_regenerate_itself: renews_until.is_some(),
            regenerates_until: renews_until.map(|until| until.to_string()),
            ..NewToken::default()
        };
        let result = self.world.service.create_token(&ada, new).await;
        if let Ok(issued) = &result {
            self.tokens.push(Model {
                id: issued.token.id.to_string(),
                name,
                born: now,
                expires_at,
                renews_until,
                revoked: false,
                secrets: vec![ModelSecret::new(issued.secret.clone(), Place::Current)],
                void: Vec::new(),
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
                for secret in &mut model.secrets {
                    secret.place = match secret.place {
                        Place::Current if hours > 0 => Place::Overlap(until),
                        _ => Place::Dead,
                    };
                }
                model.expires_at = expires_at.unwrap_or(same_lifetime);
                model.born = now;
                model.secrets.push(ModelSecret {
                    ends_overlap: first_use,
                    ..ModelSecret::new(issued.secret, Place::Current)
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
        let current = model.current();
        let before = self.world.exchange(&current.secret).await.ok();
        if before.is_some() && current.ends_overlap {
            self.tokens[token].end_overlap();
        }
        let model = &self.tokens[token];
        let updated = self.world.service.update_token(&ada, &model.id, asked);
        let updated = updated.await;
        let model = &mut self.tokens[token];
        if let Ok(updated) = &updated {
            model.name = name.unwrap_or(model.name);
            if expires_at.is_some_and(|expires_at| expires_at < model.expires_at) {
                model.forget_unconfirmed();
            }
            model.expires_at = expires_at.unwrap_or(model.expires_at);
            if expires_at.is_some() {
                let cut = |until: Timestamp| until.min(model.expires_at);
                model.renews_until = model.renews_until.map(cut);
            }
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
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        for void in &model.void {
            assert_eq!(code(self.world.exchange(void).await), 1201);
        }
        let Some(index) = model.index(secret) else {
            return;
        };
        let expected = model.exchangeable(index, now, self.disabled);
        let presented = &model.secrets[index];
        let result = self.world.exchange(&presented.secret).await;
        let exchanged = match result {
            Ok(exchanged) => exchanged,
            refused => {
                assert_eq!(code(refused), expected);
                return;
            }
        };
        assert_eq!(expected, 1);
        if presented.ends_overlap {
            model.end_overlap();
        }
        model.confirm(index, now);
        let end = model.secrets[index].until().unwrap_or(model.expires_at);
        assert!(
            exchanged.expires_at <= end.min(model.expires_at),
            "no authentication token outlives its secret"
        );
        assert!(exchanged.expires_at > now);
    }

    async fn renew(&mut self, token: usize, secret: usize, lifetime: Option<Duration>) {
        let (now, latest) = (self.world.now(), self.latest());
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        let Some(index) = model.index(secret) else {
            return;
        };
        let asked = lifetime.map(|lifetime| now.after(lifetime));
        let presented = &model.secrets[index];
        // What it would live for if it were confirmed by this.
        let kept = match (presented.place, model.renews_until) {
            (Place::Unconfirmed(_, expires_at), Some(until)) => expires_at.min(until).since(now),
            _ => model.expires_at.since(model.born),
        };
        let latest = model.renews_until.map_or(latest, |until| until.min(latest));
        let expected = match model.exchangeable(index, now, self.disabled) {
            1 if matches!(presented.place, Place::Overlap(_)) => 1208,
            1 if model.renews_until.is_none_or(|until| until <= now) => 1208,
            1 if asked.is_some_and(|asked| asked <= now || asked > latest) => 1302,
            other => other,
        };
        let service = &self.world.service;
        let shown = [presented.secret.expose_secret().as_bytes()];
        let renewed = match service.authenticate_holder(&shown, ADDRESS).await {
            Ok(holder) => {
                let asked = asked.map(|asked| asked.to_string());
                service.regenerate_itself(&holder, asked.as_deref()).await
            }
            Err(refused) => Err(refused),
        };
        match renewed {
            Ok(renewed) => {
                assert_eq!(expected, 1);
                model.confirm(index, now);
                model.forget_unconfirmed();
                let expires_at = asked.unwrap_or_else(|| now.after(kept).min(latest));
                let until = now.after(Duration::from_hours(24)).min(model.expires_at);
                assert_eq!(
                    (renewed.expires_at, renewed.confirm_before),
                    (expires_at, until)
                );
                let place = Place::Unconfirmed(until, expires_at);
                model.secrets.push(ModelSecret::new(renewed.secret, place));
            }
            refused => assert_eq!(code(refused), expected),
        }
    }

    async fn revoke_as_holder(&mut self, token: usize, secret: usize) {
        let now = self.world.now();
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        let Some(index) = model.index(secret) else {
            return;
        };
        let presented = &model.secrets[index];
        let service = &self.world.service;
        let revoked = service.revoke_as_holder(&presented.secret, ADDRESS).await;
        revoked.unwrap();
        let is_usable = presented.until().is_none_or(|until| now < until);
        model.revoked |= is_usable || presented.may_revoke;
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_steps_keeps_the_invariants(steps in proptest::collection::vec(step(), 20..60)) {
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
