//! The rows in the database, as the log names them: in eight bytes each.

use ats_pat_auth::Canonical;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Event, Tagged, Token};

use super::PruneError;
use crate::ledger::every_row::{Visitor, visit_all};
use crate::ledger::pruned::Stands;
use crate::ledger::reading_ahead::Retries;
use crate::ledger::rows::{Roots, Row, TABLES, hex, logged_tag};
use crate::ledger::{Details, Upgrade};
use crate::service::Service;

/// The rows whose last events are among those that may be removed.
pub(super) struct Standing<'a> {
    roots: &'a Roots,
    through: i64,
    upgrade: Option<Upgrade>,
    /// Fingerprints of table, id and logged tag, sorted.
    rows: Vec<u64>,
    /// Which of these an event was found for.
    found: Vec<bool>,
    /// Fingerprints of the ids of all tokens, sorted.
    tokens: Vec<u64>,
    finding: Option<String>,
}

impl<'a> Standing<'a> {
    /// Reads every row. A row that changes meanwhile has a later event then.
    ///
    /// # Errors
    /// [`PruneError::Differs`] if a row was altered or can't be read.
    pub(super) async fn read(
        service: &'a Service,
        through: i64,
        upgrade: Option<Upgrade>,
    ) -> Result<Self, PruneError> {
        let mut standing = Self {
            roots: service.roots(),
            through,
            upgrade,
            rows: Vec::new(),
            found: Vec::new(),
            tokens: Vec::new(),
            finding: None,
        };
        let store = &service.inner.changes.store;
        visit_all(store, &Retries::default(), &mut standing).await?;
        if let Some(row) = service.store().take_unreadable().pop() {
            standing.finding = Some(format!("row {row} can't be read"));
        }
        if let Some(finding) = standing.finding {
            return Err(PruneError::Differs { finding });
        }
        standing.rows.sort_unstable();
        standing.rows.dedup();
        standing.found = vec![false; standing.rows.len()];
        standing.tokens.sort_unstable();
        Ok(standing)
    }

    /// Which rows of an event stand as it wrote them.
    pub(super) fn of(&mut self, event: &Event) -> Result<Stands, PruneError> {
        let details = Details::of_either(event).ok_or_else(|| PruneError::Differs {
            finding: format!("the details of event {} can't be read", event.seq),
        })?;
        let mut places = Vec::new();
        for (place, row) in details.rows.iter().enumerate() {
            let Some(tag) = &row.tag else { continue };
            if !TABLES.contains(&&*row.table) {
                // A later release knows whether it stands.
                places.push(place);
                continue;
            }
            let name = self.fingerprint(&row.table, &row.id, tag);
            if let Ok(known) = self.rows.binary_search(&name) {
                self.found[known] = true;
                places.push(place);
            }
        }
        Ok(Stands::at(places, details.rows.len()))
    }

    /// Whether the event made a token that is still there. It tells whose the token is.
    pub(super) fn was_made_by(&self, event: &Event) -> bool {
        event.kind == EventKind::TokenCreated.as_str()
            && self
                .tokens
                .binary_search(&self.token(&event.subject))
                .is_ok()
    }

    /// # Errors
    /// [`PruneError::Differs`] if there is a row without its event.
    pub(super) fn require_all(&self) -> Result<(), PruneError> {
        let missing = self.found.iter().filter(|found| !**found).count();
        if missing == 0 {
            return Ok(());
        }
        Err(PruneError::Differs {
            finding: format!("{missing} rows differ from their last events, or have none"),
        })
    }

    fn fingerprint(&self, table: &str, id: &str, tag: &str) -> u64 {
        let name = Canonical::new(table).text(id).text(tag);
        self.roots.first().fingerprint(&name)
    }

    fn token(&self, id: &str) -> u64 {
        let name = Canonical::new(Token::TABLE).text(id);
        self.roots.first().fingerprint(&name)
    }
}

impl Visitor for Standing<'_> {
    fn visit<R: Row>(&mut self, tagged: &Tagged<R>) {
        let id = tagged.row.row_id();
        if R::TABLE == Token::TABLE {
            self.tokens.push(self.token(&id));
        }
        let Some(origin) = self.roots.origin(tagged) else {
            self.finding = Some(format!("row {id} of {} was planted or altered", R::TABLE));
            return;
        };
        let is_upgraded = self.upgrade.is_some_and(|upgrade| upgrade.tagged(origin));
        let tag = if is_upgraded {
            // The last event that names it is of the release before.
            self.roots.former_tag(tagged).map(|former| hex(&former))
        } else if origin.seq <= self.through {
            Some(logged_tag(&tagged.tag))
        } else {
            None
        };
        if let Some(tag) = tag {
            self.rows.push(self.fingerprint(R::TABLE, &id, &tag));
        }
    }

    fn cannot_read(&mut self, table: &'static str) {
        self.finding = Some(format!("row 1 of {table} can't be read"));
    }
}
