//! Judges rows that were read.

use std::future::Future;
use std::sync::Arc;

use ats_pat_domain::Tagged;
use ats_pat_domain::event::Head;

use super::Currency;
use crate::ledger::rows::Row;
use crate::service::error::Error;
use crate::service::security::SECURITY;

/// How often rows are read again if changes overtake the reads.
pub(crate) const ATTEMPTS: u32 = 8;

/// Why a row is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// This service did not write it so.
    Altered { table: &'static str, id: String },
    /// A later change replaced or removed the row, perhaps just after it was read.
    Replaced {
        table: &'static str,
        id: String,
        /// The tag of the row that was read.
        tag: Vec<u8>,
    },
    /// The log is not known far enough to say.
    NotRead,
}

impl Currency {
    /// Returns the row if this service wrote it, and no later change replaced it. Before that,
    /// [follow](Currency::follow_to) the log up to its end at the time of the read.
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

    /// Reads rows, and returns the result of `judge` for them. `None` if there are none. Rows that
    /// a change overtook are read again. A row counts as put back only if a read that began after
    /// the change finds it again.
    ///
    /// # Errors
    /// [`Error::LogNotRead`], [`Error::LogLost`], and the errors of the read.
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
            // This is read after the rows, so the log was not longer when they were read.
            let head = self.store.events().head().await?;
            Ok(Some((found, head)))
        };
        self.judged_at(read, judge).await
    }

    /// Like [`judged`](Self::judged), for a read that also returns the end of the log.
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

    /// Like [`judged`](Self::judged). `None` also if the rows can't be used.
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

    /// Like [`certain`](Self::certain), for one row.
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

    /// Whether a list may show the row: it is genuine, and not known to be replaced. Decisions need
    /// [`certain`](Self::certain).
    pub(crate) fn shows<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        let Some(origin) = self.roots.origin(tagged) else {
            Doubt::altered(&tagged.row).tell();
            return false;
        };
        let stands = self.judge(R::TABLE, &tagged.row.row_id(), origin);
        // A row that was just written may be newer than the known log.
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

    /// Whether the doubt remains after the next read. `before` is the doubt about the read before.
    pub(crate) fn stands_after(&self, before: Option<&Self>) -> bool {
        match self {
            Self::Altered { .. } => true,
            // A read that began after the change found the row as it was before the change.
            Self::Replaced { .. } => before == Some(self),
            Self::NotRead => false,
        }
    }

    /// The doubt as a finding. `None` if there is none.
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

    /// Logs that somebody wrote to the database behind the program's back.
    pub(crate) fn tell(&self) {
        if let Some(finding) = self.in_words() {
            tracing::error!(
                target: SECURITY,
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
