//! Personal access tokens, as owners and operators see them.

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::port::{ListedToken, TokenPage};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::token::Usage;
use ats_pat_domain::{Status, Tagged, Timestamp, Token, TokenId, UserId};
use secrecy::SecretString;
use serde::Serialize;

/// A personal access token as its owner sees it, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TokenView {
    /// Never changed or reused. Regenerating keeps it.
    pub id: TokenId,
    /// The name that the owner gave it.
    pub name: String,
    /// What it is for. Empty if there is no description.
    pub description: String,
    /// Its status at the time of the answer.
    pub status: Status,
    /// The part of its owner's rights that it has.
    pub scopes: Vec<String>,
    /// Where it may be used from, as canonical CIDRs. `None` means anywhere.
    pub allowed_networks: Option<Vec<String>>,
    /// The generation of its secret, from 1. The form to regenerate it contains this. Not part of
    /// the API.
    #[serde(skip)]
    pub generation: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// When it last got a new secret.
    pub regenerated_at: Option<Timestamp>,
    /// Until when the secret before still works, if it does.
    pub previous_secret_valid_until: Option<Timestamp>,
    /// Whether it may regenerate itself.
    pub may_regenerate_itself: bool,
    /// Until when it may.
    pub regenerates_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last exchanged. May be up to 60 seconds late.
    pub last_used_at: Option<Timestamp>,
    /// The client's address at the last exchange.
    pub last_used_from: Option<String>,
    /// When a dead secret of it was last used. May be minutes late.
    pub ended_secret_used_at: Option<Timestamp>,
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
            previous_secret_valid_until: None,
            may_regenerate_itself: token.regenerates_until.is_some(),
            regenerates_until: token.regenerates_until,
            revoked_at: token.revoked_at,
            last_used_at: usage.map(|usage| usage.last_used_at),
            last_used_from: usage.map(|usage| usage.last_used_from.clone()),
            ended_secret_used_at: None,
        }
    }

    /// Adds until when this secret works, if it is in overlap.
    fn with_overlap(self, secret: Option<&Tagged<Secret>>, now: Timestamp) -> Self {
        let until = secret.and_then(|secret| secret.row.valid_until);
        self.with_overlap_until(until.filter(|until| now < *until))
    }

    /// Adds until when the secret before works. It never works longer than the token.
    pub(crate) fn with_overlap_until(self, until: Option<Timestamp>) -> Self {
        let is_active = self.status == Status::Active;
        Self {
            previous_secret_valid_until: until
                .filter(|_| is_active)
                .map(|until| until.min(self.expires_at)),
            ..self
        }
    }

    pub(crate) fn listed(listed: &ListedToken, now: Timestamp) -> Self {
        Self::of(&listed.token.row, listed, now)
    }

    /// The view of `token`, which was changed since it was read.
    pub(crate) fn of(token: &Token, listed: &ListedToken, now: Timestamp) -> Self {
        let view = Self {
            ended_secret_used_at: listed.reused_at,
            ..Self::new(token, listed.usage.as_ref(), now)
        };
        view.with_overlap(listed.in_overlap.as_ref(), now)
    }
}

/// A token as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OwnedTokenView {
    /// The token, as its owner sees it.
    #[serde(flatten)]
    pub token: TokenView,
    /// The id of the owner.
    pub owner_id: UserId,
    /// The owner's user name.
    pub owner_name: String,
}

/// A page of the list of tokens as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedTokenPageView {
    /// The tokens of the page, in order.
    pub items: Vec<OwnedTokenView>,
    /// The number of the page, from 1.
    pub page: u32,
    /// The number of tokens on a page.
    pub page_size: u32,
    /// The number of tokens on all pages.
    pub total: u64,
}

/// A page of a list of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TokenPageView {
    /// The tokens of the page, in order.
    pub items: Vec<TokenView>,
    /// The number of the page, from 1.
    pub page: u32,
    /// The number of tokens on a page.
    pub page_size: u32,
    /// The number of tokens on all pages.
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

/// A token with its new secret, which is answered only this once.
pub struct IssuedToken {
    /// The token, as its owner sees it.
    pub token: TokenView,
    /// The personal access token, `atspat_…`.
    pub secret: SecretString,
}
