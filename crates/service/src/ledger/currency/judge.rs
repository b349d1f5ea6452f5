//! Judging what was read.

use std::future::Future;
use std::sync::Arc;

use ats_pat_domain::Tagged;
use ats_pat_domain::event::Head;

use super::Currency;
use crate::ledger::rows::Row;
use crate::service::error::Error;

/// How often rows are read anew that changes overtake.
pub(crate) const ATTEMPTS: u32 = 8;

/// Why a row is not gone by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// This service did not write it so.
    Altered { table: &'static str, id: String },
    /// A later change wrote the row, or removed it. It may have been read just before.
    Replaced {
        table: &'static str,
        id: String,
        /// The row's tag.
        tag: Vec<u8>,
    },
    /// The log is not known far enough.
    NotRead,
}

impl Currency {
    /// The row, if this service wrote it, and no later change another one in its place. The log
    /// must be [followed](Currency::follow_to) up to where it was when the row was read.
    pub(crate) fn check<R: Row>(&self, tagged: Tagged<R>) -> Result<R, Doubt> {
        let Some(origin) = self.roots.origin(&tagged) else {
            return Err(Doubt::altered(&tagged.row));
        };
        let id = tagged.row.row_id();
        let stands = self.judge(R::TABLE, &id, origin).ok();
        if (self.rules.counts)(stands) {
            return Ok(tagged.row);
        }
        Err(match stands {
            Some(_) => Doubt::Replaced {
                table: R::TABLE,
                id,
                tag: tagged.tag.bytes,
            },
            None => Doubt::NotRead,
        })
    }

    /// Reads rows, and gives what `judge` makes of them; `None` where there are none. What a change
    /// overtook is read anew: a row counts as put back only if a read that began after the change
    /// finds it again.
    ///
    /// # Errors
    /// [`Error::LogNotRead`], [`Error::LogLost`], and those of the read.
    pub(crate) async fn judged<T, U, F>(
        self: &Arc<Self>,
        read: impl Fn() -> F + Send + Sync,
        judge: impl Fn(T) -> Result<U, Doubt> + Send,
    ) -> Result<Option<Result<U, Doubt>>, Error>
    where
        T: Send,
        F: Future<Output = Result<Option<T>, Error>> + Send,
    {
        let read = || async {
            let Some(found) = read().await? else {
                return Ok(None);
            };
            // Read later than the rows: the log was not longer when they were read.
            let head = self.store.events().head().await?;
            Ok(Some((found, head)))
        };
        self.judged_at(read, judge).await
    }

    /// As [`judged`](Self::judged), of what is read with the end of the log.
    pub(crate) async fn judged_at<T, U, F>(
        self: &Arc<Self>,
        read: impl Fn() -> F + Send + Sync,
        judge: impl Fn(T) -> Result<U, Doubt> + Send,
    ) -> Result<Option<Result<U, Doubt>>, Error>
    where
        T: Send,
        F: Future<Output = Result<Option<(T, Head)>, Error>> + Send,
    {
        let mut before = None;
        for _ in 0..ATTEMPTS {
            let Some((found, head)) = read().await? else {
                return Ok(None);
            };
            self.follow_to(head).await?;
            match judge(found) {
                Err(doubt) if doubt.stands_after(before.as_ref()) => {
                    doubt.tell();
                    return Ok(Some(Err(doubt)));
                }
                Err(doubt) => before = Some(doubt),
                Ok(certain) => return Ok(Some(Ok(certain))),
            }
        }
        Err(Error::LogNotRead)
    }

    /// As [`judged`](Self::judged); `None` also where there are none to go by.
    pub(crate) async fn certain<T, U, F>(
        self: &Arc<Self>,
        read: impl Fn() -> F + Send + Sync,
        judge: impl Fn(T) -> Result<U, Doubt> + Send,
    ) -> Result<Option<U>, Error>
    where
        T: Send,
        F: Future<Output = Result<Option<T>, Error>> + Send,
    {
        Ok(self.judged(read, judge).await?.and_then(Result::ok))
    }

    /// As [`certain`](Self::certain), of one row.
    pub(crate) async fn certain_row<R, F>(
        self: &Arc<Self>,
        read: impl Fn() -> F + Send + Sync,
    ) -> Result<Option<R>, Error>
    where
        R: Row + Send,
        F: Future<Output = Result<Option<Tagged<R>>, Error>> + Send,
    {
        self.certain(read, |tagged| self.check(tagged)).await
    }

    /// Whether a row may be shown in a list: it is genuine, and not known to be replaced. What
    /// decides is judged by [`certain`](Self::certain).
    pub(crate) fn shows<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        let Some(origin) = self.roots.origin(tagged) else {
            Doubt::altered(&tagged.row).tell();
            return false;
        };
        let stands = self.judge(R::TABLE, &tagged.row.row_id(), origin);
        // What was written just now may be ahead of what is known.
        stands.unwrap_or(true) || self.is_ahead(origin.seq)
    }

    fn is_ahead(&self, seq: i64) -> bool {
        self.head().is_some_and(|head: Head| head.seq < seq)
    }
}

impl Doubt {
    pub(crate) fn altered<R: Row>(row: &R) -> Self {
        Self::Altered {
            table: R::TABLE,
            id: row.row_id(),
        }
    }

    /// Whether it stands, where the read before came to `before`.
    pub(crate) fn stands_after(&self, before: Option<&Self>) -> bool {
        match self {
            Self::Altered { .. } => true,
            // A read that began after the change found the row as it was before the change.
            Self::Replaced { .. } => before == Some(self),
            Self::NotRead => false,
        }
    }

    /// As a finding says it; `None` where nothing was found.
    pub(crate) fn in_words(&self) -> Option<String> {
        match self {
            Self::Altered { table, id } => {
                Some(format!("row {id} of {table} was planted or altered"))
            }
            Self::Replaced { table, id, .. } => {
                Some(format!("row {id} of {table} is an older one, put back"))
            }
            Self::NotRead => None,
        }
    }

    /// Says that somebody wrote to the database.
    pub(crate) fn tell(&self) {
        if let Some(finding) = self.in_words() {
            tracing::error!(
                finding,
                "the database was altered behind the program's back"
            );
        }
    }
}

impl From<Doubt> for Error {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Altered { table, id } | Doubt::Replaced { table, id, .. } => {
                Self::Tampered { table, id }
            }
            Doubt::NotRead => Self::LogNotRead,
        }
    }
}
