//! Every row that has a tag, table by table.

use std::future::Future;
use std::sync::Arc;

use ats_pat_domain::Tagged;
use ats_pat_domain::port::{Store, StoreError};
use tokio::task::JoinHandle;

use super::reading_ahead::{Retries, finished};
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
    store: &Arc<dyn Store>,
    retries: &Retries,
    visitor: &mut impl Visitor,
) -> Result<(), StoreError> {
    visitor.visit_each(&retries.read(|| store.users().all()).await?);
    let pages = Pages { store, retries };
    let read = |store: Arc<dyn Store>, after| async move {
        let tokens = store.tokens();
        tokens.after(after, BATCH).await
    };
    pages.visit(visitor, read, |token| token.id).await?;
    let read = |store: Arc<dyn Store>, after| async move {
        let secrets = store.secrets();
        secrets.after(after, BATCH).await
    };
    pages.visit(visitor, read, |secret| secret.hash).await?;
    let read = |store: Arc<dyn Store>, after| async move {
        let places = store.status_places();
        places.after(after, BATCH).await
    };
    pages.visit(visitor, read, |place| place.index).await?;
    let read = |store: Arc<dyn Store>, after: Option<(_, _)>| async move {
        let from = after.as_ref().map(|(user, provider)| (*user, provider));
        store.identities().after(from, BATCH).await
    };
    pages
        .visit(visitor, read, |linked| {
            (linked.user_id, linked.provider.clone())
        })
        .await?;
    visitor.visit_each(&retries.read(|| store.sessions().all()).await?);
    visitor.visit_each(&retries.read(|| store.keys().ring()).await?.keys);
    visit_only(
        retries.read(|| store.setup_links().current()).await,
        visitor,
    )?;
    for listed in retries.read(|| store.operator_keys().all()).await? {
        visitor.visit(&listed.key);
    }
    visitor.visit_each(&retries.read(|| store.directory_groups().all()).await?);
    visit_only(retries.read(|| store.policy().current()).await, visitor)
}

/// Reads tables of many rows.
struct Pages<'a> {
    store: &'a Arc<dyn Store>,
    retries: &'a Retries,
}

impl Pages<'_> {
    /// Reads the next page while the visitor looks at the one before.
    async fn visit<R, K, F>(
        &self,
        visitor: &mut impl Visitor,
        read: impl Fn(Arc<dyn Store>, Option<K>) -> F + Copy + Send + Sync + 'static,
        key: fn(&R) -> K,
    ) -> Result<(), StoreError>
    where
        R: Row,
        K: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Vec<Tagged<R>>, StoreError>> + Send + 'static,
    {
        let mut reading = self.read(read, None);
        loop {
            let rows = finished(reading).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            reading = self.read(read, Some(key(&last.row)));
            visitor.visit_each(&rows);
        }
    }

    fn read<R, K, F>(
        &self,
        read: impl Fn(Arc<dyn Store>, Option<K>) -> F + Send + Sync + 'static,
        after: Option<K>,
    ) -> JoinHandle<Result<Vec<Tagged<R>>, StoreError>>
    where
        R: Row,
        K: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Vec<Tagged<R>>, StoreError>> + Send + 'static,
    {
        let (store, retries) = (Arc::clone(self.store), self.retries.clone());
        tokio::spawn(async move {
            retries
                .read(|| read(Arc::clone(&store), after.clone()))
                .await
        })
    }
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
