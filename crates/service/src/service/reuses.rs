//! Uses of dead secrets. Whoever sends one has an old copy, as the owner or as a thief.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::{Timestamp, TokenId};
use parking_lot::Mutex;

use crate::change::{Change, Draft, Taken};
use crate::service::client::Client;
use crate::service::error::Error;

/// The shortest time between two events about the same token.
const EVENT_EVERY: Duration = Duration::from_hours(1);
/// How many tokens are remembered at once.
const MOST_TOKENS: usize = 10_000;
/// How many tokens one change reports, because other changes wait for it.
const RECORDED_AT_ONCE: usize = 100;

/// Why a secret is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Another secret replaced it.
    Replaced,
    /// Its token was revoked.
    Revoked,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
        }
    }
}

/// The uses that the event log must get. They are collected, so that many of them don't keep the
/// event log locked.
#[derive(Default)]
pub(crate) struct Reuses(Mutex<HashMap<TokenId, Reuse>>);

#[derive(Default)]
struct Reuse {
    unrecorded: Option<Use>,
    recorded_at: Option<Duration>,
}

/// A use of a dead secret.
#[derive(Clone)]
pub(crate) struct Use {
    ended: Ended,
    at: Timestamp,
    from: IpAddr,
}

impl Reuses {
    /// Notes a use. If there are several, the first one is reported.
    pub(crate) fn note(&self, token: TokenId, ended: Ended, at: Timestamp, from: IpAddr) {
        let mut reuses = self.0.lock();
        if reuses.len() < MOST_TOKENS || reuses.contains_key(&token) {
            let reuse = reuses.entry(token).or_default();
            reuse.unrecorded.get_or_insert(Use { ended, at, from });
        }
    }

    /// The uses to report at `now`: one for each token in an hour. If there are too many for one
    /// change, the rest follow next time.
    pub(crate) fn due(&self, now: Duration) -> Vec<(TokenId, Use)> {
        let mut due = Vec::new();
        self.0.lock().retain(|token, reuse| {
            let recorded_at = reuse.recorded_at;
            if recorded_at.is_some_and(|recorded_at| now.saturating_sub(recorded_at) < EVENT_EVERY)
            {
                // There is an event for this hour.
                reuse.unrecorded = None;
                return true;
            }
            if due.len() == RECORDED_AT_ONCE {
                return true;
            }
            let Some(used) = reuse.unrecorded.take() else {
                return false;
            };
            due.push((*token, used));
            reuse.recorded_at = Some(now);
            true
        });
        due
    }

    /// Takes back uses that could not be reported.
    pub(crate) fn put_back(&self, unrecorded: Vec<(TokenId, Use)>) {
        let mut reuses = self.0.lock();
        for (token, used) in unrecorded {
            let reuse = Reuse {
                unrecorded: Some(used),
                recorded_at: None,
            };
            reuses.insert(token, reuse);
        }
    }
}

/// Records the uses of dead secrets.
#[derive(Clone)]
pub(crate) struct RecordReuse {
    pub(crate) due: Vec<(TokenId, Use)>,
}

impl Change for RecordReuse {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        for (id, used) in &self.due {
            let Some(listed) = draft.read().tokens().by_id(*id).await? else {
                continue;
            };
            if was_recorded(draft, *id).await? {
                continue;
            }
            let token = listed.token.row;
            draft.note_reuse(*id, used.at).await?;
            draft.record(
                draft
                    .entry(EventKind::EndedSecretUsed, id)
                    .owner(token.owner_id)
                    .detail("Ended", used.ended.as_str())
                    .detail("UsedAt", used.at.to_string())
                    .personal("Name", token.name.as_str())
                    .personal("Address", Client::from(used.from).address_text()),
            );
        }
        Ok(((), Taken::Nothing))
    }
}

/// Whether there is an event for this hour, from another server or from this one before it
/// restarted. This is read from the log and not from the token's row, because otherwise uses could
/// be hidden with write access to the database alone.
async fn was_recorded(draft: &Draft<'_>, id: TokenId) -> Result<bool, Error> {
    let filter = EventFilter {
        kind: Some(EventKind::EndedSecretUsed.as_str().to_owned()),
        subjects: Some(vec![id.to_string()]),
        limit: 1,
        ..EventFilter::default()
    };
    let last = draft.read().events().newest(&filter).await?;
    // Clocks differ, so the other server's may be ahead.
    let is_near = |at: Timestamp| draft.now.since(at).max(at.since(draft.now)) < EVENT_EVERY;
    Ok(last.first().is_some_and(|event| is_near(event.at)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const FROM: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn token(number: u128) -> TokenId {
        TokenId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_token_is_recorded_once_in_an_hour() {
        let reuses = Reuses::default();
        let recorded = |now: Duration| {
            let due = reuses.due(now);
            due.into_iter().map(|(_, used)| used.at).collect::<Vec<_>>()
        };
        let minute = Duration::from_mins(1);
        for second in 1..=3 {
            reuses.note(token(1), Ended::Replaced, at(second), FROM);
        }
        assert_eq!(recorded(minute), [at(1)]);
        reuses.note(token(1), Ended::Replaced, at(70), FROM);
        assert_eq!(recorded(2 * minute), []);
        reuses.note(token(1), Ended::Revoked, at(3_700), FROM);
        assert_eq!(recorded(62 * minute), [at(3_700)]);
        assert_eq!(recorded(200 * minute), []);
        assert!(reuses.0.lock().is_empty());
    }

    #[test]
    fn uses_that_could_not_be_recorded_come_again() {
        let reuses = Reuses::default();
        reuses.note(token(1), Ended::Replaced, at(1), FROM);
        let due = reuses.due(Duration::ZERO);
        reuses.put_back(due);
        assert_eq!(reuses.due(Duration::ZERO).len(), 1);
    }

    #[test]
    fn any_number_of_tokens_takes_limited_memory() {
        let reuses = Reuses::default();
        for number in 0..MOST_TOKENS + 5 {
            reuses.note(token(number as u128), Ended::Replaced, at(1), FROM);
        }
        assert_eq!(reuses.0.lock().len(), MOST_TOKENS);
        let mut recorded = 0;
        loop {
            let due = reuses.due(Duration::ZERO).len();
            assert!(due <= RECORDED_AT_ONCE);
            recorded += due;
            if due == 0 {
                break;
            }
        }
        assert_eq!(recorded, MOST_TOKENS);
    }
}
