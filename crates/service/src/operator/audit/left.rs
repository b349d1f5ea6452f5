//! The part of the log from which events were removed.

use ats_pat_domain::event::{Event, Head};

use super::{Audit, BATCH};
use crate::ledger::pruned::{Carried, Pruned, Stands};
use crate::ledger::{Details, LoggedRow, fingerprint, follows};
use crate::service::error::Error;

impl Audit<'_> {
    /// Verifies the events that the last removal left, and goes on behind that part. What is not on
    /// its list is being removed, or was planted.
    pub(super) async fn walk_what_is_left(&mut self) -> Result<(), Error> {
        let service = self.operator.service;
        let (store, roots) = (service.store(), service.roots());
        let pruned = match Pruned::last(store, roots).await {
            Ok(Some(pruned)) => pruned,
            Ok(None) => return Ok(()),
            Err(Error::Tampered { id, .. }) => {
                self.find(format!(
                    "event {id} says that events were removed, and was planted or altered"
                ));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.report.pruned_through = Some(pruned.through.seq);
        self.walked = pruned.through;
        self.compare_archives_with(pruned.through);
        let removed_to = store.removed_to(pruned.id()).await?;
        match pruned.carried(store, roots).await {
            Ok(carried) => {
                self.walk_list(pruned.through, &carried, removed_to).await?;
            }
            Err(Error::Tampered { .. }) => self.find(
                "what the removal of events carried over was altered, or is missing".to_owned(),
            ),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Archives prove what was removed only if they reach to its end.
    fn compare_archives_with(&mut self, through: Head) {
        if let Some(end) = self.archived_to
            && end.seq < through.seq
        {
            self.find(format!(
                "the archives end with event {}, but events up to {} were removed: name the later archives, too",
                end.seq, through.seq
            ));
        }
    }

    async fn walk_list(
        &mut self,
        through: Head,
        carried: &Carried,
        removed_to: i64,
    ) -> Result<(), Error> {
        let events = self.operator.service.store().events();
        let mut list = carried.kept.reader();
        let mut before: Option<Head> = None;
        while before.is_none_or(|before| before.seq < through.seq) {
            let next = before.map_or(1, |before| before.seq.saturating_add(1));
            let batch = events.from(next, BATCH).await?;
            let Some(last) = batch.last() else { break };
            let last = last.head();
            for event in batch {
                if event.seq > through.seq {
                    break;
                }
                while let Some((missing, _)) = list.before(event.seq) {
                    self.find(format!("event {missing} is missing"));
                }
                match list.at(event.seq) {
                    Some(stands) => self.verify_left(before, &event, &stands),
                    None if event.seq <= removed_to => {
                        self.find(format!("event {} was planted", event.seq));
                    }
                    // It is about to be removed.
                    None => {}
                }
                before = Some(event.head());
            }
            before = Some(last);
        }
        while let Some((missing, _)) = list.before(through.seq.saturating_add(1)) {
            self.find(format!("event {missing} is missing"));
        }
        Ok(())
    }

    fn verify_left(&mut self, before: Option<Head>, event: &Event, stands: &Stands) {
        let roots = self.operator.service.roots();
        let before = before.unwrap_or(Head::EMPTY);
        let is_genuine = match stands {
            Stands::Alone(known) => fingerprint(roots, event) == *known,
            _ => follows(roots, &before, event),
        };
        if !is_genuine {
            self.find(format!(
                "event {} was altered, or does not follow the one before",
                event.seq
            ));
        }
        self.verify_alone(event);
        match Details::of_either(event) {
            Some(details) => {
                for (place, row) in details.rows.iter().enumerate() {
                    self.find_by_change(event, row, None);
                    if stands.has(place) {
                        let name = (row.table.to_string(), row.id.to_string());
                        self.last_logged.insert(name, LoggedRow::of(event, row));
                    }
                }
            }
            None => self.find(format!("the details of event {} can't be read", event.seq)),
        }
    }
}
