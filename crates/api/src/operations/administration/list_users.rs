//! `GET /api/administration/users`: lists users page by page.

use ats_pat_domain::list::{self, MAX_PAGE, MAX_PAGE_SIZE, UserQuery};
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_domain::{Problem, user};
use poem::Request;
use poem_openapi::{Enum, OpenApi};
use serde_json::{Value, json};

use super::user::{UserKind, UserPage, example};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForUsers, InQuery, QueryReader, number, search};

/// Lists people and service accounts, page by page.
#[derive(Default)]
pub struct ListUsers;

#[OpenApi(tag = "Tag::Administration")]
impl ListUsers {
    /// List users
    ///
    /// Persons and service accounts. A page past the end has no items. Needs the right `users`.
    #[oai(
        path = "/api/administration/users",
        method = "get",
        operation_id = "listUsers"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "most of them only describe the query"
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
        /// Only users with this text in user name or display name, whatever its case; up to 100
        /// characters.
        #[oai(name = "Search")]
        _search: InQuery<String>,
        /// Only users of this kind; by default of every one.
        #[oai(name = "Kind")]
        _kind: InQuery<UserKind>,
        /// Only users of this status; by default of both.
        #[oai(name = "Status")]
        _status: InQuery<UserStatus>,
        /// The order; by default `UserName`.
        #[oai(name = "Sort")]
        _sort: InQuery<UserSort>,
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
        kind: reader.read("Kind", kind),
        disabled: reader.read("Status", |text| match text {
            "Active" => Ok(false),
            "Disabled" => Ok(true),
            _ => Err(Reason::UnknownValue),
        }),
        sort: reader
            .read("Sort", list::UserSort::parse)
            .unwrap_or(defaults.sort),
    };
    reader.finish()?;
    Ok(read)
}

fn kind(text: &str) -> Result<user::UserKind, Reason> {
    match text {
        "Person" => Ok(user::UserKind::Person),
        "Service" => Ok(user::UserKind::Service),
        "Quarantined" => Ok(user::UserKind::Quarantined),
        "Erased" => Ok(user::UserKind::Erased),
        _ => Err(Reason::UnknownValue),
    }
}

/// Whether a user is kept out.
#[derive(Clone, Copy, Enum)]
pub enum UserStatus {
    /// The user is not disabled.
    Active,
    /// The user is disabled, whoever did it.
    Disabled,
}

/// What a list of users is sorted by; `-` is descending.
#[derive(Clone, Copy, Enum)]
pub enum UserSort {
    /// User name, from A.
    UserName,
    /// User name, from Z.
    #[oai(rename = "-UserName")]
    UserNameDescending,
    /// Display name, from A.
    DisplayName,
    /// Display name, from Z.
    #[oai(rename = "-DisplayName")]
    DisplayNameDescending,
    /// Creation, the oldest user first.
    CreatedAt,
    /// Creation, the newest user first.
    #[oai(rename = "-CreatedAt")]
    CreatedAtDescending,
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
