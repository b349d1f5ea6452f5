//! Personal access token entries.

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::port::{ListedToken, TokenPage};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::token::Usage;
use ats_pat_domain::{Status, Tagged, Timestamp, Token, TokenId, UserId};
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
    /// The generation of its secret, from 1: what a form to regenerate it carries. Not part of the
    /// interface.
    #[serde(skip)]
    pub generation: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it last got a new secret.
    pub regenerated_at: Option<Timestamp>,
    /// Until when the secret before goes on working, if it does.
    pub previous_secret_valid_until: Option<Timestamp>,
    /// Whether it may get new secrets by itself.
    pub may_regenerate_itself: bool,
    /// Until when it may.
    pub regenerates_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last exchanged; may lag by 60 seconds.
    pub last_used_at: Option<Timestamp>,
    /// The address of the last exchange.
    pub last_used_from: Option<String>,
    /// When a secret of it was last used after its end; may lag by minutes.
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

    /// Says until when this secret goes on working in overlap, if it does.
    fn with_overlap(self, secret: Option<&Tagged<Secret>>, now: Timestamp) -> Self {
        let until = secret.and_then(|secret| secret.row.valid_until);
        self.with_overlap_until(until.filter(|until| now < *until))
    }

    /// Says until when the secret before goes on working: never beyond the token itself.
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

    /// The token, which was changed since it was listed.
    pub(crate) fn of(token: &Token, listed: &ListedToken, now: Timestamp) -> Self {
        let view = Self {
            ended_secret_used_at: listed.reused_at,
            ..Self::new(token, listed.usage.as_ref(), now)
        };
        view.with_overlap(listed.in_overlap.as_ref(), now)
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
