//! Listing the service accounts that a user is responsible for.

use ats_pat_domain::Problem;
use ats_pat_service::view::ServiceAccountView;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::OpenSession;
use crate::schema::Time;

/// Lists the service accounts that the signed-in user is responsible for.
#[derive(Default)]
pub struct ListServiceAccounts;

#[OpenApi(tag = "Tag::ServiceAccount")]
impl ListServiceAccounts {
    /// List your service accounts
    ///
    /// A service account is an owner of tokens that is no person. You are responsible for these,
    /// and manage their tokens.
    #[oai(
        path = "/api/serviceaccount",
        method = "get",
        operation_id = "listServiceAccounts"
    )]
    async fn list(&self, request: &Request, session: OpenSession) -> Result<Answer<Self>, Refused> {
        let service = &Call::of(request)?.service;
        let accounts = service.service_accounts(&session.0).await?;
        Ok(Answer::of(accounts))
    }
}

impl Operation for ListServiceAccounts {
    type Data = ServiceAccountList;

    const SUCCESS: &'static str = "The service accounts, by user name";

    fn refusals() -> Vec<Problem> {
        vec![Problem::SignInRequired]
    }

    fn example() -> Value {
        json!({"Items": [{
            "Id": example::ACCOUNT_ID,
            "UserName": "nightly-build",
            "DisplayName": "Nightly build",
            "ResponsibleId": example::USER_ID,
            "Disabled": false,
            "CreatedAt": example::CREATED_AT,
        }]})
    }
}

/// A service account: an owner of tokens that is no person.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct ServiceAccount {
    /// Never changed or reused; the `sub` of authentication tokens.
    id: Uuid,
    /// What it is called; nobody signs in with it.
    user_name: String,
    /// What it is shown by.
    display_name: String,
    /// The id of the person who manages its tokens: you.
    responsible_id: Uuid,
    /// Whether it is kept out: its tokens are refused, and it gets no new secrets.
    disabled: bool,
    /// When it was added.
    created_at: Time,
}

impl From<ServiceAccountView> for ServiceAccount {
    fn from(account: ServiceAccountView) -> Self {
        Self {
            id: account.id.as_uuid(),
            user_name: account.user_name,
            display_name: account.display_name,
            responsible_id: account.responsible_id.as_uuid(),
            disabled: account.disabled,
            created_at: Time(account.created_at),
        }
    }
}

/// The service accounts that the caller is responsible for.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct ServiceAccountList {
    /// All of them, by user name.
    items: Vec<ServiceAccount>,
}

impl From<Vec<ServiceAccountView>> for ServiceAccountList {
    fn from(accounts: Vec<ServiceAccountView>) -> Self {
        let items = accounts.into_iter().map(Into::into).collect();
        Self { items }
    }
}

impl Data for ServiceAccountList {
    const DESCRIPTION: &'static str = "The answer with service accounts.";
}
