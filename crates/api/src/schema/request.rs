//! What callers send. Every field may be missing here: which of them must be there is a rule (1001), not
//! syntax (1000).

use poem_openapi::Object;
use serde::{Deserialize, Serialize};

/// A person's user name and password.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct SignInRequest {
    /// Compared without regard to case.
    pub user_name: Option<String>,
    /// Never a personal access token.
    pub password: Option<String>,
}

/// A new personal access token.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct CreatePersonalAccessTokenRequest {
    /// 1 to 100 characters; unique among your active tokens.
    pub name: Option<String>,
    /// When the token stops working: RFC 3339, with any offset.
    pub expires_at: Option<String>,
    /// What the token is for; up to 500 characters.
    pub description: Option<String>,
    /// Names of the policy's scopes; absent means all your rights.
    pub scopes: Option<Vec<String>>,
    /// Up to 50 addresses or CIDRs that the token may be used from; absent means anywhere.
    pub allowed_networks: Option<Vec<String>>,
}

/// How a personal access token gets its new secret.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct RegeneratePersonalAccessTokenRequest {
    /// When the new secret stops working; absent means after the same lifetime as before.
    pub expires_at: Option<String>,
}

/// Strings that were found where they should not be.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct ReportLeakedPersonalAccessTokensRequest {
    /// 1 to 1,000 of them; what is no personal access token is ignored.
    #[oai(validator(min_items = 1, max_items = 1000))]
    pub tokens: Option<Vec<String>>,
}
