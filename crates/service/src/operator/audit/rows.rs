//! Compares the rows with the events that wrote them.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use ats_pat_domain::Tagged;

use super::Audit;
use super::progress::AuditProgress;
use crate::ledger::every_row::{Visitor, visit_all};
use crate::ledger::rows::Row;
use crate::ledger::{Difference, LoggedRow, RowName};
use crate::service::error::Error;

/// So few rows are compared sooner than a thread starts.
const FEW: usize = 100;

/// A row with its name and with what its last event says.
type Named<'a, R> = (&'a Tagged<R>, RowName, Option<LoggedRow>);

impl Audit<'_> {
    pub(super) async fn compare_rows(&mut self) -> Result<(), Error> {
        let store = Arc::clone(&self.operator.service.inner.changes.store);
        let told = self.told.clone();
        told.tell(|| {
            // Ended sessions are removed without an event.
            let rows = self.last_logged.iter();
            let rows =
                rows.filter(|(name, logged)| logged.tag.is_some() && name.table() != "sessions");
            self.expected_rows = rows.count() as u64;
            self.rows_progress()
        });
        let retries = self.told.retries();
        Ok(visit_all(&store, &retries, self).await?)
    }

    fn rows_progress(&self) -> AuditProgress {
        AuditProgress::Rows {
            done: self.report.rows,
            count: self.expected_rows.max(self.report.rows),
        }
    }

    /// The row with its last event, if it is to be compared.
    fn named<'a, R: Row>(&mut self, tagged: &'a Tagged<R>) -> Option<Named<'a, R>> {
        let name = RowName::new(R::TABLE, &tagged.row.row_id());
        match &self.only {
            None => self.report.rows += 1,
            Some(only) if only.contains(&name) => {}
            Some(_) => return None,
        }
        let logged = self.last_logged.remove(&name);
        Some((tagged, name, logged))
    }

    /// What differs, with the rows that events tell of and no table holds. Ended sessions are
    /// removed in time, without an event. After this the rows that differ can be compared once
    /// more.
    pub(super) fn differences(&mut self) -> BTreeSet<Difference> {
        let mut differences = std::mem::take(&mut self.differences);
        let mut logged = std::mem::take(&mut self.last_logged);
        logged.retain(|name, logged| {
            let missing = Difference::missing(name, logged).filter(|_| name.table() != "sessions");
            let is_missing = missing.is_some();
            differences.extend(missing);
            is_missing
        });
        let differing = std::mem::take(&mut self.differing);
        self.only = Some(differing.keys().chain(logged.keys()).cloned().collect());
        let differing = differing.into_iter();
        self.last_logged = differing
            .filter_map(|(name, logged)| Some((name, logged?)))
            .chain(logged)
            .collect();
        differences
    }
}

impl Visitor for Audit<'_> {
    fn visit<R: Row>(&mut self, tagged: &Tagged<R>) {
        self.visit_each(std::slice::from_ref(tagged));
    }

    fn visit_each<R: Row>(&mut self, rows: &[Tagged<R>]) {
        let named: Vec<_> = rows.iter().filter_map(|row| self.named(row)).collect();
        let (roots, upgrade) = (self.operator.service.roots(), self.upgrade);
        let differences = on_threads(&named, |(tagged, _, logged)| {
            Difference::of(roots, tagged, logged.as_ref(), upgrade)
        });
        for ((_, name, logged), difference) in named.into_iter().zip(differences) {
            if let Some(difference) = difference {
                self.differences.insert(difference);
                self.differing.insert(name, logged);
            }
        }
        if self.only.is_none() {
            self.told.tell(|| self.rows_progress());
        }
    }

    fn cannot_read(&mut self, table: &'static str) {
        // It is said once.
        if self.only.is_none() {
            self.find(format!("row 1 of {table} can't be read"));
        }
    }
}

/// The result of `work` for each item, in their order, from all processors.
fn on_threads<T: Sync, U: Send>(items: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let all = |items: &[T]| items.iter().map(&work).collect::<Vec<U>>();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    if items.len() < FEW || processors == 1 {
        return all(items);
    }
    let all = &all;
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(processors));
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || all(part))).collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(results) => results,
            Err(panic) => resume_unwind(panic),
        });
        joined.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_threads_are_in_the_order_of_the_items() {
        for count in [0, 1, FEW - 1, FEW, FEW + 1, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(on_threads(&items, |item| item * 2), doubled);
        }
    }
}
