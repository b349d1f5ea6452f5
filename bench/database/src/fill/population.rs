//! Who has which tokens: everything follows from numbers, so that nothing has to be kept.

use anyhow::{Result, bail};
use ats_pat_auth::RootKeys;
use ats_pat_token::PersonalAccessToken;
use time::{Duration, OffsetDateTime};
use uuid::{Builder, Uuid};

use super::arguments::Arguments;
use super::rows::{Row, SECRETS, STATUS_PLACES, TOKENS, Table, Token, USERS, User};

/// Since when the tokens were made.
const SINCE: Duration = Duration::days(30);
/// When they end, from now on.
const LIFETIME: Duration = Duration::days(300);
/// What the random looking bytes are derived with. Secrets of a database that holds nothing may be known to all.
const CONTEXT: &str = "ATS PAT 2026-11 tokens of measurements";

pub struct Population {
    keys: RootKeys,
    tokens: u64,
    owners: u64,
    listed: Option<Listed>,
    since: i64,
    now: i64,
    expires_at: i64,
    random: [u8; 32],
}

/// A user of whom there are many tokens: every so manieth is his.
#[derive(Clone, Copy)]
struct Listed {
    owner: Uuid,
    every: u64,
    count: u64,
}

/// What random looking bytes are for.
#[derive(Clone, Copy)]
enum Use {
    Owner = 1,
    Token = 2,
    Secret = 3,
}

impl Population {
    pub fn new(arguments: &Arguments, keys: RootKeys) -> Result<Self> {
        let Arguments {
            tokens,
            owners,
            owner,
            owner_tokens,
            ..
        } = *arguments;
        if owners == 0 || owner_tokens > tokens {
            bail!("there must be owners, and no more tokens of one than there are");
        }
        let now = OffsetDateTime::now_utc();
        Ok(Self {
            keys,
            tokens,
            owners,
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

    /// All rows, those first that others refer to, and each table's in the order of its key.
    pub fn tables(&self) -> [(&'static Table, Box<dyn Iterator<Item = Row> + Send + '_>); 4] {
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
        ]
    }

    /// The secret of a token.
    pub fn secret(&self, number: u64) -> PersonalAccessToken {
        PersonalAccessToken::from_random(&self.bytes(Use::Secret, number))
    }

    /// By their hashes: a tree grows several times faster at its end than everywhere.
    fn secrets(&self) -> impl Iterator<Item = Row> + Send + '_ {
        std::iter::once_with(|| {
            let hash = |number| {
                let hash = self.keys.hash_personal_access_token(&self.secret(number));
                (hash.to_bytes(), number)
            };
            let mut hashes: Vec<_> = (0..self.tokens).map(hash).collect();
            hashes.sort_unstable();
            hashes
        })
        .flatten()
        .map(|(hash, number)| self.token(number).secret_row(&hash, &self.keys))
    }

    fn owner(&self, number: u64) -> User {
        User {
            id: id(self.since, &self.bytes(Use::Owner, number), number),
            name: format!("owner-{number}"),
            created_at: self.since,
        }
    }

    fn token(&self, number: u64) -> Token {
        let created_at = self.since + scaled(self.now - self.since, number, self.tokens);
        let listed = self.listed.filter(|listed| {
            number.is_multiple_of(listed.every) && number / listed.every < listed.count
        });
        Token {
            id: id(created_at, &self.bytes(Use::Token, number), number),
            owner: listed.map_or_else(
                || self.owner(number % self.owners).id,
                |listed| listed.owner,
            ),
            name: format!("token {number}"),
            created_at,
            expires_at: self.expires_at,
            status_index: number.cast_signed(),
        }
    }

    fn bytes(&self, what: Use, number: u64) -> [u8; 32] {
        let mut input = [what as u8; 9];
        input[1..].copy_from_slice(&number.to_le_bytes());
        *blake3::keyed_hash(&self.random, &input).as_bytes()
    }
}

/// A UUIDv7 of this time; of one time, in the order of the numbers.
fn id(at: i64, random: &[u8; 32], number: u64) -> Uuid {
    let mut rest = [0; 10];
    rest[..5].copy_from_slice(&number.to_be_bytes()[3..]);
    rest[5..].copy_from_slice(&random[..5]);
    Builder::from_unix_timestamp_millis(at.cast_unsigned(), &rest).into_uuid()
}

/// The `part`-th of `whole` equal steps through `length`.
fn scaled(length: i64, part: u64, whole: u64) -> i64 {
    let scaled = i128::from(length) * i128::from(part) / i128::from(whole);
    i64::try_from(scaled).unwrap_or(length)
}

fn milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp() * 1000
}
