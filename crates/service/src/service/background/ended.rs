//! Removes the entries of tokens that expired long ago, where the settings ask for it.
//!
//! A token stays as long as a place in the status list is its own. Places go to other tokens in the
//! order in which they became free, so at most as many entries stay as the list has places.

use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Timestamp, TokenId};

use crate::change::{Change, Draft, Taken};
use crate::service::Service;
use crate::service::error::Error;

const DAY: Duration = Duration::from_hours(24);
/// Not earlier, in days: the log forgets rows that were replaced two days after they could grant
/// anything, and clocks differ.
const FEWEST: u32 = 3;
/// How many tokens one statement looks at.
const BATCH: u64 = 1000;
/// How many statements are in one turn.
const BATCHES: u32 = 20;
/// How many tokens one change removes, so that no other change waits long.
const REMOVED_AT_ONCE: usize = 10;

/// The last token of the walk. `None` at its start.
#[derive(Default)]
pub(super) struct Walk(Option<TokenId>);

impl Service {
    /// Looks at every token, and removes those that expired before the time that the settings say.
    /// Returns how many.
    ///
    /// # Errors
    /// Those of the database. What was removed before stays so.
    pub async fn remove_ended_tokens(&self) -> Result<u64, Error> {
        let mut walk = Walk::default();
        let mut removed = 0;
        loop {
            removed += self.remove_ended_of(&mut walk).await?;
            if walk.0.is_none() {
                return Ok(removed);
            }
        }
    }

    /// Does a turn of the walk.
    pub(super) async fn remove_some_ended(&self, walk: &mut Walk) -> Result<(), Error> {
        for _ in 0..BATCHES {
            let removed = self.remove_ended_of(walk).await?;
            if removed > 0 {
                tracing::info!(
                    removed,
                    "entries of tokens that expired long ago were removed"
                );
            }
            if walk.0.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn remove_ended_of(&self, walk: &mut Walk) -> Result<u64, Error> {
        let days = self.inner.settings.ended_tokens_days;
        if days == 0 {
            walk.0 = None;
            return Ok(0);
        }
        let expired_before = self.now().before(DAY.saturating_mul(days.max(FEWEST)));
        let tokens = self.store().tokens();
        let (found, last) = tokens.removable(walk.0, BATCH, expired_before).await?;
        let remove = |ids| RemoveEnded {
            ids,
            expired_before,
        };
        let removed = self
            .change_in_parts(&found, REMOVED_AT_ONCE, remove)
            .await?;
        // This is last, so that a failed turn is tried again.
        walk.0 = last;
        Ok(removed)
    }
}

struct RemoveEnded {
    ids: Vec<TokenId>,
    expired_before: Timestamp,
}

impl RemoveEnded {
    /// Removes the token if that is due. Rows that are not genuine are left as they are: they grant
    /// nothing, and `audit verify` names them.
    async fn remove(&self, draft: &Draft<'_>, id: TokenId) -> Result<bool, Error> {
        let Some(listed) = draft.read().tokens().by_id(id).await? else {
            return Ok(false);
        };
        let Some(token) = draft.genuine(listed.token).await? else {
            return Ok(false);
        };
        if token.expires_at >= self.expired_before
            || draft.read().status_places().has_place(id).await?
        {
            return Ok(false);
        }
        let mut secrets = Vec::new();
        for secret in draft.read().secrets().of_token(id).await? {
            match draft.genuine(secret).await? {
                Some(secret) => secrets.push(secret),
                None => return Ok(false),
            }
        }
        draft.delete_token(&token, &secrets).await?;
        let entry = draft.entry(EventKind::TokenRemoved, &id);
        draft.record(
            entry
                .owner(token.owner_id)
                .personal("Name", token.name.as_str()),
        );
        Ok(true)
    }
}

impl Change for RemoveEnded {
    /// How many tokens were removed.
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        let mut removed = 0;
        for id in &self.ids {
            removed += u64::from(self.remove(draft, *id).await?);
        }
        // They granted nothing any more.
        Ok((removed, Taken::Nothing))
    }
}
