//! Listing and rotating the keys that sign authentication tokens.

use ats_pat_domain::{Problem, Reason};
use ats_pat_service::view::SigningKeyView;
use ats_pat_service::{Error, Rotation};
use poem::Request;
use poem_openapi::{Enum, Object, OpenApi};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForKeyRotation, ForKeys, OptionalJsonBody};
use crate::schema::Time;

/// Lists the signing keys.
#[derive(Default)]
pub struct ListSigningKeys;

#[OpenApi(tag = "Tag::Administration")]
impl ListSigningKeys {
    /// List the signing keys
    ///
    /// Those that sign authentication tokens, did or will. Needs the right `keys`.
    #[oai(
        path = "/api/administration/signingkey",
        method = "get",
        operation_id = "listSigningKeys"
    )]
    async fn list(&self, request: &Request, by: By<ForKeys>) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        Ok(Answer::of(operator.signing_keys().await?))
    }
}

/// Rotates the signing keys.
#[derive(Default)]
pub struct RotateSigningKeys;

/// When the next signing key takes over.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct RotateSigningKeysRequest {
    /// How soon the next key takes over; by default `Planned`.
    pub rotation: Option<RotationKind>,
}

/// When a new signing key takes over.
#[derive(Clone, Copy, Deserialize, Serialize, Enum)]
pub enum RotationKind {
    /// Once verifiers have had time to see it.
    Planned,
    /// At once; what the old one signed stays valid until it expires.
    AtOnce,
    /// At once, and the old keys are destroyed, with all they signed.
    Compromised,
}

#[OpenApi(tag = "Tag::Administration")]
impl RotateSigningKeys {
    /// Rotate the signing keys
    ///
    /// Makes a new key that takes over. Needs the right `keys`.
    #[oai(
        path = "/api/administration/signingkey/rotate",
        method = "post",
        operation_id = "rotateSigningKeys"
    )]
    async fn rotate(
        &self,
        request: &Request,
        by: By<ForKeyRotation>,
        body: OptionalJsonBody<RotateSigningKeysRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let rotation = match body.0.rotation.unwrap_or(RotationKind::Planned) {
            RotationKind::Planned => Rotation::Planned,
            RotationKind::AtOnce => Rotation::AtOnce,
            RotationKind::Compromised => Rotation::Compromised,
        };
        match operator.rotate_keys(rotation).await {
            Err(Error::RotationPending { .. }) => {
                Err(Problem::validation("Rotation", Reason::Repeated).into())
            }
            rotated => Ok(Answer::of(rotated?)),
        }
    }
}

impl Operation for ListSigningKeys {
    type Data = SigningKeyList;

    const SUCCESS: &'static str = "The signing keys";

    fn refusals() -> Vec<Problem> {
        vec![Problem::OperatorKeyInvalid, Problem::Forbidden]
    }

    fn example() -> Value {
        example_list()
    }
}

impl Operation for RotateSigningKeys {
    type Data = SigningKeyList;

    const SUCCESS: &'static str = "The signing keys as they are now";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("Rotation", Reason::Repeated),
        ]
    }

    fn example() -> Value {
        example_list()
    }

    fn body() -> Option<Body> {
        let example = json!({"Rotation": "AtOnce"});
        Some(Body::of::<RotateSigningKeysRequest>(&[], example))
    }
}

fn example_list() -> Value {
    json!({"Items": [{
        "Kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "State": "Active",
        "CreatedAt": example::CREATED_AT,
        "ActiveFrom": example::CREATED_AT,
        "RetiredAt": null,
    }]})
}

/// A key that signs authentication tokens.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct SigningKey {
    /// Its id in the key set: a JWK thumbprint (RFC 7638).
    kid: String,
    /// `Next`, `Active`, `Retired` or `Destroyed`.
    state: String,
    /// When it was made.
    created_at: Time,
    /// From when it signs.
    active_from: Time,
    /// From when it signs no more.
    retired_at: Option<Time>,
}

impl From<SigningKeyView> for SigningKey {
    fn from(key: SigningKeyView) -> Self {
        Self {
            kid: key.kid,
            state: key.state.to_owned(),
            created_at: Time(key.created_at),
            active_from: Time(key.active_from),
            retired_at: key.retired_at.map(Time),
        }
    }
}

/// The signing keys, without their private parts.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct SigningKeyList {
    /// All of them, destroyed ones too.
    items: Vec<SigningKey>,
}

impl From<Vec<SigningKeyView>> for SigningKeyList {
    fn from(keys: Vec<SigningKeyView>) -> Self {
        let items = keys.into_iter().map(Into::into).collect();
        Self { items }
    }
}

impl Data for SigningKeyList {
    const DESCRIPTION: &'static str = "The answer with signing keys.";
}
