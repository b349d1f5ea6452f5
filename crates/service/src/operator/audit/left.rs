//! The part of the log from which events were removed.

use ats_pat_domain::event::Head;

use super::Audit;
use super::pages::Checked;
use crate::ledger::pruned::{Carried, Pruned, Stands};
use crate::ledger::{LoggedRow, RowName, fingerprint};
use crate::service::error::Error;

impl Audit<'_> {
    /// Verifies the events that the last removal left, and goes on behind that part. What is not on
    /// its list is being removed, or was planted.
    pub(super) async fn walk_what_is_left(&mut self) -> Result<(), Error> {
        let service = self.operator.service;
        let (store, roots) = (service.store(), service.roots());
        let retries = self.told.retries();
        let pruned = match retries.read(|| Pruned::last(store, roots)).await {
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
        let behind = self.expected_events;
        let behind = behind.saturating_sub(pruned.through.seq.unsigned_abs());
        self.expected_events = pruned.kept.saturating_add(behind);
        self.walked = pruned.through;
        self.compare_archives_with(pruned.through);
        let removed_to = retries.read(|| store.removed_to(pruned.id())).await?;
        match retries.read(|| pruned.carried(store, roots)).await {
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
        let mut list = carried.kept.reader();
        let mut pages = self.pages(Head::EMPTY, through.seq);
        while let Some(page) = pages.next().await? {
            for checked in page {
                let seq = checked.event.seq;
                if seq > through.seq {
                    break;
                }
                while let Some((missing, _)) = list.before(seq) {
                    self.find(format!("event {missing} is missing"));
                }
                match list.at(seq) {
                    Some(stands) => self.verify_left(&checked, &stands),
                    None if seq <= removed_to => self.find(format!("event {seq} was planted")),
                    // It is about to be removed.
                    None => {}
                }
            }
            self.tell_events();
        }
        while let Some((missing, _)) = list.before(through.seq.saturating_add(1)) {
            self.find(format!("event {missing} is missing"));
        }
        Ok(())
    }

    fn verify_left(&mut self, checked: &Checked, stands: &Stands) {
        let event = &checked.event;
        let is_genuine = match stands {
            Stands::Alone(known) => fingerprint(self.operator.service.roots(), event) == *known,
            _ => checked.follows,
        };
        if !is_genuine {
            self.find(format!(
                "event {} was altered, or does not follow the one before",
                event.seq
            ));
        }
        self.verify_alone(checked);
        let Some(rows) = &checked.rows else {
            self.find(format!("the details of event {} can't be read", event.seq));
            return;
        };
        for (place, row) in rows.iter().enumerate() {
            self.find_by_change(event, row, None);
            if stands.has(place) {
                let name = RowName::new(&row.table, &row.id);
                self.last_logged.insert(name, LoggedRow::of(event, row));
            }
        }
    }
}
