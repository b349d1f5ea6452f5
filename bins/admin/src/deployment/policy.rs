//! Reading and replacing the policy, at the database or over the interface.

use ats_pat_domain::{Policies, PolicyDocument};
use ats_pat_service::view::{PolicyCheck, PolicyView};
use ats_pat_service::{CurrentPolicy, NewPolicy, PolicySource};
use reqwest::header::{ETAG, HeaderMap};
use serde::Deserialize;
use serde_json::Value;

use super::answers::Effects;
use super::{Api, Deployment, operator};
use crate::failure::Failure;

const SOURCE: &str = "Ats-Policy-Source";
const ENFORCE_ON_EXISTING: &str = "Ats-Policy-Enforce-On-Existing";

impl Deployment {
    /// The policy in force.
    pub async fn policies(&self) -> Result<CurrentPolicy, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).policies().await?),
            Self::Api(api) => api.policies().await,
        }
    }

    /// The policy for a user, or for a service account.
    pub async fn policy_of(&self, name: &str) -> Result<PolicyView, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).policy_of(name).await?),
            Self::Api(api) => {
                let user = api.find_user(name).await?;
                let policies = api.policies().await?.policy.read();
                let policies = policies.map_err(ats_pat_service::Error::from)?;
                let policy = policies.of(&user.groups);
                Ok(PolicyView::of(&policy, user.is_admin))
            }
        }
    }

    /// What another policy would do. It changes nothing.
    pub async fn check_policies(&self, policies: Policies) -> Result<PolicyCheck, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).check_policies(policies).await?),
            Self::Api(api) => {
                let query = [("DryRun", true.to_string())];
                let body = written(&(&policies).into())?;
                let (result, headers): (PolicyResult, _) =
                    api.put("policy", &query, None, &body).await?;
                drop(headers);
                let effects = result
                    .effects
                    .ok_or(Failure::UnexpectedAnswer { status: 200 })?;
                Ok(effects.into())
            }
        }
    }

    /// Puts another policy into force.
    pub async fn apply_policy(&self, new: NewPolicy) -> Result<CurrentPolicy, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).apply_policy(new).await?),
            Self::Api(api) => {
                let enforce = new.enforce_on_existing.to_string();
                let query = [("EnforceOnExisting", enforce)];
                let version = new.versions.as_deref().and_then(<[_]>::first);
                let body = written(&new.policy)?;
                let (result, headers): (PolicyResult, _) = api
                    .put("policy", &query, version.map(String::as_str), &body)
                    .await?;
                current(result.policy, &headers)
            }
        }
    }
}

impl Api {
    async fn policies(&self) -> Result<CurrentPolicy, Failure> {
        let (policy, headers) = self.get_with_headers("policy", &[]).await?;
        current(policy, &headers)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyResult {
    policy: PolicyDocument,
    effects: Option<Effects>,
}

fn written(policy: &PolicyDocument) -> Result<Value, Failure> {
    serde_json::to_value(policy).map_err(|error| Failure::Output(error.into()))
}

/// The policy with what the headers say of it.
fn current(policy: PolicyDocument, headers: &HeaderMap) -> Result<CurrentPolicy, Failure> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let told = || {
        Some(CurrentPolicy {
            policy,
            version: header(ETAG.as_str())?.trim_matches('"').to_owned(),
            source: match header(SOURCE)? {
                "file" => PolicySource::File,
                "database" => PolicySource::Database,
                _ => return None,
            },
            enforce_on_existing: header(ENFORCE_ON_EXISTING)? == "true",
        })
    };
    told().ok_or(Failure::UnexpectedAnswer { status: 200 })
}
