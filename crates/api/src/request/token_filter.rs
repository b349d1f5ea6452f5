//! The filters that only operators have, of a query or of a body.

use std::borrow::Cow;

use ats_pat_domain::list::{MAX_UNUSED_DAYS, TokenQuery};
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_domain::{Problem, Timestamp};

use super::list_query::{number, search};

/// Reads filters, and notes each that fails.
pub struct TokenFilter {
    place: &'static str,
    failures: Vec<Failure>,
}

impl TokenFilter {
    /// For fields that failures call by their names behind `place`.
    pub fn new(place: &'static str) -> Self {
        Self {
            place,
            failures: Vec::new(),
        }
    }

    fn read<T>(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        read: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.is_empty())?;
        let failed = |reason| {
            let field = if self.place.is_empty() {
                Cow::Borrowed(field)
            } else {
                Cow::Owned(format!("{}{field}", self.place))
            };
            self.failures.push(Failure::new(field, reason));
        };
        read(text).map_err(failed).ok()
    }

    /// A text in name or description.
    pub fn search(&mut self, query: &mut TokenQuery, text: Option<&str>) {
        query.search = self.read("Search", text, search);
    }

    /// For how many days nobody used them.
    pub fn unused_for_days(&mut self, query: &mut TokenQuery, text: Option<&str>) {
        let days = |text: &str| number(text, MAX_UNUSED_DAYS);
        query.unused_for_days = self.read("UnusedForDays", text, days);
    }

    /// Before when they were made.
    pub fn created_before(&mut self, query: &mut TokenQuery, text: Option<&str>) {
        query.created_before = self.read("CreatedBefore", text, time);
    }

    /// Before when they expire.
    pub fn expires_before(&mut self, query: &mut TokenQuery, text: Option<&str>) {
        query.expires_before = self.read("ExpiresBefore", text, time);
    }

    /// A scope that they have.
    pub fn scope(&mut self, query: &mut TokenQuery, text: Option<&str>) {
        query.scope = self.read("Scope", text, |name| Ok(name.to_owned()));
    }

    /// The query with what was read.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] with each filter that failed.
    pub fn finish(self, query: TokenQuery) -> Result<TokenQuery, Problem> {
        if self.failures.is_empty() {
            Ok(query)
        } else {
            Err(Problem::ValidationFailed(self.failures))
        }
    }
}

fn time(text: &str) -> Result<Timestamp, Reason> {
    Timestamp::parse(text).map_err(|_| Reason::NotATime)
}
