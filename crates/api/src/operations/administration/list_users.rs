//! Listing users.

use ats_pat_domain::Problem;
use ats_pat_domain::list::{MAX_PAGE, MAX_PAGE_SIZE, UserQuery};
use ats_pat_domain::problem::{Failure, Reason};
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::{Value, json};

use super::user::{UserPage, example};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, InQuery, QueryReader, number, search};

/// A page of users.
#[derive(Default)]
pub struct ListUsers;

#[OpenApi(tag = "Tag::Administration")]
impl ListUsers {
    /// List users
    ///
    /// Persons and service accounts, by user name. A page past the end has no items. Needs the right `users`.
    #[oai(
        path = "/api/administration/users",
        method = "get",
        operation_id = "listUsers"
    )]
    async fn list(
        &self,
        request: &Request,
        by: By<ForUsers>,
        /// From 1; by default 1.
        #[oai(name = "Page")]
        _page: InQuery<u32>,
        /// 1 to 100; by default 25.
        #[oai(name = "PageSize")]
        _page_size: InQuery<u32>,
        /// Only users with this text in user name or display name, whatever its case; up to 100 characters.
        #[oai(name = "Search")]
        _search: InQuery<String>,
    ) -> Result<Answer<Self>, Refused> {
        let call = Call::of(request)?;
        let query = query(request.uri().query().unwrap_or_default())?;
        let page = by.operator(call)?.user_page(query).await?;
        Ok(Answer::of(page))
    }
}

fn query(query: &str) -> Result<UserQuery, Problem> {
    let mut reader = QueryReader::of(query);
    let defaults = UserQuery::default();
    let read = UserQuery {
        page: reader
            .read("Page", |text| number(text, MAX_PAGE))
            .unwrap_or(defaults.page),
        page_size: reader
            .read("PageSize", |text| number(text, MAX_PAGE_SIZE))
            .unwrap_or(defaults.page_size),
        search: reader.read("Search", search),
    };
    reader.finish()?;
    Ok(read)
}

impl Operation for ListUsers {
    type Data = UserPage;

    const SUCCESS: &'static str = "The users of the page";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::ValidationFailed(vec![Failure::new("PageSize", Reason::OutOfRange)]),
        ]
    }

    fn example() -> Value {
        json!({"Items": [example()], "Page": 1, "PageSize": 25, "Total": 1})
    }
}
