//! The steps of a secret's holder.

use std::time::Duration;

use ats_pat_test_support::world::{ADDRESS, code};
use secrecy::ExposeSecret;

use crate::model::{ModelSecret, Place};
use crate::run::Run;

impl Run {
    pub async fn exchange(&mut self, token: usize, secret: usize) {
        let (now, rules) = (self.world.now(), self.rules());
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        for void in &model.void {
            assert_eq!(code(self.world.exchange(void).await), 1201);
        }
        let Some(index) = model.index(secret) else {
            return;
        };
        let expected = model.exchangeable(index, now, self.disabled, &rules);
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
        assert_eq!(exchanged.scope(), model.scope(), "nothing is widened");
    }

    pub async fn renew(&mut self, token: usize, secret: usize, lifetime: Option<Duration>) {
        let (now, rules) = (self.world.now(), self.rules());
        let latest = rules.latest(now);
        let Some(model) = self.tokens.get_mut(token) else {
            return;
        };
        let Some(index) = model.index(secret) else {
            return;
        };
        let asked = lifetime.map(|lifetime| now.after(lifetime));
        let presented = &model.secrets[index];
        // The lifetime that it would have after this confirmation.
        let kept = match (presented.place, model.renews_until) {
            (Place::Unconfirmed(_, expires_at), Some(until)) => expires_at.min(until).since(now),
            _ => model.expires_at.since(model.born),
        };
        let latest = model.renews_until.map_or(latest, |until| until.min(latest));
        let expected = match model.exchangeable(index, now, self.disabled, &rules) {
            1 if matches!(presented.place, Place::Overlap(_)) => 1208,
            1 if !rules.may_renew => 1208,
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
                if presented.ends_overlap {
                    model.end_overlap();
                }
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

    pub async fn revoke_as_holder(&mut self, token: usize, secret: usize) {
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
}
