//! The filter of the audit trail.

use ats_pat_domain::Problem;
use ats_pat_service::view::NamedEventView;
use ats_pat_service::{Error, EventQuery, Operator};

use crate::query::{Query, address};
use crate::table::{owner_called, owner_named, search_text};
use crate::visit::Visit;

/// The filter in an address.
pub struct Filter {
    /// Only events about users whose names contain this text.
    pub owner: String,
    /// Only events of this kind.
    pub kind: String,
    /// Only events before this one.
    pub before: Option<i64>,
}

impl Filter {
    /// The filter in the address of a visit.
    pub fn of(visit: &Visit<'_>) -> Self {
        let query = Query::of(&visit.uri);
        let text = |name| query.get(name).unwrap_or_default().trim().to_owned();
        Self {
            owner: search_text(&query, "owner"),
            kind: text("kind"),
            before: query.get("before").and_then(|before| before.parse().ok()),
        }
    }

    /// The query for the use case.
    pub fn query(&self, before: Option<i64>, limit: u64) -> EventQuery {
        EventQuery {
            owner: owner_named(&self.owner).map(str::to_owned),
            owner_called: owner_called(&self.owner),
            kind: (!self.kind.is_empty()).then(|| self.kind.clone()),
            before,
            limit,
        }
    }

    /// `path` with this filter as its query.
    pub fn address(&self, path: &str, before: &str) -> String {
        address(
            path,
            &[
                ("owner", &self.owner),
                ("kind", &self.kind),
                ("before", before),
            ],
        )
    }
}

/// The events, or `None` if there is no such user.
pub async fn read(
    visit: &Visit<'_>,
    operator: &Operator<'_>,
    query: EventQuery,
) -> Result<Option<Vec<NamedEventView>>, Problem> {
    match operator.event_page(query).await {
        Err(Error::UserNotFound { .. }) => Ok(None),
        read => read.map(Some).map_err(|error| visit.problem(error)),
    }
}
