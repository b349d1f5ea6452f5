//! Listing the tokens of a user.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::{Failure, Reason};
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::Value;

use super::list_all_tokens::ListAllTokens;
use super::token::OwnedPersonalAccessTokenPage;
use super::user::user_id;
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::operations::list::TokenSort;
use crate::refused::Refused;
use crate::request::{By, ForTokens, InQuery, ListQuery, TokenId};
use crate::schema::PersonalAccessTokenStatus;

/// Lists the tokens of a user.
#[derive(Default)]
pub struct ListUserTokens;

#[OpenApi(tag = "Tag::Administration")]
impl ListUserTokens {
    /// List the personal access tokens of a user
    ///
    /// Ended ones stay listed. A page past the end has no items. Needs the right `tokens`.
    #[oai(
        path = "/api/administration/users/:Id/personalaccesstoken",
        method = "get",
        operation_id = "listUserTokens"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "most of them only describe the query"
    )]
    async fn list(
        &self,
        request: &Request,
        by: By<ForTokens>,
        /// The user's id, as creating and listing answer it.
        #[oai(name = "Id")]
        id: TokenId,
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
        let operator = by.operator(Call::of(request)?)?;
        let page = operator.tokens_of_user(user_id(&id)?, query.0).await?;
        Ok(Answer::of(page))
    }
}

impl Operation for ListUserTokens {
    type Data = OwnedPersonalAccessTokenPage;

    const SUCCESS: &'static str = ListAllTokens::SUCCESS;

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::ValidationFailed(vec![Failure::new("PageSize", Reason::OutOfRange)]),
            Problem::UserNotFound,
        ]
    }

    fn example() -> Value {
        ListAllTokens::example()
    }
}
