//! The owners and their tokens. Everything follows from numbers, so that nothing has to be stored.

use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};
use ats_pat_auth::{Origin, RootKeys};
use ats_pat_token::PersonalAccessToken;
use time::{Duration, OffsetDateTime};
use uuid::{Builder, Uuid};

use super::arguments::Arguments;
use super::log::{EVENTS, Head};
use super::rows::{Row, SECRETS, STATUS_PLACES, TOKENS, Table, Token, USERS, User};

/// How long ago the first token was made.
const SINCE: Duration = Duration::days(30);
/// How long the tokens live from now on.
const LIFETIME: Duration = Duration::days(300);
/// The context from which the random looking bytes are derived. The secrets may be public, because
/// the database protects nothing.
const CONTEXT: &str = "ATS PAT 2026-11 tokens of measurements";

/// Each token has this many events: a session began, the token was made, and it was revoked or the
/// session ended.
const EVENTS_PER_TOKEN: u64 = 3;
/// The epoch of a log whose database never accepted a restore.
const FIRST_EPOCH: [u8; 16] = [0; 16];
pub struct Population {
    pub(super) keys: RootKeys,
    pub(super) tokens: u64,
    pub(super) owners: u64,
    /// One of how many tokens is revoked.
    ended_of: Option<u64>,
    /// The last event of the database before it is filled.
    pub(super) before: Head,
    /// The last event that was made.
    last: Mutex<Head>,
    listed: Option<Listed>,
    pub(super) since: i64,
    now: i64,
    expires_at: i64,
    random: [u8; 32],
}

/// A user with many tokens: one of so many tokens is this user's.
#[derive(Clone, Copy)]
struct Listed {
    owner: Uuid,
    every: u64,
    count: u64,
}

/// The purpose of random looking bytes.
#[derive(Clone, Copy)]
pub enum Use {
    Owner = 1,
    Token = 2,
    Secret = 3,
    OwnerEvent = 4,
    SessionBegan = 5,
    TokenCreated = 6,
    /// The token was revoked, or the session ended.
    LastEvent = 7,
    Session = 8,
}

/// One of the events of a token.
#[derive(Clone, Copy)]
pub enum Step {
    SessionBegan,
    TokenCreated,
    /// The token was revoked, or the session ended.
    Last,
}

impl Population {
    pub fn new(arguments: &Arguments, keys: RootKeys, before: Head) -> Result<Self> {
        let Arguments {
            tokens,
            owners,
            owner,
            owner_tokens,
            ended_of,
            ..
        } = *arguments;
        if ended_of.is_some_and(|of| of < 2) {
            bail!("some tokens must be active");
        }
        if owners == 0 || owner_tokens > tokens {
            bail!("there must be owners, and no more tokens of one than there are");
        }
        let now = OffsetDateTime::now_utc();
        Ok(Self {
            keys,
            tokens,
            owners,
            ended_of,
            last: Mutex::new(before.clone()),
            before,
            listed: owner.filter(|_| owner_tokens > 0).map(|owner| Listed {
                owner,
                every: tokens / owner_tokens,
                count: owner_tokens,
            }),
            since: milliseconds(now - SINCE),
            now: milliseconds(now),
            expires_at: milliseconds(now + LIFETIME),
            random: blake3::derive_key(CONTEXT, &tokens.to_le_bytes()),
        })
    }

    /// The event that made an owner.
    fn owner_origin(&self, number: u64) -> Origin {
        self.origin(1 + number, self.since, Use::OwnerEvent, number)
    }

    /// One of the events of a token.
    pub(super) fn token_origin(&self, number: u64, step: Step) -> Origin {
        let (step, what) = match step {
            Step::SessionBegan => (1, Use::SessionBegan),
            Step::TokenCreated => (2, Use::TokenCreated),
            Step::Last => (3, Use::LastEvent),
        };
        let place = self.owners + EVENTS_PER_TOKEN * number + step;
        self.origin(place, self.created_at(number), what, number)
    }

    fn origin(&self, place: u64, at: i64, what: Use, number: u64) -> Origin {
        Origin {
            epoch: FIRST_EPOCH,
            seq: self.before.seq + place.cast_signed(),
            event: self.id(at, what, number).into_bytes(),
        }
    }

    /// All rows. Rows that others refer to come first, and the rows of each table are in the order
    /// of its key.
    pub fn tables(&self) -> [(&'static Table, Box<dyn Iterator<Item = Row> + Send + '_>); 5] {
        let keys = &self.keys;
        let tokens = || (0..self.tokens).map(|number| self.token(number));
        [
            (
                &USERS,
                Box::new((0..self.owners).map(|number| self.owner(number).row(keys))),
            ),
            (&TOKENS, Box::new(tokens().map(|token| token.row(keys)))),
            (&SECRETS, Box::new(self.secrets())),
            (
                &STATUS_PLACES,
                Box::new(tokens().map(|token| token.status_place_row(keys))),
            ),
            (&EVENTS, Box::new(self.events())),
        ]
    }

    /// The secret of a token.
    pub fn secret(&self, number: u64) -> PersonalAccessToken {
        PersonalAccessToken::from_random(&self.bytes(Use::Secret, number))
    }

    /// The last of the events that were made so far.
    pub fn last(&self) -> Head {
        let last = self.last.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note_last(&self, head: &Head) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone_from(head);
    }

    /// The keyed hash of a token's secret.
    pub(super) fn secret_hash(&self, number: u64) -> [u8; 32] {
        let secret = self.secret(number);
        self.keys.hash_personal_access_token(&secret).to_bytes()
    }

    /// In the order of their hashes, because a tree grows several times faster at its end than
    /// everywhere.
    fn secrets(&self) -> impl Iterator<Item = Row> + Send + '_ {
        std::iter::once_with(|| {
            let mut hashes: Vec<_> = (0..self.tokens)
                .map(|number| (self.secret_hash(number), number))
                .collect();
            hashes.sort_unstable();
            hashes
        })
        .flatten()
        .map(|(hash, number)| self.token(number).secret_row(&hash, &self.keys))
    }

    pub(super) fn owner(&self, number: u64) -> User {
        User {
            id: self.id(self.since, Use::Owner, number),
            name: format!("owner-{number}"),
            created_at: self.since,
            origin: self.owner_origin(number),
        }
    }

    pub(super) fn created_at(&self, number: u64) -> i64 {
        self.since + scaled(self.now - self.since, number, self.tokens)
    }

    pub(super) fn token(&self, number: u64) -> Token {
        let created_at = self.created_at(number);
        let listed = self.listed.filter(|listed| {
            number.is_multiple_of(listed.every) && number / listed.every < listed.count
        });
        let revoked = self
            .has_ended(number)
            .then(|| (created_at, self.token_origin(number, Step::Last)));
        Token {
            id: self.id(created_at, Use::Token, number),
            owner: listed.map_or_else(
                || self.id(self.since, Use::Owner, number % self.owners),
                |listed| listed.owner,
            ),
            name: format!("token {number}"),
            created_at,
            expires_at: self.expires_at,
            status_index: number.cast_signed(),
            created: self.token_origin(number, Step::TokenCreated),
            revoked,
        }
    }

    fn has_ended(&self, number: u64) -> bool {
        self.ended_of.is_some_and(|of| number % of == of - 1)
    }

    /// This token's number, or that of an active one next to it.
    pub fn active(&self, number: u64) -> u64 {
        number - u64::from(self.has_ended(number))
    }

    /// A UUIDv7 of this time. UUIDs of the same time are in the order of the numbers.
    pub(super) fn id(&self, at: i64, what: Use, number: u64) -> Uuid {
        let mut rest = [0; 10];
        rest[..5].copy_from_slice(&number.to_be_bytes()[3..]);
        rest[5..].copy_from_slice(&self.bytes(what, number)[..5]);
        Builder::from_unix_timestamp_millis(at.cast_unsigned(), &rest).into_uuid()
    }

    pub(super) fn bytes(&self, what: Use, number: u64) -> [u8; 32] {
        let mut input = [what as u8; 9];
        input[1..].copy_from_slice(&number.to_le_bytes());
        *blake3::keyed_hash(&self.random, &input).as_bytes()
    }
}

/// The `part`-th of `whole` equal steps through `length`.
fn scaled(length: i64, part: u64, whole: u64) -> i64 {
    let scaled = i128::from(length) * i128::from(part) / i128::from(whole);
    i64::try_from(scaled).unwrap_or(length)
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp() * 1000
}
