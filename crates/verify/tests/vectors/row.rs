//! A row of the tokens, and how it is written.

use serde::{Deserialize, Serialize};

use crate::{
    file::Verdict,
    forge::{Object, claims, header, signed},
};

/// The place of a token that was not revoked.
pub const GOOD: u64 = 1;

/// A token. What it does not say is as the file says.
#[derive(Clone, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    #[serde(flatten)]
    pub settings: Settings,
    pub token: String,
    pub verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leeway: Option<u32>,
}

/// The rows so far.
#[derive(Default)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    pub fn refuses(&mut self, reason: &str, name: impl Into<String>, token: String) -> &mut Row {
        self.add(Row {
            name: name.into(),
            settings: Settings::default(),
            token,
            verdict: Verdict::Refused,
            reason: Some(reason.to_owned()),
            scopes: None,
        })
    }

    /// A token with the scopes of [`claims`].
    pub fn accepts(&mut self, name: &str, token: String) -> &mut Row {
        let scopes = ["orders:read", "packages:write"].map(ToOwned::to_owned);
        self.add(Row {
            name: name.to_owned(),
            settings: Settings::default(),
            token,
            verdict: Verdict::Accepted,
            reason: None,
            scopes: Some(scopes.to_vec()),
        })
    }

    fn add(&mut self, row: Row) -> &mut Row {
        self.0.push(row);
        self.0.last_mut().unwrap()
    }
}

/// A token with these claims.
pub fn of(claims: &Object) -> String {
    signed(header().text(), claims.text())
}

/// A token with this header.
pub fn with(header: &Object) -> String {
    signed(header.text(), claims(GOOD).text())
}
