//! What the interface answers, as the views that the use cases give.

use std::collections::HashMap;

use ats_pat_domain::group::Groups;
use ats_pat_domain::{
    BulkJobId, DisabledBy, DisabledMarks, EventId, Status, Timestamp, TokenId, UserId,
};
use ats_pat_service::BulkJobView;
use ats_pat_service::view::{
    EventView, IssuedToken, OwnedTokenView, PolicyCheck, Responsible, SigningKeyView, TokenView,
    UserView,
};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// Part of a list.
#[expect(clippy::struct_field_names, reason = "the contract has the name")]
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    pub page: u32,
    pub page_size: u32,
    pub total: u64,
}

/// A list that is answered as a whole.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct All<T> {
    pub items: Vec<T>,
}

/// Events, and after which number to go on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Events {
    pub items: Vec<Event>,
    pub next: i64,
}

/// What a user is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum UserKind {
    Person,
    Service,
    Quarantined,
    Erased,
}

impl UserKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Service => "Service",
            Self::Quarantined => "Quarantined",
            Self::Erased => "Erased",
        }
    }
}

/// The marks of these names. What a later release calls a mark is none here.
fn marks(names: &[String]) -> DisabledMarks {
    let known = names.iter().filter_map(|name| DisabledBy::from_name(name));
    known.fold(DisabledMarks::NONE, DisabledMarks::with)
}

/// A person or a service account.
#[expect(clippy::struct_field_names, reason = "the contract has the name")]
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    pub id: UserId,
    pub user_name: String,
    display_name: String,
    email: Option<String>,
    pub kind: UserKind,
    pub is_admin: bool,
    disabled: bool,
    /// Releases before this one don't tell.
    #[serde(default)]
    disabled_by: Vec<String>,
    pub responsible_id: Option<UserId>,
    #[serde(deserialize_with = "groups")]
    pub groups: Groups,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
}

impl User {
    /// With the responsible person, if that is among `persons`.
    pub fn view(self, persons: &HashMap<UserId, Responsible>) -> UserView {
        let responsible = self.responsible_id.map(|id| {
            let unknown = || Responsible {
                user_name: id.to_string(),
                disabled: true,
            };
            persons.get(&id).cloned().unwrap_or_else(unknown)
        });
        UserView {
            id: self.id,
            user_name: self.user_name,
            display_name: self.display_name,
            email: self.email,
            is_admin: self.is_admin,
            disabled: self.disabled,
            disabled_by: marks(&self.disabled_by),
            kind: self.kind.as_str(),
            responsible_id: self.responsible_id,
            responsible,
            groups: self.groups,
            created_at: self.created_at,
        }
    }

    /// As somebody who is responsible for a service account.
    pub fn responsible(&self) -> Responsible {
        Responsible {
            user_name: self.user_name.clone(),
            disabled: self.disabled || self.kind != UserKind::Person,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Token {
    id: TokenId,
    name: String,
    description: String,
    #[serde(deserialize_with = "status")]
    status: Status,
    scopes: Vec<String>,
    allowed_networks: Option<Vec<String>>,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "time")]
    expires_at: Timestamp,
    #[serde(deserialize_with = "optional_time")]
    regenerated_at: Option<Timestamp>,
    #[serde(deserialize_with = "optional_time")]
    previous_secret_valid_until: Option<Timestamp>,
    may_regenerate_itself: bool,
    #[serde(deserialize_with = "optional_time")]
    regenerates_until: Option<Timestamp>,
    #[serde(deserialize_with = "optional_time")]
    revoked_at: Option<Timestamp>,
    #[serde(deserialize_with = "optional_time")]
    last_used_at: Option<Timestamp>,
    last_used_from: Option<String>,
    #[serde(deserialize_with = "optional_time")]
    ended_secret_used_at: Option<Timestamp>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            description: token.description,
            status: token.status,
            scopes: token.scopes,
            allowed_networks: token.allowed_networks,
            // No part of the interface, and shown by no command.
            generation: 0,
            created_at: token.created_at,
            expires_at: token.expires_at,
            regenerated_at: token.regenerated_at,
            previous_secret_valid_until: token.previous_secret_valid_until,
            may_regenerate_itself: token.may_regenerate_itself,
            regenerates_until: token.regenerates_until,
            revoked_at: token.revoked_at,
            last_used_at: token.last_used_at,
            last_used_from: token.last_used_from,
            ended_secret_used_at: token.ended_secret_used_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OwnedToken {
    token: Token,
    owner_id: UserId,
    owner_name: String,
}

impl From<OwnedToken> for OwnedTokenView {
    fn from(owned: OwnedToken) -> Self {
        Self {
            token: owned.token.into(),
            owner_id: owned.owner_id,
            owner_name: owned.owner_name,
        }
    }
}

/// How many tokens were revoked.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Revoked {
    pub revoked: u64,
}

/// The tokens that match, or the job that revokes them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Matching {
    pub job_id: Option<BulkJobId>,
    pub count: u64,
    pub sample: Option<Vec<OwnedToken>>,
}

/// How far a job came.
#[expect(clippy::struct_field_names, reason = "the contract has the name")]
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Job {
    job_id: BulkJobId,
    count: u64,
    done: u64,
    #[serde(deserialize_with = "optional_time")]
    finished_at: Option<Timestamp>,
}

impl From<Job> for BulkJobView {
    fn from(job: Job) -> Self {
        Self {
            job_id: job.job_id,
            count: job.count,
            done: job.done,
            finished_at: job.finished_at,
        }
    }
}

/// A token with its secret, which is answered this once.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Issued {
    token: Token,
    secret: SecretString,
}

impl From<Issued> for IssuedToken {
    fn from(issued: Issued) -> Self {
        Self {
            token: issued.token.into(),
            secret: issued.secret,
        }
    }
}

/// Where a signing key stands.
#[derive(Clone, Copy, Deserialize)]
enum KeyState {
    Next,
    Active,
    Retired,
    Destroyed,
}

impl KeyState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "Next",
            Self::Active => "Active",
            Self::Retired => "Retired",
            Self::Destroyed => "Destroyed",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SigningKey {
    kid: String,
    state: KeyState,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "time")]
    active_from: Timestamp,
    #[serde(deserialize_with = "optional_time")]
    retired_at: Option<Timestamp>,
}

impl From<SigningKey> for SigningKeyView {
    fn from(key: SigningKey) -> Self {
        Self {
            kid: key.kid,
            state: key.state.as_str(),
            created_at: key.created_at,
            active_from: key.active_from,
            retired_at: key.retired_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    seq: i64,
    id: EventId,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
    actor: String,
    owner: Option<UserId>,
    kind: String,
    subject: String,
    details: Value,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            seq: event.seq,
            id: event.id,
            at: event.at,
            actor: event.actor,
            owner: event.owner,
            kind: event.kind,
            subject: event.subject,
            details: event.details,
        }
    }
}

/// What another policy would do.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Effects {
    active_tokens: u64,
    owners: u64,
    affected_tokens: u64,
    affected_owners: u64,
    longer_than_allowed: u64,
    with_all_scope: u64,
    from_other_networks: u64,
    unused: u64,
    owners_over_limit: u64,
    users_who_may_not_create: u64,
}

impl From<Effects> for PolicyCheck {
    fn from(effects: Effects) -> Self {
        Self {
            active_tokens: effects.active_tokens,
            owners: effects.owners,
            affected_tokens: effects.affected_tokens,
            affected_owners: effects.affected_owners,
            longer_than_allowed: effects.longer_than_allowed,
            with_all_scope: effects.with_all_scope,
            from_other_networks: effects.from_other_networks,
            unused: effects.unused,
            owners_over_limit: effects.owners_over_limit,
            users_who_may_not_create: effects.users_who_may_not_create,
        }
    }
}

fn time<'de, D: Deserializer<'de>>(input: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(input)?;
    Timestamp::parse(&text).map_err(de::Error::custom)
}

fn optional_time<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(input)?;
    let time = text.as_deref().map(Timestamp::parse).transpose();
    time.map_err(de::Error::custom)
}

fn status<'de, D: Deserializer<'de>>(input: D) -> Result<Status, D::Error> {
    let text = String::deserialize(input)?;
    text.parse().map_err(|()| de::Error::custom("no status"))
}

fn groups<'de, D: Deserializer<'de>>(input: D) -> Result<Groups, D::Error> {
    let names = Vec::<String>::deserialize(input)?;
    Groups::new(&names).map_err(de::Error::custom)
}
