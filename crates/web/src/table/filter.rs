//! The part of the filter that only the table of everybody's tokens has.

use ats_pat_domain::Timestamp;
use ats_pat_domain::list::{MAX_UNUSED_DAYS, TokenQuery};

use super::search::search_text;
use crate::query::Query;

/// The entries as they were typed. One that can't be read counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only tokens that nobody used, made or regenerated for so many days.
    pub unused: String,
    /// Only tokens that were made before this day, in UTC.
    pub created_before: String,
    /// Only tokens that expire before this day, in UTC.
    pub expires_before: String,
    /// Only tokens with the scope of this name.
    pub scope: String,
}

impl Filter {
    /// Reads the filter from an address.
    pub fn read(query: &Query) -> Self {
        let day = |name| {
            let text = search_text(query, name);
            midnight(&text).map_or_else(String::new, |_| text)
        };
        let unused = search_text(query, "unused");
        Self {
            unused: days(&unused).map_or_else(String::new, |days| days.to_string()),
            created_before: day("created_before"),
            expires_before: day("expires_before"),
            scope: search_text(query, "scope"),
        }
    }

    /// Whether the filter has an entry.
    pub fn is_set(&self) -> bool {
        *self != Self::default()
    }

    /// Names and values for an address.
    pub fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            ("unused", &self.unused),
            ("created_before", &self.created_before),
            ("expires_before", &self.expires_before),
            ("scope", &self.scope),
        ]
    }

    /// `query` with this filter.
    pub fn narrow(&self, query: TokenQuery) -> TokenQuery {
        TokenQuery {
            unused_for_days: days(&self.unused),
            created_before: midnight(&self.created_before),
            expires_before: midnight(&self.expires_before),
            scope: Some(self.scope.clone()).filter(|scope| !scope.is_empty()),
            ..query
        }
    }
}

fn days(text: &str) -> Option<u32> {
    let days = text.parse().ok();
    days.filter(|days| (1..=MAX_UNUSED_DAYS).contains(days))
}

/// When a day begins in UTC.
fn midnight(day: &str) -> Option<Timestamp> {
    if day.len() != "2026-01-01".len() {
        return None;
    }
    Timestamp::parse(&format!("{day}T00:00:00Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_understood_is_as_absent() {
        let read = |text: &str| Filter::read(&Query::parse(text));
        for wrong in [
            "unused=0",
            "unused=-1",
            "unused=36501",
            "unused=x",
            "created_before=2026-02-30",
            "created_before=tomorrow",
            "expires_before=2026-01-01T00:00:00Z",
            "scope=",
        ] {
            assert!(!read(wrong).is_set(), "{wrong}");
        }
        let filter = read("unused=90&created_before=2026-01-02&expires_before=2027-01-01&scope=a");
        let query = filter.narrow(TokenQuery::of(None));
        assert_eq!(query.unused_for_days, Some(90));
        assert_eq!(
            query.created_before.map(|time| time.to_string()).as_deref(),
            Some("2026-01-02T00:00:00.000Z")
        );
        assert_eq!(query.scope.as_deref(), Some("a"));
        assert!(query.expires_before.is_some());
    }
}
