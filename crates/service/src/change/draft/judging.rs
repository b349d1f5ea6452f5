//! Judges the rows that a change reads, before it uses them.

use ats_pat_auth::Origin;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::{Tagged, Token, TokenId};

use super::Draft;
use crate::ledger::Replaces;
use crate::ledger::currency::Patience;
use crate::ledger::rows::{Grants, Row, altered};
use crate::service::error::{Error, causes};

/// What is known of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// This service wrote the row, and it is current.
    Genuine,
    /// Somebody planted or altered the row, or put an older one back.
    Planted,
    /// This service wrote the row. It can't be told now whether it is current.
    Unknown,
}

impl Draft<'_> {
    /// Returns the row if it is genuine and current.
    ///
    /// # Errors
    /// [`Error::Tampered`] for a row that was planted, altered, or put back. [`Error::LogNotRead`].
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

    /// Returns the row if it is genuine and current. Otherwise logs it and returns `None`.
    pub(crate) async fn genuine<R: Row>(&self, tagged: Tagged<R>) -> Result<Option<R>, Error> {
        match self.check(tagged).await {
            Ok(row) => Ok(Some(row)),
            Err(Error::Tampered { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the row, and what is known of it. A change that only takes rights away uses the row
    /// in any case. So nobody can prevent it with write access to the database alone.
    pub(crate) async fn judge<R: Row>(&self, tagged: Tagged<R>) -> (R, Judgement) {
        let origin = self.roots().origin(&tagged);
        let judgement = match origin {
            None => Judgement::Planted,
            Some(origin) => {
                // A user's row can get new rights later, so it is worth a longer wait.
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
                        // A statement of this transaction failed, so all of it must be tried again
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

    /// Whether a row was planted, altered or put back, or this can't be told now. Unlike
    /// [`judge`](Self::judge) it reads no event, because it is for many rows.
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

    /// Waits until the log is known up to the start of this change. Others wait for the change
    /// meanwhile, so it waits only once, and not again for each row.
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
            // This database doesn't have all of the log that was read before.
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
            // A row that this service did not write may have any content.
            until: origin.and_then(|_| row.grants().until_millis(of_token)),
        };
        written.read.insert((R::TABLE, row.row_id()), replaces);
    }

    /// Whether the change should be tried again after the log was read, because it can't be told
    /// now whether a row is current.
    pub(crate) fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// Why the transaction can't go on, even if the change could.
    pub(in crate::change) fn failure(&self) -> Option<StoreError> {
        self.written.lock().failed.take()
    }
}
