//! What a change reads, judged before it is gone by.

use ats_pat_auth::Origin;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::{Tagged, Token, TokenId};

use super::Draft;
use crate::ledger::Replaces;
use crate::ledger::currency::Patience;
use crate::ledger::rows::{Grants, Row, altered};
use crate::service::error::{Error, causes};

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The one that the log says stands there.
    Genuine,
    /// From somebody else, altered, or an older one that was put back.
    Planted,
    /// From this service. Whether it was replaced can't be told now.
    Unknown,
}

impl Draft<'_> {
    /// The row, if it is the one that the log says stands there.
    ///
    /// # Errors
    /// [`Error::Tampered`] for a row that was planted, altered, or put back; [`Error::LogNotRead`].
    pub(crate) async fn check<R: Row>(&self, tagged: Tagged<R>) -> Result<R, Error> {
        let origin = self.roots().origin(&tagged);
        let origin = origin.ok_or_else(|| altered(&tagged.row, "was planted or altered"))?;
        self.follow(Patience::Prompt).await?;
        if !self.stands(&tagged, origin).await? {
            return Err(altered(&tagged.row, "is an older one, put back"));
        }
        self.note_read(&tagged.row, Some(origin));
        Ok(tagged.row)
    }

    /// The row, if it is the one that the log says stands there; `None` where it is not, which is
    /// logged.
    pub(crate) async fn genuine<R: Row>(&self, tagged: Tagged<R>) -> Result<Option<R>, Error> {
        match self.check(tagged).await {
            Ok(row) => Ok(Some(row)),
            Err(Error::Tampered { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The row, and whether it is the one that the log says stands there. What only takes away goes
    /// on without: nobody who can only write to the database keeps a right from being taken.
    pub(crate) async fn judge<R: Row>(&self, tagged: Tagged<R>) -> (R, Judgement) {
        let origin = self.roots().origin(&tagged);
        let judgement = match origin {
            None => Judgement::Planted,
            Some(origin) => {
                // What is left of a user can be given rights again, so it is worth a longer wait.
                let patience = if tagged.row.grants() == Grants::ForEver {
                    Patience::Prompt
                } else {
                    Patience::Short
                };
                let followed = self.follow(patience).await;
                let stands = match followed {
                    Ok(()) => self.stands(&tagged, origin).await,
                    Err(error) => Err(error),
                };
                match stands {
                    Ok(true) => Judgement::Genuine,
                    Ok(false) => Judgement::Planted,
                    Err(Error::Store(error)) => {
                        // A statement of this transaction failed: the whole of it is tried again,
                        // or given up.
                        self.written.lock().failed.get_or_insert(error);
                        Judgement::Unknown
                    }
                    Err(error) => {
                        tracing::warn!(cause = %causes(&error), "a row can't be judged now; what takes away goes on");
                        Judgement::Unknown
                    }
                }
            }
        };
        self.note_read(&tagged.row, origin);
        (tagged.row, judgement)
    }

    /// Whether a row was planted, altered or put back, or that can't be told now. Unlike
    /// [`judge`](Self::judge) it reads no event: for rows of which there are many.
    pub(crate) async fn may_be_replaced<R: Row>(&self, tagged: &Tagged<R>) -> bool {
        let Some(origin) = self.roots().origin(tagged) else {
            return true;
        };
        let currency = &self.changes.currency;
        let stands = match self.follow(Patience::Short).await {
            Ok(()) => currency.judge(R::TABLE, &tagged.row.row_id(), origin),
            Err(error) => Err(error),
        };
        !stands.unwrap_or(false)
    }

    /// Makes sure that the log is known up to where this change begins. Others wait meanwhile, so a
    /// change waits once: what could not be read for one row is not waited for at the next.
    pub(crate) async fn follow(&self, patience: Patience) -> Result<(), Error> {
        let gave_up = self.written.lock().gave_up;
        if gave_up.is_some_and(|before| before >= patience) {
            return Err(Error::LogNotRead);
        }
        let followed = self
            .changes
            .currency
            .follow_within(patience, self.transaction.head())
            .await;
        if followed.is_err() {
            self.written.lock().gave_up = Some(patience);
        }
        followed
    }

    async fn stands<R: Row>(&self, tagged: &Tagged<R>, origin: Origin) -> Result<bool, Error> {
        let head = self.transaction.head();
        if origin.seq > head.seq && self.is_own(origin) {
            return Ok(true);
        }
        let currency = &self.changes.currency;
        if currency.epoch_after(head).is_none() {
            // This database is behind what was read of the log before.
            return Err(Error::LogNotRead);
        }
        let id = tagged.row.row_id();
        Ok(currency.judge(R::TABLE, &id, origin)?
            && self
                .changes
                .confirmed(self.transaction, R::TABLE, &id, &tagged.tag, origin)
                .await?)
    }

    fn is_own(&self, origin: Origin) -> bool {
        let written = self.written.lock();
        let mut ids = written.ids.iter();
        ids.any(|id| *id.as_uuid().as_bytes() == origin.event)
    }

    pub(super) fn note_read<R: Row>(&self, row: &R, origin: Option<Origin>) {
        let mut written = self.written.lock();
        let of_token = |id: TokenId| {
            let read = written.read.get(&(Token::TABLE, id.to_string()));
            read.and_then(|token| token.until)
        };
        let replaces = Replaces {
            seq: origin.map(|origin| origin.seq),
            // A row that this service did not write may say anything.
            until: origin.and_then(|_| row.grants().until_millis(of_token)),
        };
        written.read.insert((R::TABLE, row.row_id()), replaces);
    }

    /// Whether a row that can't be judged now had better wait: the change is tried again, after the
    /// log was read.
    pub(crate) fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Why the transaction can't go on, though what takes away would.
    pub(in crate::change) fn failure(&self) -> Option<StoreError> {
        self.written.lock().failed.take()
    }
}
