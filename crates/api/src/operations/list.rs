//! Listing a user's own tokens.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_service::view;
use poem::Request;
use poem_openapi::{Enum, Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};

use super::service_account::ForAccounts;
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{InQuery, ListQuery, OpenSession};
use crate::schema::{PersonalAccessToken, PersonalAccessTokenStatus};

/// Lists the signed-in user's own tokens.
#[derive(Default)]
pub struct List;

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl List {
    /// List your personal access tokens
    ///
    /// Ended ones stay listed. A page past the end has no items.
    #[oai(
        path = "/api/personalaccesstoken",
        method = "get",
        operation_id = "listPersonalAccessTokens"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "five of them only describe the query"
    )]
    async fn list(
        &self,
        request: &Request,
        session: OpenSession,
        query: ListQuery,
        /// From 1; by default 1.
        #[oai(name = "Page")]
        _page: InQuery<u32>,
        /// 1 to 100; by default 25.
        #[oai(name = "PageSize")]
        _page_size: InQuery<u32>,
        /// Only tokens of this status; by default of every one.
        #[oai(name = "Status")]
        _status: InQuery<PersonalAccessTokenStatus>,
        /// Only tokens with this text in name or description, whatever its case; up to 100
        /// characters.
        #[oai(name = "Search")]
        _search: InQuery<String>,
        /// The order; by default `-CreatedAt`.
        #[oai(name = "Sort")]
        _sort: InQuery<TokenSort>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let page = call
            .service
            .list_tokens(call.acting(&session.0), query.0)
            .await?;
        Ok(Answer::of(page))
    }
}

impl Operation for List {
    type Data = PersonalAccessTokenPage;

    const SUCCESS: &'static str = "The tokens of the page";

    fn refusals() -> Vec<Problem> {
        let failure = |field, reason| Failure::new(field, reason);
        vec![
            Problem::SignInRequired,
            Problem::ValidationFailed(vec![
                failure("PageSize", Reason::OutOfRange),
                failure("Status", Reason::UnknownValue),
            ]),
        ]
    }

    fn example() -> Value {
        let items = [example::token(json!({}))];
        json!({"Items": items, "Page": 1, "PageSize": 25, "Total": 1})
    }
}

impl ForAccounts for List {
    const ID: &'static str = "listServiceAccountTokens";
    const SUMMARY: &'static str = "List the personal access tokens of a service account";
    const DESCRIPTION: &'static str = "Ended ones stay listed. A page past the end has no items.";
}

/// What a list is sorted by; `-` is descending.
#[derive(Clone, Copy, Enum)]
pub enum TokenSort {
    /// Name, from A to Z, whatever the case.
    Name,
    /// Name, from Z to A, whatever the case.
    #[oai(rename = "-Name")]
    NameDescending,
    /// Creation, the oldest token first.
    CreatedAt,
    /// Creation, the newest token first.
    #[oai(rename = "-CreatedAt")]
    CreatedAtDescending,
    /// The first to expire first.
    ExpiresAt,
    /// The last to expire first.
    #[oai(rename = "-ExpiresAt")]
    ExpiresAtDescending,
    /// The longest unused first, the never used last.
    LastUsedAt,
    /// The last used first, the never used last.
    #[oai(rename = "-LastUsedAt")]
    LastUsedAtDescending,
}

/// A part of a list.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessTokenPage {
    /// The tokens of this page, in order.
    items: Vec<PersonalAccessToken>,
    /// The number of the page, from 1.
    page: u32,
    /// How many tokens a page has.
    page_size: u32,
    /// How many tokens there are on all pages.
    total: u64,
}

impl From<view::TokenPageView> for PersonalAccessTokenPage {
    fn from(page: view::TokenPageView) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            page: page.page,
            page_size: page.page_size,
            total: page.total,
        }
    }
}

impl Data for PersonalAccessTokenPage {
    const DESCRIPTION: &'static str = "The answer with a part of a list.";
}
