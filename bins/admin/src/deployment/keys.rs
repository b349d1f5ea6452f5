//! The keys that sign authentication tokens.

use ats_pat_service::view::SigningKeyView;
use ats_pat_service::{Error, Rotation};
use serde_json::json;

use super::answers::{All, SigningKey};
use super::{Api, Deployment, operator};
use crate::failure::Failure;

impl Deployment {
    /// Every signing key, by creation.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyView>, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).signing_keys().await?),
            Self::Api(api) => api.signing_keys().await,
        }
    }

    pub async fn rotate_keys(&self, rotation: Rotation) -> Result<Vec<SigningKeyView>, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).rotate_keys(rotation).await?),
            Self::Api(api) => {
                let body = json!({"Rotation": match rotation {
                    Rotation::Planned => "Planned",
                    Rotation::AtOnce => "AtOnce",
                    Rotation::Compromised => "Compromised",
                }});
                match api.post("signingkey/rotate", Some(&body)).await {
                    Ok(rotated) => Ok(views(rotated)),
                    Err(failure) if failure.is_of_field("Rotation") => {
                        Err(api.pending().await?.unwrap_or(failure))
                    }
                    Err(failure) => Err(failure),
                }
            }
        }
    }
}

impl Api {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyView>, Failure> {
        Ok(views(self.get("signingkey", &[]).await?))
    }

    /// The refusal for the key that waits to take over, if there is one.
    async fn pending(&self) -> Result<Option<Failure>, Failure> {
        let mut keys = self.signing_keys().await?.into_iter();
        let pending = keys.find(|key| key.state == "Next");
        Ok(pending.map(|key| {
            Failure::from(Error::RotationPending {
                kid: key.kid,
                active_from: key.active_from.to_string(),
            })
        }))
    }
}

fn views(keys: All<SigningKey>) -> Vec<SigningKeyView> {
    keys.items.into_iter().map(Into::into).collect()
}
