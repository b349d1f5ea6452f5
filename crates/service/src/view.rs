//! What use cases answer with: plain values, ready to be written.
//!
//! Serialised (`PascalCase`) they are the objects of the interface without the envelope; the admin
//! program prints them, `ats-pat-api` mirrors them in its document.

use ats_pat_domain::event::Event;
use ats_pat_domain::key::StoredSigningKey;
use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::port::{ListedToken, TokenPage};
use ats_pat_domain::scope::{ALL, Scope};
use ats_pat_domain::token::Usage;
use ats_pat_domain::{EventId, Policy, Status, Timestamp, Token, TokenId, User, UserId};
use secrecy::SecretString;
use serde::Serialize;

/// A personal access token entry as its owner sees it: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// What it is for; empty where nothing was said.
    pub description: String,
    /// Where it stands now.
    pub status: Status,
    /// Which of its owner's rights it carries.
    pub scopes: Vec<String>,
    /// Where it may be used from, as canonical CIDRs; `None` is anywhere.
    pub allowed_networks: Option<Vec<String>>,
    /// The generation of its secret, from 1: what a form to regenerate it carries. Not part of the interface.
    #[serde(skip)]
    pub generation: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it last got a new secret.
    pub regenerated_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last exchanged; may lag by 60 seconds.
    pub last_used_at: Option<Timestamp>,
    /// The address of the last exchange.
    pub last_used_from: Option<String>,
}

impl TokenView {
    pub(crate) fn new(token: &Token, usage: Option<&Usage>, now: Timestamp) -> Self {
        Self {
            id: token.id,
            name: token.name.as_str().to_owned(),
            description: token.description.as_str().to_owned(),
            status: token.status(now),
            scopes: token.scopes.names().to_vec(),
            allowed_networks: token.allowed_networks.as_ref().map(|networks| {
                networks
                    .networks()
                    .iter()
                    .map(ToString::to_string)
                    .collect()
            }),
            generation: token.generation,
            created_at: token.created_at,
            expires_at: token.expires_at,
            regenerated_at: token.regenerated_at,
            revoked_at: token.revoked_at,
            last_used_at: usage.map(|usage| usage.last_used_at),
            last_used_from: usage.map(|usage| usage.last_used_from.clone()),
        }
    }

    pub(crate) fn listed(listed: &ListedToken, now: Timestamp) -> Self {
        Self::new(&listed.token.row, listed.usage.as_ref(), now)
    }
}

/// A token entry as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OwnedTokenView {
    /// The entry.
    #[serde(flatten)]
    pub token: TokenView,
    /// Whose it is.
    pub owner_id: UserId,
    /// The owner's user name.
    pub owner_name: String,
}

/// A part of a list of tokens as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedTokenPageView {
    /// The tokens of the page, in order.
    pub items: Vec<OwnedTokenView>,
    /// The page's number, from 1.
    pub page: u32,
    /// How many tokens a page has.
    pub page_size: u32,
    /// How many tokens there are on all pages.
    pub total: u64,
}

/// A part of a list of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TokenPageView {
    /// The tokens of the page, in order.
    pub items: Vec<TokenView>,
    /// The page's number, from 1.
    pub page: u32,
    /// How many tokens a page has.
    pub page_size: u32,
    /// How many tokens there are on all pages.
    pub total: u64,
}

impl TokenPageView {
    pub(crate) fn new(query: &TokenQuery, page: &TokenPage, now: Timestamp) -> Self {
        Self {
            items: page
                .items
                .iter()
                .map(|listed| TokenView::listed(listed, now))
                .collect(),
            page: query.page,
            page_size: query.page_size,
            total: page.total,
        }
    }
}

/// A token with its new secret, which is answered this once.
pub struct IssuedToken {
    /// The entry.
    pub token: TokenView,
    /// The personal access token, `atspat_…`.
    pub secret: SecretString,
}

/// What a token form needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyView {
    /// The longest lifetime, in days.
    pub max_lifetime_days: u32,
    /// The lifetime to propose, in days.
    pub default_lifetime_days: u32,
    /// The most active tokens of one owner.
    pub max_active_tokens: u32,
    /// The scopes on offer, `all` first.
    pub scopes: Vec<Scope>,
}

impl PolicyView {
    pub(crate) fn new(policy: &Policy) -> Self {
        let all = Scope {
            name: ALL.to_owned(),
            description: "All the owner's rights".to_owned(),
        };
        Self {
            max_lifetime_days: policy.max_lifetime_days,
            default_lifetime_days: policy.default_lifetime_days,
            max_active_tokens: policy.max_active_tokens,
            scopes: std::iter::once(all)
                .chain(policy.scopes.iter().cloned())
                .collect(),
        }
    }
}

/// The signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionUser {
    /// The user's id.
    pub id: UserId,
    /// What the user signs in with.
    pub user_name: String,
    /// What the user is shown by.
    pub display_name: String,
    /// Whether the user administers the service.
    pub is_admin: bool,
}

impl SessionUser {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            is_admin: user.is_administrator,
        }
    }
}

/// One of the user's sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionView {
    /// Names the session; nobody can sign in with it.
    pub id: String,
    /// Whether it is the session that asks.
    pub is_current: bool,
    /// When its user signed in.
    pub created_at: Timestamp,
    /// When it was last used; may lag by a minute.
    pub last_seen_at: Timestamp,
    /// When it ends, whatever happens.
    pub ends_at: Timestamp,
    /// The address of the sign-in, unless it was erased.
    pub address: Option<String>,
    /// The user agent of the sign-in, where one was sent and was not erased.
    pub user_agent: Option<String>,
}

/// Whom an authentication token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    /// The owner's id.
    pub id: UserId,
    /// The owner's user name.
    pub user_name: String,
    /// What the owner is shown by.
    pub display_name: String,
    /// The rights of this authentication token.
    pub scopes: Vec<String>,
    /// The personal access token that it was exchanged for.
    pub token_id: TokenId,
    /// When the authentication token expires.
    pub expires_at: Timestamp,
}

/// A user as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserView {
    /// The user's id.
    pub id: UserId,
    /// What the user signs in with.
    pub user_name: String,
    /// What the user is shown by.
    pub display_name: String,
    /// Whether the user administers the service.
    pub is_admin: bool,
    /// Whether the user is kept out.
    pub disabled: bool,
    /// When the user was added.
    pub created_at: Timestamp,
}

impl UserView {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            is_admin: user.is_administrator,
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}

/// A part of the list of users as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPageView {
    /// The users of the page, by folded name.
    pub items: Vec<UserView>,
    /// The page's number, from 1.
    pub page: u32,
    /// How many users a page has.
    pub page_size: u32,
    /// How many users there are on all pages.
    pub total: u64,
}

/// A signing key as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SigningKeyView {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `Next`, `Active`, `Retired` or `Destroyed`.
    pub state: &'static str,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub active_from: Timestamp,
    /// When it stops signing.
    pub retired_at: Option<Timestamp>,
}

impl SigningKeyView {
    pub(crate) fn new(key: &StoredSigningKey, now: Timestamp) -> Self {
        Self {
            kid: key.kid.clone(),
            state: key.state(now).as_str(),
            created_at: key.created_at,
            active_from: key.active_from,
            retired_at: key.retired_at,
        }
    }
}

/// An event as operators see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventView {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// `user:ID`, `operator` or `system`.
    pub actor: String,
    /// Whose rights it is about.
    pub owner: Option<UserId>,
    /// Such as `token.revoked`.
    pub kind: String,
    /// The id of what it happened to.
    pub subject: String,
    /// More about it; names and addresses among it, unless they were erased.
    pub details: serde_json::Value,
}

impl EventView {
    pub(crate) fn new(event: &Event) -> Self {
        let mut details: serde_json::Value =
            serde_json::from_slice(&event.details).unwrap_or_default();
        let personal = event.personal.as_ref().and_then(|personal| {
            serde_json::from_slice::<serde_json::Map<_, _>>(&personal.data).ok()
        });
        if let (Some(details), Some(personal)) = (details.as_object_mut(), personal) {
            details.extend(personal);
        }
        Self {
            seq: event.seq,
            id: event.id,
            at: event.at,
            actor: event.actor.clone(),
            owner: event.owner,
            kind: event.kind.clone(),
            subject: event.subject.clone(),
            details,
        }
    }
}

/// An event, and who is named in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NamedEventView {
    /// The event.
    #[serde(flatten)]
    pub event: EventView,
    /// The user name of who did it, where it was a user.
    pub actor_name: Option<String>,
    /// The user name of whose rights it is about.
    pub owner_name: Option<String>,
}

/// One line of the readiness report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HealthCheck {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is well.
    pub healthy: bool,
    /// One sentence, without secrets.
    pub message: String,
}
