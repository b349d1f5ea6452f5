//! Reads a query completely, so that the answer names every failure.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::{Failure, Reason};

/// The parameters of a query. Names ignore ASCII case. Unknown names are ignored, and repeated ones
/// refused. An empty value counts as absent.
pub struct QueryReader {
    pairs: Vec<(String, String)>,
    failures: Vec<Failure>,
}

impl QueryReader {
    /// The parameters of this query.
    pub fn of(query: &str) -> Self {
        Self {
            pairs: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            failures: Vec::new(),
        }
    }

    /// Reads a parameter with `parse`. `None` if it is absent or `parse` fails.
    pub fn read<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(field);
        let mut values = self.pairs.iter().filter(named).map(|(_, value)| value);
        let value = values.next()?;
        let read = match values.next() {
            Some(_) => Err(Reason::Repeated),
            None if value.is_empty() => return None,
            None => parse(value),
        };
        read.map_err(|reason| self.failures.push(Failure::new(field, reason)))
            .ok()
    }

    /// # Errors
    /// [`Problem::ValidationFailed`] with every parameter that failed.
    pub fn finish(self) -> Result<(), Problem> {
        if self.failures.is_empty() {
            Ok(())
        } else {
            Err(Problem::ValidationFailed(self.failures))
        }
    }
}
