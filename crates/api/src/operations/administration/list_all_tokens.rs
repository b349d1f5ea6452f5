//! `GET /api/administration/personalaccesstoken`: lists the tokens of all users.

use ats_pat_domain::Problem;
use ats_pat_domain::list::{MAX_UNUSED_DAYS, TokenQuery};
use ats_pat_domain::problem::{Failure, Reason};
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::token::{OwnedPersonalAccessTokenPage, example_with};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::operations::list::TokenSort;
use crate::refused::Refused;
use crate::request::{By, ForTokens, InQuery, ListQuery, QueryReader, number, time};
use crate::schema::PersonalAccessTokenStatus;

/// Lists the tokens of all users.
#[derive(Default)]
pub struct ListAllTokens;

#[OpenApi(tag = "Tag::Administration")]
impl ListAllTokens {
    /// List everybody's personal access tokens
    ///
    /// Ended ones stay listed. A page past the end has no items. Needs the right `tokens`.
    #[oai(
        path = "/api/administration/personalaccesstoken",
        method = "get",
        operation_id = "listAllTokens"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "most of them only describe the query"
    )]
    async fn list(
        &self,
        request: &Request,
        by: By<ForTokens>,
        query: ListQuery,
        /// Only tokens of the user of this name.
        #[oai(name = "Owner")]
        _owner: InQuery<String>,
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
        /// Only tokens that nobody used, made or regenerated for so many days: 1 to 36500.
        #[oai(name = "UnusedForDays")]
        _unused_for_days: InQuery<u32>,
        /// Only tokens that were created before this time (RFC 3339).
        #[oai(name = "CreatedBefore")]
        _created_before: InQuery<String>,
        /// Only tokens that expire before this time (RFC 3339).
        #[oai(name = "ExpiresBefore")]
        _expires_before: InQuery<String>,
        /// Only tokens with the scope of this name.
        #[oai(name = "Scope")]
        _scope: InQuery<String>,
        /// The order; by default `-CreatedAt`.
        #[oai(name = "Sort")]
        _sort: InQuery<TokenSort>,
    ) -> Result<Answer<Self>, Refused> {
        let mut reader = QueryReader::of(request.uri().query().unwrap_or_default());
        let owner = reader.read("Owner", |text| Ok(text.to_owned()));
        let query = TokenQuery {
            unused_for_days: reader.read("UnusedForDays", |text| number(text, MAX_UNUSED_DAYS)),
            created_before: reader.read("CreatedBefore", time),
            expires_before: reader.read("ExpiresBefore", time),
            scope: reader.read("Scope", |text| Ok(text.to_owned())),
            ..query.0
        };
        reader.finish()?;
        let operator = by.operator(Call::of(request)?)?;
        let page = operator.tokens(owner.as_deref(), query).await?;
        Ok(Answer::of(page))
    }
}

impl Operation for ListAllTokens {
    type Data = OwnedPersonalAccessTokenPage;

    const SUCCESS: &'static str = "The tokens of the page";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::ValidationFailed(vec![Failure::new("PageSize", Reason::OutOfRange)]),
            Problem::UserNotFound,
        ]
    }

    fn example() -> Value {
        json!({"Items": [example_with(json!({}))], "Page": 1, "PageSize": 25, "Total": 1})
    }
}
