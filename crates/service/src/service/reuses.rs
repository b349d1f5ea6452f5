//! Secrets that are used after their end: whoever sends one has an old copy, its owner or a thief.

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

/// How far apart the events of one token are.
const EVENT_EVERY: Duration = Duration::from_hours(1);
/// Of how many tokens uses are remembered at once.
const MOST_TOKENS: usize = 10_000;
/// Of how many tokens one change tells: others wait for it meanwhile.
const TOLD_AT_ONCE: usize = 100;

/// What ended a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Another took its place.
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

/// The uses that the event log is to be told of: here, so that no number of them occupies the event
/// lock.
#[derive(Default)]
pub(crate) struct Reuses(Mutex<HashMap<TokenId, Reuse>>);

#[derive(Default)]
struct Reuse {
    untold: Option<Use>,
    told_at: Option<Duration>,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Use {
    ended: Ended,
    at: Timestamp,
    from: IpAddr,
}

impl Reuses {
    /// Notes a use; of several the first one is told.
    pub(crate) fn note(&self, token: TokenId, ended: Ended, at: Timestamp, from: IpAddr) {
        let mut reuses = self.0.lock();
        if reuses.len() < MOST_TOKENS || reuses.contains_key(&token) {
            let reuse = reuses.entry(token).or_default();
            reuse.untold.get_or_insert(Use { ended, at, from });
        }
    }

    /// What is to be told at `now`: one use of a token in an hour. What is too much for one change
    /// comes next time.
    pub(crate) fn due(&self, now: Duration) -> Vec<(TokenId, Use)> {
        let mut due = Vec::new();
        self.0.lock().retain(|token, reuse| {
            let told_at = reuse.told_at;
            if told_at.is_some_and(|told_at| now.saturating_sub(told_at) < EVENT_EVERY) {
                // The hour has its event.
                reuse.untold = None;
                return true;
            }
            if due.len() == TOLD_AT_ONCE {
                return true;
            }
            let Some(used) = reuse.untold.take() else {
                return false;
            };
            due.push((*token, used));
            reuse.told_at = Some(now);
            true
        });
        due
    }

    /// Takes back what could not be told.
    pub(crate) fn put_back(&self, untold: Vec<(TokenId, Use)>) {
        let mut reuses = self.0.lock();
        for (token, used) in untold {
            let reuse = Reuse {
                untold: Some(used),
                told_at: None,
            };
            reuses.insert(token, reuse);
        }
    }
}

/// Writes down that ended secrets are used.
#[derive(Clone)]
pub(crate) struct TellOfReuse {
    pub(crate) due: Vec<(TokenId, Use)>,
}

impl Change for TellOfReuse {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        for (id, used) in &self.due {
            let Some(listed) = draft.read().tokens().by_id(*id).await? else {
                continue;
            };
            if was_told(draft, *id).await? {
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

/// Whether this hour has its event, by another server or by this one before it was started again.
/// The log says so, and not the token's row: whoever can write to the database would keep uses from
/// being told.
async fn was_told(draft: &Draft<'_>, id: TokenId) -> Result<bool, Error> {
    let filter = EventFilter {
        kind: Some(EventKind::EndedSecretUsed.as_str().to_owned()),
        subjects: Some(vec![id.to_string()]),
        limit: 1,
        ..EventFilter::default()
    };
    let last = draft.read().events().newest(&filter).await?;
    // Clocks differ: its server's may be ahead.
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
    fn a_token_is_told_of_once_in_an_hour() {
        let reuses = Reuses::default();
        let told = |now: Duration| {
            let due = reuses.due(now);
            due.into_iter().map(|(_, used)| used.at).collect::<Vec<_>>()
        };
        let minute = Duration::from_mins(1);
        for second in 1..=3 {
            reuses.note(token(1), Ended::Replaced, at(second), FROM);
        }
        assert_eq!(told(minute), [at(1)]);
        reuses.note(token(1), Ended::Replaced, at(70), FROM);
        assert_eq!(told(2 * minute), []);
        reuses.note(token(1), Ended::Revoked, at(3_700), FROM);
        assert_eq!(told(62 * minute), [at(3_700)]);
        assert_eq!(told(200 * minute), []);
        assert!(reuses.0.lock().is_empty());
    }

    #[test]
    fn what_could_not_be_told_comes_again() {
        let reuses = Reuses::default();
        reuses.note(token(1), Ended::Replaced, at(1), FROM);
        let due = reuses.due(Duration::ZERO);
        reuses.put_back(due);
        assert_eq!(reuses.due(Duration::ZERO).len(), 1);
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory() {
        let reuses = Reuses::default();
        for number in 0..MOST_TOKENS + 5 {
            reuses.note(token(number as u128), Ended::Replaced, at(1), FROM);
        }
        assert_eq!(reuses.0.lock().len(), MOST_TOKENS);
        let mut told = 0;
        loop {
            let due = reuses.due(Duration::ZERO).len();
            assert!(due <= TOLD_AT_ONCE);
            told += due;
            if due == 0 {
                break;
            }
        }
        assert_eq!(told, MOST_TOKENS);
    }
}
