//! The events about the filled rows, one by one.

use ats_pat_auth::RowTag;

use super::log::{Event, gone, hex, removed, written};
use super::population::{Population, Step, Use};
use super::rows::{Row, SECRETS, STATUS_PLACES, TOKENS, Token, USERS};

/// The longest duration of a session, in milliseconds.
const SESSION: i64 = 12 * 60 * 60_000;

impl Population {
    /// All events, beginning after the database's last one.
    pub fn events(&self) -> impl Iterator<Item = Row> + Send + '_ {
        let owners = (0..self.owners).map(|number| self.owner_created(number));
        let tokens = (0..self.tokens).flat_map(|number| self.events_of(number));
        owners
            .chain(tokens)
            .scan(self.before.clone(), |head, event| {
                let row = event.row(head, &self.keys);
                self.note_last(head);
                Some(row)
            })
    }

    fn owner_created(&self, number: u64) -> Event {
        let owner = self.owner(number);
        let row = written(&USERS, &owner.id.to_string(), &owner.tag(&self.keys), None);
        Event {
            origin: owner.origin,
            at: owner.created_at,
            actor: "operator".to_owned(),
            owner: owner.id,
            kind: "user.created",
            subject: owner.id.to_string(),
            details: format!(r#"{{"IsAdmin":false,"Rows":[{row}]}}"#),
        }
    }

    fn events_of(&self, number: u64) -> [Event; 3] {
        let token = self.token(number);
        let session = hex(&self.bytes(Use::Session, number));
        let began = self.token_origin(number, Step::SessionBegan);
        let event = |step, kind, subject: &str, details| Event {
            origin: self.token_origin(number, step),
            at: token.created_at,
            actor: format!("user:{}", token.owner),
            owner: token.owner,
            kind,
            subject: subject.to_owned(),
            details,
        };
        let row = gone("sessions", &session, &self.bytes(Use::SessionBegan, number));
        let began_event = event(
            Step::SessionBegan,
            "session.started",
            &session,
            format!(r#"{{"Rows":[{row}]}}"#),
        );
        let id = token.id.to_string();
        let created = event(
            Step::TokenCreated,
            "token.created",
            &id,
            self.created(&token),
        );
        let last = if token.revoked.is_some() {
            event(Step::Last, "token.revoked", &id, self.revoked(&token))
        } else {
            let until = token.created_at + SESSION;
            let replaces = format!(r#"{{"Seq":{},"Until":{until}}}"#, began.seq);
            let row = removed("sessions", &session, &replaces);
            let details = format!(r#"{{"Rows":[{row}]}}"#);
            event(Step::Last, "session.ended", &session, details)
        };
        [began_event, created, last]
    }

    fn created(&self, token: &Token) -> String {
        let new = token.when_new();
        let hash = self.secret_hash(token.status_index.cast_unsigned());
        let place = new.status_index;
        let rows = [
            written(&TOKENS, &new.id.to_string(), &new.tag(&self.keys), None),
            written(
                &STATUS_PLACES,
                &place.to_string(),
                &new.status_place_tag(&self.keys),
                None,
            ),
            written(
                &SECRETS,
                &format!("{}/1", new.id),
                &new.secret_tag(&hash, &self.keys),
                None,
            ),
        ];
        format!(
            r#"{{"PlacesGiven":[{place}],"Rows":[{}],"Scopes":["all"]}}"#,
            rows.join(",")
        )
    }

    fn revoked(&self, token: &Token) -> String {
        let seq = token.created.seq;
        let place = token.status_index;
        let row = |table, id: &str, tag: &RowTag, until: i64| {
            let replaces = format!(r#"{{"Seq":{seq},"Until":{until}}}"#);
            written(table, id, tag, Some(&replaces))
        };
        let rows = [
            row(
                &TOKENS,
                &token.id.to_string(),
                &token.tag(&self.keys),
                token.expires_at,
            ),
            row(
                &STATUS_PLACES,
                &place.to_string(),
                &token.status_place_tag(&self.keys),
                0,
            ),
        ];
        format!(
            r#"{{"PlacesRevoked":[{place}],"Rows":[{}]}}"#,
            rows.join(",")
        )
    }
}
