//! Accepting a restored database.

use ats_pat_domain::event::{EventKind, Head};

use crate::cache::decisions::Rules;
use crate::change::{Authority, Change, Draft, Taken};
use crate::ledger::anchor::Kept;
use crate::ledger::last_acceptance;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::open::{OpenError, Opener, Parts};
use crate::tokens::revoke_tokens;

/// What becomes of the rights in a restored database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreChoice {
    /// Tokens and sessions are as in the backup: what was revoked or regenerated since works again.
    Keep,
    /// Every token is revoked and every session ended.
    RevokeAll,
}

/// What accepting a restore did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The number of the last event that was given up.
    pub given_up_seq: i64,
    /// The number of the last event now.
    pub head_seq: i64,
    /// How many tokens were revoked.
    pub revoked: u64,
}

impl Service {
    /// Accepts that the database is older than what the data folder last saw: appends an event that
    /// names the head given up, which servers take in place of their anchors up to that number.
    ///
    /// # Errors
    /// [`Error::NothingToAccept`] where the database is not behind; else as [`Service::open`].
    pub async fn accept_restore(
        parts: Parts,
        choice: RestoreChoice,
    ) -> Result<Accepted, OpenError> {
        let (service, behind) =
            Self::open_as(parts, Rules::default(), Opener::AcceptsRestore).await?;
        let Some(given_up) = behind else {
            return Err(OpenError::Change(Error::NothingToAccept));
        };
        let accept = Accept { given_up, choice };
        let revoked = service.change(Authority::Operator, accept).await?;
        // Kept here even where the restored log is shorter than the one given up.
        let head = service.store().events().head().await?;
        let accepted = last_acceptance(service.store(), service.roots()).await?;
        service.inner.changes.anchor.replace(Kept {
            head,
            accepted: accepted.map(|accepted| accepted.hash),
        });
        service.flush().await;
        Ok(Accepted {
            given_up_seq: given_up.seq,
            head_seq: head.seq,
            revoked,
        })
    }
}

struct Accept {
    given_up: Head,
    choice: RestoreChoice,
}

impl Change for Accept {
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        let choice = match self.choice {
            RestoreChoice::Keep => "keep",
            RestoreChoice::RevokeAll => "revoke-all",
        };
        // The higher of both ends: the restored log may have grown since.
        let given_up = self
            .given_up
            .seq
            .max(draft.read().events().head().await?.seq);
        draft.record(
            draft
                .entry(EventKind::RestoreAccepted, &given_up)
                .detail("GivenUpSeq", given_up)
                .detail("Choice", choice),
        );
        let revoked = match self.choice {
            RestoreChoice::Keep => 0,
            RestoreChoice::RevokeAll => {
                end_sessions(draft).await?;
                revoke_tokens(draft, None).await?
            }
        };
        Ok((revoked, Taken::Now))
    }
}

async fn end_sessions(draft: &Draft<'_>) -> Result<(), Error> {
    for tagged in draft.read().sessions().all().await? {
        let user = tagged.row.user_id;
        let ended = draft.delete_sessions_of(user).await?;
        if ended > 0 {
            draft.record(
                draft
                    .entry(EventKind::SessionEnded, &user)
                    .owner(user)
                    .detail("SessionsEnded", ended),
            );
        }
    }
    Ok(())
}
