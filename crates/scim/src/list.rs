//! Lists: what a query asks for, and the answer (RFC 7644, section 3.4.2).

use poem::http::Uri;
use serde_json::{Value, json};

use crate::filter::{Comparison, Filter};
use crate::projection::Projection;
use crate::refusal::Refusal;

/// The URN of a list.
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The length of a page that nobody asked another length for.
const DEFAULT_COUNT: u64 = 100;
/// The longest page, which longer requests get too.
pub const MAX_COUNT: u64 = 200;

/// What a query asks for. Unknown parameters are ignored.
#[derive(Debug)]
pub struct Query {
    /// The filter. Empty: everything.
    pub filter: Vec<Comparison>,
    /// The number of the first resource, from 1.
    start_index: u64,
    /// How many resources the page may have. 0: only the total is wanted.
    pub count: u64,
    /// The attributes that are wanted.
    pub projection: Projection,
}

impl Query {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// `invalidValue` for what is no number, `invalidFilter`.
    pub fn of(uri: &Uri) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let value = |name: &str| {
            let mut found = parameters.iter();
            let found =
                found.find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty());
            found.map(|(_, value)| &**value)
        };
        let number = |name| match value(name) {
            None => Ok(None),
            Some(text) => match text.trim().parse::<i64>() {
                // A negative one counts as 0 (section 3.4.2.4).
                Ok(number) => Ok(Some(u64::try_from(number).unwrap_or(0))),
                Err(_) => Err(Refusal::invalid_value(format!("{name} is no number."))),
            },
        };
        let filter = match value("filter") {
            Some(filter) => Filter::parse(filter)?.0,
            None => Vec::new(),
        };
        Ok(Self {
            filter,
            start_index: number("startIndex")?.unwrap_or(1).max(1),
            count: number("count")?.unwrap_or(DEFAULT_COUNT).min(MAX_COUNT),
            projection: Projection::of(value("attributes"), value("excludedAttributes")),
        })
    }

    /// How many resources come before the page.
    pub fn offset(&self) -> u64 {
        // A database counts no further.
        (self.start_index - 1).min(u64::from(u32::MAX))
    }

    /// The page as a `ListResponse` (RFC 7644, section 3.4.2).
    pub fn page(&self, total: u64, resources: Vec<Value>) -> Value {
        let wanted = resources.into_iter().map(|it| self.projection.apply(it));
        let resources: Vec<Value> = wanted.collect();
        json!({
            "schemas": [LIST],
            "totalResults": total,
            "startIndex": self.start_index,
            "itemsPerPage": resources.len(),
            "Resources": resources,
        })
    }
}

/// A list that has everything.
pub fn everything(resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, Refusal> {
        Query::of(&format!("/scim/v2/Users?{text}").parse().unwrap())
    }

    #[test]
    fn numbers_are_cut_to_what_is_possible() {
        let numbers = |text| query(text).map(|it| (it.offset(), it.count)).unwrap();
        assert_eq!(numbers(""), (0, 100));
        assert_eq!(numbers("startIndex=0&count=-1"), (0, 0));
        assert_eq!(numbers("startIndex=11&count=1000"), (10, 200));
        assert_eq!(numbers("STARTINDEX=2&Count="), (1, 100));
        assert!(query("count=x").is_err());
        assert!(query("filter=x").is_err());
        let filter = query("filter=userName%20eq%20%22a%2Bb%22").unwrap().filter;
        assert_eq!(filter[0].value, "a+b");
    }
}
