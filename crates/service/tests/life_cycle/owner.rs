//! The steps of an owner of tokens.

use std::time::Duration;

use ats_pat_domain::{Status, Timestamp};
use ats_pat_service::{NewToken, Regeneration, TokenUpdate};
use ats_pat_test_support::world::code;
use secrecy::ExposeSecret;

use crate::model::{Model, ModelSecret, Place};
use crate::rules::SCOPE;
use crate::run::Run;

impl Run {
    pub async fn create(
        &mut self,
        name: &'static str,
        lifetime: Duration,
        renews: Option<Duration>,
        all: bool,
    ) {
        let (now, rules) = (self.world.now(), self.rules());
        let ada = self.world.sign_in("ada").await;
        let expires_at = now.after(lifetime);
        let active = || {
            self.tokens
                .iter()
                .filter(|token| token.status(now) == Status::Active)
        };
        let renews_until = renews.map(|renews| now.after(renews));
        let may_renew = renews_until.is_none_or(|until| rules.allow(until, now));
        let is_forbidden = !rules.may_create
            || all && !rules.may_have_all
            || renews_until.is_some() && !rules.may_renew;
        let expected = if !rules.allow(expires_at, now) || !may_renew {
            1302
        } else if is_forbidden {
            1306
        } else if active().any(|token| token.name.eq_ignore_ascii_case(name)) {
            1301
        } else if active().count() >= rules.max_active as usize {
            1304
        } else {
            1
        };
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(expires_at.to_string()),
            scopes: (!all).then(|| vec![SCOPE.to_owned()]),
            may_regenerate_itself: renews_until.is_some(),
            regenerates_until: renews_until.map(|until| until.to_string()),
            ..NewToken::default()
        };
        let result = self.world.service.create_token(&ada, new).await;
        if let Ok(issued) = &result {
            self.tokens.push(Model {
                id: issued.token.id.to_string(),
                name,
                made: now,
                born: now,
                expires_at,
                renews_until,
                all,
                revoked: false,
                secrets: vec![ModelSecret::new(issued.secret.clone(), Place::Current)],
                void: Vec::new(),
            });
        }
        assert_eq!(code(result), expected);
    }

    pub async fn regenerate(
        &mut self,
        token: usize,
        lifetime: Option<Duration>,
        asked: Regeneration,
    ) {
        let (now, rules) = (self.world.now(), self.rules());
        let ada = self.world.sign_in("ada").await;
        let latest = rules.latest(now);
        let Some(model) = self.tokens.get(token) else {
            return;
        };
        let expires_at = lifetime.map(|lifetime| now.after(lifetime));
        let (hours, first_use) = (asked.overlap_hours, asked.end_overlap_at_first_use);
        let expected = match expires_at {
            _ if first_use && hours == 0 => 1001,
            Some(expires_at) if !rules.allow(expires_at, now) => 1302,
            _ if hours > rules.max_hours => 1306,
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

    pub async fn update(
        &mut self,
        token: usize,
        name: Option<&'static str>,
        left: Option<Duration>,
    ) {
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
                "no authentication token outlives its personal access token"
            );
        }
    }

    pub async fn end_overlap(&mut self, token: usize) {
        let ada = self.world.sign_in("ada").await;
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        let ended = self.world.service.end_overlap(&ada, &model.id).await;
        assert_eq!(ended.unwrap().previous_secret_valid_until, None);
        model.end_overlap();
    }

    pub async fn revoke(&mut self, token: usize) {
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
}
