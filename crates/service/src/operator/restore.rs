//! Accepting a restored database, and bringing a copy from a backup up to what is known since.

use std::collections::BTreeSet;

use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::{Problem, UserId};

use super::keys::Rotation;
use super::since::Since;
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

/// What becomes of the rights in a copy from a backup, before it takes the place of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreWish {
    /// All rights are treated alike, as [`RestoreChoice`] says.
    Choice(RestoreChoice),
    /// What was taken away since the backup stays away, as far as is known. Every session is ended.
    RevokeSince(Since),
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

/// What was done to a copy from a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The number of the last event that was given up.
    pub given_up_seq: i64,
    /// The number of the last event now.
    pub head_seq: i64,
    /// How many tokens were revoked.
    pub revoked: u64,
    /// The names of the users that were disabled.
    pub disabled: Vec<String>,
    /// How many users' personal details were erased once more.
    pub erased: u64,
    /// How many operator keys were revoked.
    pub operator_keys_revoked: u64,
    /// Whether new signing keys were made, because others may know those of the backup.
    pub signing_keys_replaced: bool,
    /// Whether the policy is an older one than was in force.
    pub policy_is_older: bool,
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
        let accept = Accept::of(given_up.seq, &RestoreWish::Choice(choice));
        let revoked = service.change(Authority::Operator, accept).await?;
        let head = service.keep_restored().await?;
        Ok(Accepted {
            given_up_seq: given_up.seq,
            head_seq: head.seq,
            revoked,
        })
    }

    /// Makes a copy from a backup ready to take the place of a database whose log ended at
    /// `last_seq`, and of what the anchor last saw: the copy names the end that is given up, and
    /// loses the rights that `wish` says. No server uses the copy yet, so this may be many changes.
    ///
    /// # Errors
    /// As [`Service::open`].
    pub async fn restore(
        parts: Parts,
        wish: &RestoreWish,
        last_seq: i64,
    ) -> Result<Restored, OpenError> {
        let (service, behind) =
            Self::open_as(parts, Rules::default(), Opener::AcceptsRestore).await?;
        let anchor_seq = behind.map_or(0, |head| head.seq);
        let own_seq = service.store().events().head().await?.seq;
        let mut restored = Restored {
            given_up_seq: own_seq.max(anchor_seq).max(last_seq),
            ..Restored::default()
        };
        let accept = Accept::of(restored.given_up_seq, wish);
        restored.revoked = service.change(Authority::Operator, accept).await?;
        if let RestoreWish::RevokeSince(since) = wish {
            service.repeat(since, &mut restored).await?;
        }
        restored.head_seq = service.keep_restored().await?.seq;
        Ok(restored)
    }

    /// Keeps the head in the anchor, even if the restored log is shorter than the one given up.
    async fn keep_restored(&self) -> Result<Head, Error> {
        let head = self.store().events().head().await?;
        let accepted = last_acceptance(self.store(), self.roots()).await?;
        self.inner.changes.anchor.replace(Kept {
            head,
            accepted: accepted.map(|accepted| accepted.hash),
        });
        self.flush().await;
        Ok(head)
    }

    /// Takes away again what was taken away since the backup.
    async fn repeat(&self, since: &Since, restored: &mut Restored) -> Result<(), Error> {
        let operator = self.operator();
        for token in &since.tokens {
            let revoked = unless_missing(operator.revoke_token(&token.to_string()).await)?;
            restored.revoked += u64::from(revoked.is_some());
        }
        for key in &since.operator_keys {
            let revoked = unless_missing(operator.revoke_operator_key(&key.to_string()).await)?;
            restored.operator_keys_revoked += u64::from(revoked.is_some());
        }
        for user in &since.erased {
            // Nobody is left to keep the last administrator for: that one was erased, too.
            match unless_missing(operator.erase_user(*user).await) {
                Ok(erased) => restored.erased += u64::from(erased.is_some()),
                Err(Error::LastAdministrator { .. }) => {
                    self.disable_again(*user, restored).await?;
                }
                Err(error) => return Err(error),
            }
        }
        let disabled = since
            .disabled
            .iter()
            .filter(|(_, is_disabled)| **is_disabled);
        let users: BTreeSet<UserId> = disabled
            .map(|(user, _)| *user)
            .chain(since.signing_in.iter().copied())
            .filter(|user| !since.erased.contains(user))
            .collect();
        for user in users {
            self.disable_again(user, restored).await?;
        }
        if since.compromised {
            operator.rotate_keys(Rotation::Compromised).await?;
            restored.signing_keys_replaced = true;
        }
        restored.policy_is_older = since.policy_changed;
        Ok(())
    }

    async fn disable_again(&self, user: UserId, restored: &mut Restored) -> Result<(), Error> {
        let disabled = unless_missing(self.operator().disable_even_the_last(user).await)?;
        restored
            .disabled
            .extend(disabled.map(|user| user.user_name));
        Ok(())
    }
}

/// What was made after the backup is not in it.
fn unless_missing<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(
            Error::UserNotFound { .. }
            | Error::Refused(Problem::TokenNotFound | Problem::UserNotFound),
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

struct Accept {
    given_up_seq: i64,
    choice: &'static str,
    ends_sessions: bool,
    revokes_all: bool,
}

impl Accept {
    fn of(given_up_seq: i64, wish: &RestoreWish) -> Self {
        let (choice, ends_sessions, revokes_all) = match wish {
            RestoreWish::Choice(RestoreChoice::Keep) => ("keep", false, false),
            RestoreWish::Choice(RestoreChoice::RevokeAll) => ("revoke-all", true, true),
            RestoreWish::RevokeSince(_) => ("revoke-since", true, false),
        };
        Self {
            given_up_seq,
            choice,
            ends_sessions,
            revokes_all,
        }
    }
}

impl Change for Accept {
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        // The higher of both ends: the restored log may have grown since.
        let given_up = self
            .given_up_seq
            .max(draft.read().events().head().await?.seq);
        draft.record(
            draft
                .entry(EventKind::RestoreAccepted, &given_up)
                .detail("GivenUpSeq", given_up)
                .detail("Choice", self.choice),
        );
        if self.ends_sessions {
            end_sessions(draft).await?;
        }
        let revoked = if self.revokes_all {
            revoke_tokens(draft, None).await?
        } else {
            0
        };
        Ok((revoked, Taken::Now))
    }
}

async fn end_sessions(draft: &Draft<'_>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for tagged in draft.read().sessions().all().await? {
        let user = tagged.row.user_id;
        if !seen.insert(user) {
            continue;
        }
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
