//! Operator keys: listing, making and revoking them, in an administrator's session only.

use ats_pat_domain::{Problem, Reason};
use ats_pat_service::view::OperatorKeyView;
use ats_pat_service::{IssuedOperatorKey, NewOperatorKey};
use poem::Request;
use poem::http::StatusCode;
use poem_openapi::{Object, OpenApi};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForRecentSessions, ForSessions, JsonBody, TokenId};
use crate::schema::{PersonalAccessTokenStatus, Time};

/// Lists the operator keys.
#[derive(Default)]
pub struct ListOperatorKeys;

#[OpenApi(tag = "Tag::Administration")]
impl ListOperatorKeys {
    /// List the operator keys
    ///
    /// The newest first; those that ended stay listed. Administrators only, in a session.
    #[oai(
        path = "/api/administration/operatorkey",
        method = "get",
        operation_id = "listOperatorKeys"
    )]
    async fn list(&self, request: &Request, by: By<ForSessions>) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        Ok(Answer::of(operator.operator_keys().await?))
    }
}

/// Creates an operator key.
#[derive(Default)]
pub struct CreateOperatorKey;

/// An operator key to make.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct CreateOperatorKeyRequest {
    /// 1 to 100 characters.
    pub name: Option<String>,
    /// What it may do: `users`, `administrators`, `tokens`, `service-tokens`, `audit`, `policy`,
    /// `keys`, `scim`.
    pub rights: Option<Vec<String>>,
    /// When it stops working: RFC 3339, with any offset, at most 366 days away.
    pub expires_at: Option<String>,
    /// Where it may be used from: up to 50 networks (CIDR) or addresses; absent is anywhere.
    pub allowed_networks: Option<Vec<String>>,
}

#[OpenApi(tag = "Tag::Administration")]
impl CreateOperatorKey {
    /// Create an operator key
    ///
    /// By it a program administers: it sends the key as `Authorization: Bearer`. The answer has the
    /// key's secret, this once. If the administrator who made it is disabled, the key is revoked.
    /// Administrators only, in a session.
    #[oai(
        path = "/api/administration/operatorkey",
        method = "post",
        operation_id = "createOperatorKey"
    )]
    async fn create(
        &self,
        request: &Request,
        by: By<ForRecentSessions>,
        body: JsonBody<CreateOperatorKeyRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let new = NewOperatorKey {
            name: body.0.name,
            rights: body.0.rights.unwrap_or_default(),
            expires_at: body.0.expires_at,
            allowed_networks: body.0.allowed_networks,
        };
        Ok(Answer::of(operator.create_operator_key(new).await?))
    }
}

/// Revokes an operator key.
#[derive(Default)]
pub struct RevokeOperatorKey;

#[OpenApi(tag = "Tag::Administration")]
impl RevokeOperatorKey {
    /// Revoke an operator key
    ///
    /// For good. One that is revoked already stays as it is. Administrators only, in a session.
    #[oai(
        path = "/api/administration/operatorkey/:Id/revoke",
        method = "post",
        operation_id = "revokeOperatorKey"
    )]
    async fn revoke(
        &self,
        request: &Request,
        by: By<ForSessions>,
        /// The key's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        Ok(Answer::of(operator.revoke_operator_key(&id.0).await?))
    }
}

impl Operation for ListOperatorKeys {
    type Data = OperatorKeyList;

    const SUCCESS: &'static str = "The operator keys";

    fn refusals() -> Vec<Problem> {
        vec![Problem::SignInRequired, Problem::Forbidden]
    }

    fn example() -> Value {
        json!({"Items": [example_key()]})
    }
}

impl Operation for CreateOperatorKey {
    type Data = IssuedKey;

    const SUCCESS: &'static str = "The key with its secret, which is answered this once";
    const STATUS: StatusCode = StatusCode::CREATED;

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("Rights", Reason::UnknownValue),
            example::expiration_not_allowed(),
        ]
    }

    fn example() -> Value {
        json!({"Key": example_key(), "Secret": "atsop_EXAMPLE"})
    }

    fn body() -> Option<Body> {
        let example = json!({
            "Name": "Terraform",
            "Rights": ["users", "service-tokens"],
            "ExpiresAt": example::EXPIRES_AT.to_string(),
            "AllowedNetworks": ["10.0.0.0/8"],
        });
        let required = &["Name", "Rights", "ExpiresAt"];
        Some(Body::of::<CreateOperatorKeyRequest>(required, example))
    }
}

impl Operation for RevokeOperatorKey {
    type Data = OperatorKey;

    const SUCCESS: &'static str = "The key";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::SignInRequired,
            Problem::Forbidden,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        let mut key = example_key();
        key["Status"] = json!("Revoked");
        key["RevokedAt"] = json!(example::REVOKED_AT);
        key
    }
}

fn example_key() -> Value {
    json!({
        "Id": "019a6e41-3b4c-7d5e-8f60-123456789abc",
        "Name": "Terraform",
        "Status": "Active",
        "Rights": ["users", "service-tokens"],
        "AllowedNetworks": ["10.0.0.0/8"],
        "MadeBy": "ada",
        "CreatedAt": example::CREATED_AT,
        "ExpiresAt": example::EXPIRES_AT.to_string(),
        "RevokedAt": null,
        "LastUsedAt": null,
        "LastUsedFrom": null,
    })
}

/// An operator key without its secret.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct OperatorKey {
    /// Never changed or reused.
    id: Uuid,
    /// What it is called.
    name: String,
    /// Where it stands now.
    status: PersonalAccessTokenStatus,
    /// What it may do.
    rights: Vec<String>,
    /// Where it may be used from, as CIDRs; `null` is anywhere.
    allowed_networks: Option<Vec<String>>,
    /// The user name of the administrator who made it; `null` for one that the admin program made.
    made_by: Option<String>,
    /// When it was made.
    created_at: Time,
    /// When it stops working.
    expires_at: Time,
    /// When it was revoked.
    revoked_at: Option<Time>,
    /// When it was last used; may lag by a minute.
    last_used_at: Option<Time>,
    /// The address of the last use.
    last_used_from: Option<String>,
}

impl From<OperatorKeyView> for OperatorKey {
    fn from(key: OperatorKeyView) -> Self {
        Self {
            id: key.id.as_uuid(),
            name: key.name,
            status: key.status.into(),
            rights: key.rights.into_iter().map(Into::into).collect(),
            allowed_networks: key.allowed_networks,
            made_by: key.made_by,
            created_at: Time(key.created_at),
            expires_at: Time(key.expires_at),
            revoked_at: key.revoked_at.map(Time),
            last_used_at: key.last_used_at.map(Time),
            last_used_from: key.last_used_from,
        }
    }
}

impl Data for OperatorKey {
    const DESCRIPTION: &'static str = "The answer with an operator key.";
}

/// All operator keys, without their secrets.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct OperatorKeyList {
    /// All of them, the newest first.
    items: Vec<OperatorKey>,
}

impl From<Vec<OperatorKeyView>> for OperatorKeyList {
    fn from(keys: Vec<OperatorKeyView>) -> Self {
        let items = keys.into_iter().map(Into::into).collect();
        Self { items }
    }
}

impl Data for OperatorKeyList {
    const DESCRIPTION: &'static str = "The answer with operator keys.";
}

/// An operator key with its secret, which is answered once.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase", rename = "IssuedOperatorKey")]
pub struct IssuedKey {
    /// The key, as listing answers it later.
    key: OperatorKey,
    /// `atsop_…`; keep it now, it is never shown again.
    secret: String,
}

impl From<IssuedOperatorKey> for IssuedKey {
    fn from(issued: IssuedOperatorKey) -> Self {
        Self {
            key: issued.key.into(),
            secret: issued.secret.expose_secret().to_owned(),
        }
    }
}

impl Data for IssuedKey {
    const DESCRIPTION: &'static str = "The answer with a new operator key.";
}
