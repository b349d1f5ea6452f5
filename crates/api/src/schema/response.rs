//! What callers get, without the envelope.

use ats_pat_domain::Status;
use ats_pat_domain::scope::Scope;
use ats_pat_service::view;
use poem_openapi::{Enum, Object};
use secrecy::ExposeSecret;
use serde::Serialize;
use uuid::Uuid;

use super::value::Time;

/// Where a personal access token stands in its life; closed for ever.
#[derive(Clone, Copy, Serialize, Enum)]
pub enum PersonalAccessTokenStatus {
    /// Can be exchanged, regenerated, revoked.
    Active,
    /// Its expiry has come.
    Expired,
    /// Ended for good.
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

/// What a list is sorted by; `-` is descending.
#[derive(Clone, Copy, Enum)]
pub enum TokenSort {
    /// Name, from A.
    Name,
    /// Name, from Z.
    #[oai(rename = "-Name")]
    NameDescending,
    /// The oldest first.
    CreatedAt,
    /// The newest first.
    #[oai(rename = "-CreatedAt")]
    CreatedAtDescending,
    /// The first to expire first.
    ExpiresAt,
    /// The last to expire first.
    #[oai(rename = "-ExpiresAt")]
    ExpiresAtDescending,
    /// The longest unused first, the never used last.
    LastUsedAt,
    /// The last used first, the never used last.
    #[oai(rename = "-LastUsedAt")]
    LastUsedAtDescending,
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
    /// When it was revoked.
    revoked_at: Option<Time>,
    /// When it was last exchanged; may lag by 60 seconds.
    last_used_at: Option<Time>,
    /// The address of the last exchange.
    last_used_from: Option<String>,
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
            revoked_at: token.revoked_at.map(Time),
            last_used_at: token.last_used_at.map(Time),
            last_used_from: token.last_used_from,
        }
    }
}

/// A part of a list.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessTokenPage {
    /// The tokens of this page, in order.
    items: Vec<PersonalAccessToken>,
    /// From 1.
    page: u32,
    /// How many tokens a page has.
    page_size: u32,
    /// How many tokens there are on all pages.
    total: u64,
}

impl From<view::TokenPageView> for PersonalAccessTokenPage {
    fn from(page: view::TokenPageView) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            page: page.page,
            page_size: page.page_size,
            total: page.total,
        }
    }
}

/// A personal access token with its secret, which is answered this once.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct IssuedPersonalAccessToken {
    /// The entry.
    token: PersonalAccessToken,
    /// `atspat_…`; keep it now, it is never shown again.
    secret: String,
}

impl From<view::IssuedToken> for IssuedPersonalAccessToken {
    fn from(issued: view::IssuedToken) -> Self {
        Self {
            token: issued.token.into(),
            secret: issued.secret.expose_secret().to_owned(),
        }
    }
}

/// A scope on offer.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessTokenScope {
    /// What stands in tokens.
    name: String,
    /// What it allows.
    description: String,
}

impl From<Scope> for PersonalAccessTokenScope {
    fn from(scope: Scope) -> Self {
        Self {
            name: scope.name,
            description: scope.description,
        }
    }
}

/// What personal access tokens may be like.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessTokenPolicy {
    /// The longest lifetime, in days.
    max_lifetime_days: u32,
    /// The lifetime to propose, in days.
    default_lifetime_days: u32,
    /// The most active tokens of one owner.
    max_active_tokens: u32,
    /// The scopes on offer.
    scopes: Vec<PersonalAccessTokenScope>,
}

impl From<view::PolicyView> for PersonalAccessTokenPolicy {
    fn from(policy: view::PolicyView) -> Self {
        Self {
            max_lifetime_days: policy.max_lifetime_days,
            default_lifetime_days: policy.default_lifetime_days,
            max_active_tokens: policy.max_active_tokens,
            scopes: policy.scopes.into_iter().map(Into::into).collect(),
        }
    }
}

/// The signed-in user.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct SessionUser {
    /// Never changed or reused; the `sub` of authentication tokens.
    id: Uuid,
    /// What the user signs in with.
    user_name: String,
    /// What the user is shown by.
    display_name: String,
    /// Whether the user administers the service.
    is_admin: bool,
}

impl From<view::SessionUser> for SessionUser {
    fn from(user: view::SessionUser) -> Self {
        Self {
            id: user.id.as_uuid(),
            user_name: user.user_name,
            display_name: user.display_name,
            is_admin: user.is_admin,
        }
    }
}

/// Whom an authentication token speaks for.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct Identity {
    /// The owner's id.
    id: Uuid,
    /// The owner's user name.
    user_name: String,
    /// What the owner is shown by.
    display_name: String,
    /// The rights of this authentication token.
    scopes: Vec<String>,
    /// The personal access token that it was exchanged for.
    token_id: Uuid,
    /// When the authentication token expires.
    expires_at: Time,
}

impl From<view::Identity> for Identity {
    fn from(identity: view::Identity) -> Self {
        Self {
            id: identity.id.as_uuid(),
            user_name: identity.user_name,
            display_name: identity.display_name,
            scopes: identity.scopes,
            token_id: identity.token_id.as_uuid(),
            expires_at: Time(identity.expires_at),
        }
    }
}
