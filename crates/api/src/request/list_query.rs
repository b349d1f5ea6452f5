//! The query of a list. It is read completely, so that the answer names every failure.

use std::str::FromStr;

use ats_pat_domain::list::{
    MAX_PAGE, MAX_PAGE_SIZE, MAX_SEARCH, MAX_UNUSED_DAYS, Sort, TokenQuery,
};
use ats_pat_domain::name::fold;
use ats_pat_domain::problem::Reason;
use ats_pat_domain::{Problem, Status, Timestamp};
use poem::{FromRequest, Request, RequestBody, Result};

use super::query_reader::QueryReader;
use crate::refused::Refused;

/// The tokens that a list asks for. The service adds the owner.
pub struct ListQuery(pub TokenQuery);

impl<'a> FromRequest<'a> for ListQuery {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let query = parse(request.uri().query().unwrap_or_default()).map_err(Refused::from)?;
        Ok(Self(query))
    }
}

/// Reads a query. Names ignore ASCII case. Unknown names are ignored, and repeated ones refused. An
/// empty value counts as absent.
fn parse(query: &str) -> Result<TokenQuery, Problem> {
    let mut reader = QueryReader::of(query);
    let defaults = TokenQuery::of(None);
    let read = TokenQuery {
        owner: None,
        owner_called: None,
        unused_for_days: None,
        created_before: None,
        expires_before: None,
        scope: None,
        page: reader
            .read("Page", |text| number(text, MAX_PAGE))
            .unwrap_or(defaults.page),
        page_size: reader
            .read("PageSize", |text| number(text, MAX_PAGE_SIZE))
            .unwrap_or(defaults.page_size),
        status: reader.read("Status", |text| {
            Status::from_str(text).map_err(|()| Reason::UnknownValue)
        }),
        sort: reader.read("Sort", Sort::parse).unwrap_or(defaults.sort),
        search: reader.read("Search", search),
    };
    reader.finish()?;
    Ok(read)
}

/// Reads a whole number from 1 to `largest`. A larger one is refused, not reduced.
pub fn number(text: &str, largest: u32) -> Result<u32, Reason> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reason::NotANumber);
    }
    text.parse()
        .ok()
        .filter(|number| (1..=largest).contains(number))
        .ok_or(Reason::OutOfRange)
}

/// Checks a number of days without a use.
pub fn unused_days(days: u32) -> Result<u32, Reason> {
    if (1..=MAX_UNUSED_DAYS).contains(&days) {
        Ok(days)
    } else {
        Err(Reason::OutOfRange)
    }
}

/// Reads a time (RFC 3339).
pub fn time(text: &str) -> Result<Timestamp, Reason> {
    Timestamp::parse(text).map_err(|_| Reason::NotATime)
}

/// Reads a text to search for, and folds it.
pub fn search(text: &str) -> Result<String, Reason> {
    if text.chars().count() > MAX_SEARCH {
        Err(Reason::TooLong)
    } else {
        Ok(fold(text))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use ats_pat_domain::list::SortField;

    use super::*;

    fn failures(query: &str) -> Vec<(&'static str, &'static str)> {
        match parse(query) {
            Ok(_) => Vec::new(),
            Err(Problem::ValidationFailed(failures)) => failures
                .iter()
                .map(|failure| match &failure.field {
                    Cow::Borrowed(field) => (*field, failure.reason.as_str()),
                    Cow::Owned(field) => panic!("{field} is no parameter"),
                })
                .collect(),
            Err(problem) => panic!("{problem:?}"),
        }
    }

    #[test]
    fn nothing_asked_is_the_first_page_of_everything() {
        for query in [
            "",
            "&&",
            "Page=&PageSize=&Status=&Sort=&Search=",
            "Owner=somebody&x=1&x=2",
        ] {
            assert_eq!(parse(query), Ok(TokenQuery::of(None)), "{query}");
        }
    }

    #[test]
    fn names_ignore_case_and_values_do_not() {
        let read = parse(
            "pAGE=2&pagesize=100&STATUS=Expired&search=Stra%C3%9Fe+%EF%BC%91&sort=-LastUsedAt",
        )
        .unwrap();
        assert_eq!(
            (read.page, read.page_size, read.status),
            (2, 100, Some(Status::Expired))
        );
        assert_eq!(read.search.as_deref(), Some("strasse 1"));
        assert_eq!(
            read.sort,
            Sort {
                field: SortField::LastUsedAt,
                descending: true
            }
        );
        assert_eq!(failures("Status=active"), [("Status", "unknown_value")]);
        assert_eq!(failures("Sort=name"), [("Sort", "unknown_value")]);
    }

    #[test]
    fn numbers_are_never_clamped_or_coerced() {
        for (text, reason) in [
            ("0", "out_of_range"),
            ("-1", "out_of_range"),
            ("101", "out_of_range"),
            ("99999999999999999999", "out_of_range"),
            ("a", "not_a_number"),
            ("1.5", "not_a_number"),
            ("+", "not_a_number"),
            ("%2B1", "not_a_number"),
            ("-", "not_a_number"),
            ("1e1", "not_a_number"),
            ("0x1", "not_a_number"),
            ("%D9%A1", "not_a_number"),
        ] {
            assert_eq!(
                failures(&format!("PageSize={text}")),
                [("PageSize", reason)],
                "{text}"
            );
        }
        assert_eq!(parse("Page=2147483647").unwrap().page, MAX_PAGE);
        assert_eq!(failures("Page=2147483648"), [("Page", "out_of_range")]);
    }

    #[test]
    fn every_failure_is_told_at_once() {
        let long = "x".repeat(101);
        assert_eq!(
            failures(&format!(
                "Search={long}&Sort=Owner&Status=Lost&pagesize=x&PageSize=x&Page=0"
            )),
            [
                ("Page", "out_of_range"),
                ("PageSize", "repeated"),
                ("Status", "unknown_value"),
                ("Sort", "unknown_value"),
                ("Search", "too_long"),
            ]
        );
        assert_eq!(failures("Page=&page="), [("Page", "repeated")]);
        assert!(parse(&format!("Search={}", "%E2%98%83".repeat(100))).is_ok());
    }
}
