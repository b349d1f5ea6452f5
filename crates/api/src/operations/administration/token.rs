//! Tokens with their owners in answers.

use ats_pat_service::view::{OwnedTokenPageView, OwnedTokenView};
use poem_openapi::Object;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::example;
use crate::operation::Data;
use crate::schema::PersonalAccessToken;

/// A token without its secret, and whose it is.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct OwnedPersonalAccessToken {
    /// The token, as its owner sees it.
    token: PersonalAccessToken,
    /// The id of the user who owns it.
    owner_id: Uuid,
    /// The owner's user name.
    owner_name: String,
}

impl From<OwnedTokenView> for OwnedPersonalAccessToken {
    fn from(owned: OwnedTokenView) -> Self {
        Self {
            token: owned.token.into(),
            owner_id: owned.owner_id.as_uuid(),
            owner_name: owned.owner_name,
        }
    }
}

impl Data for OwnedPersonalAccessToken {
    const DESCRIPTION: &'static str = "The answer with a token and its owner.";
}

/// A part of everybody's tokens.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct OwnedPersonalAccessTokenPage {
    /// The tokens of this page, in order.
    items: Vec<OwnedPersonalAccessToken>,
    /// The number of the page, from 1.
    page: u32,
    /// How many tokens a page has.
    page_size: u32,
    /// How many tokens there are on all pages.
    total: u64,
}

impl From<OwnedTokenPageView> for OwnedPersonalAccessTokenPage {
    fn from(page: OwnedTokenPageView) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            page: page.page,
            page_size: page.page_size,
            total: page.total,
        }
    }
}

impl Data for OwnedPersonalAccessTokenPage {
    const DESCRIPTION: &'static str = "The answer with a page of everybody's tokens.";
}

/// An example of a token, with the fields in `other` replaced.
pub fn example_with(other: Value) -> Value {
    json!({
        "Token": example::token(other),
        "OwnerId": example::USER_ID,
        "OwnerName": "ada",
    })
}
