//! Every row that has a tag, table by table.

use ats_pat_domain::Tagged;
use ats_pat_domain::port::{Store, StoreError};

use super::rows::Row;

/// How many rows are read at once.
const BATCH: u64 = 1000;

/// Looks at rows.
pub(crate) trait Visitor: Send {
    fn visit<R: Row>(&mut self, tagged: &Tagged<R>);

    fn visit_each<R: Row>(&mut self, rows: &[Tagged<R>]) {
        for tagged in rows {
            self.visit(tagged);
        }
    }

    /// The one row of its table can't be read. Of other tables, the store tells which rows it left
    /// out.
    fn cannot_read(&mut self, table: &'static str);
}

/// Shows the visitor every row that can be read.
pub(crate) async fn visit_all(
    store: &dyn Store,
    visitor: &mut impl Visitor,
) -> Result<(), StoreError> {
    visitor.visit_each(&store.users().all().await?);
    let mut after = None;
    loop {
        let batch = store.tokens().after(after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.row.id);
        visitor.visit_each(&batch);
    }
    let mut after = None;
    loop {
        let batch = store.secrets().after(after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.row.hash);
        visitor.visit_each(&batch);
    }
    let mut after = None;
    loop {
        let batch = store.status_places().after(after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.row.index);
        visitor.visit_each(&batch);
    }
    let mut after = None;
    loop {
        let from = after.as_ref().map(|(user, provider)| (*user, provider));
        let batch = store.identities().after(from, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some((last.row.user_id, last.row.provider.clone()));
        visitor.visit_each(&batch);
    }
    visitor.visit_each(&store.sessions().all().await?);
    visitor.visit_each(&store.keys().ring().await?.keys);
    visit_only(store.setup_links().current().await, visitor)?;
    for listed in store.operator_keys().all().await? {
        visitor.visit(&listed.key);
    }
    visitor.visit_each(&store.directory_groups().all().await?);
    visit_only(store.policy().current().await, visitor)
}

/// The one row of its table.
fn visit_only<R: Row>(
    read: Result<Option<Tagged<R>>, StoreError>,
    visitor: &mut impl Visitor,
) -> Result<(), StoreError> {
    match read {
        Ok(Some(row)) => visitor.visit(&row),
        Ok(None) => {}
        Err(StoreError::Corrupt { .. }) => visitor.cannot_read(R::TABLE),
        Err(error) => return Err(error),
    }
    Ok(())
}
