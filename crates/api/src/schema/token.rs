//! Personal access tokens in answers.

use ats_pat_domain::Status;
use ats_pat_service::{CreatedOnce, view};
use poem_openapi::{Enum, Object};
use secrecy::ExposeSecret;
use serde::Serialize;
use uuid::Uuid;

use super::value::Time;
use crate::operation::Data;

/// Where a personal access token stands in its life; closed for ever.
#[derive(Clone, Copy, Serialize, Enum)]
pub enum PersonalAccessTokenStatus {
    /// Can be exchanged, regenerated, revoked.
    Active,
    /// Its expiry has come.
    Expired,
    /// Ended for good, before its expiry.
    Revoked,
}

impl From<Status> for PersonalAccessTokenStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Expired => Self::Expired,
            Status::Revoked => Self::Revoked,
        }
    }
}

/// A personal access token without its secret.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessToken {
    /// Stays the same for the whole life of the entry.
    id: Uuid,
    /// Unique among one owner's active tokens.
    name: String,
    /// What it is for; may be empty.
    description: String,
    /// Where it stands now.
    status: PersonalAccessTokenStatus,
    /// Which of its owner's rights it carries; `all` is all of them.
    scopes: Vec<String>,
    /// Where it may be used from, as CIDRs; `null` is anywhere.
    allowed_networks: Option<Vec<String>>,
    /// When it was made.
    created_at: Time,
    /// When it stops working.
    expires_at: Time,
    /// When it last got a new secret.
    regenerated_at: Option<Time>,
    /// Until when the secret before goes on working; `null` where it does not.
    previous_secret_valid_until: Option<Time>,
    /// Whether it may get new secrets by itself.
    may_regenerate_itself: bool,
    /// Until when it may; `null` where it may not at all.
    regenerates_until: Option<Time>,
    /// When it was revoked.
    revoked_at: Option<Time>,
    /// When it was last exchanged; may lag by 60 seconds.
    last_used_at: Option<Time>,
    /// The address of the last exchange.
    last_used_from: Option<String>,
    /// When a secret was last used that had been replaced, or whose token was revoked; `null` where
    /// none was. Lags by up to a minute, and tells of one use in an hour.
    ended_secret_used_at: Option<Time>,
}

impl From<view::TokenView> for PersonalAccessToken {
    fn from(token: view::TokenView) -> Self {
        Self {
            id: token.id.as_uuid(),
            name: token.name,
            description: token.description,
            status: token.status.into(),
            scopes: token.scopes,
            allowed_networks: token.allowed_networks,
            created_at: Time(token.created_at),
            expires_at: Time(token.expires_at),
            regenerated_at: token.regenerated_at.map(Time),
            previous_secret_valid_until: token.previous_secret_valid_until.map(Time),
            may_regenerate_itself: token.may_regenerate_itself,
            regenerates_until: token.regenerates_until.map(Time),
            revoked_at: token.revoked_at.map(Time),
            last_used_at: token.last_used_at.map(Time),
            last_used_from: token.last_used_from,
            ended_secret_used_at: token.ended_secret_used_at.map(Time),
        }
    }
}

impl Data for PersonalAccessToken {
    const DESCRIPTION: &'static str = "The answer with one personal access token.";
}

/// A personal access token with its secret, which is answered once.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct IssuedPersonalAccessToken {
    /// The token, as listing answers it later.
    token: PersonalAccessToken,
    /// `atspat_…`; keep it now, it is never shown again. `null` only where a request was sent again
    /// with its `Idempotency-Key`: the secret was in the first answer.
    secret: Option<String>,
}

impl From<view::IssuedToken> for IssuedPersonalAccessToken {
    fn from(issued: view::IssuedToken) -> Self {
        Self {
            token: issued.token.into(),
            secret: Some(issued.secret.expose_secret().to_owned()),
        }
    }
}

impl From<CreatedOnce> for IssuedPersonalAccessToken {
    fn from(created: CreatedOnce) -> Self {
        let secret = created.secret;
        Self {
            token: created.token.into(),
            secret: secret.map(|secret| secret.expose_secret().to_owned()),
        }
    }
}

impl Data for IssuedPersonalAccessToken {
    const DESCRIPTION: &'static str = "The answer with a new secret.";
}
