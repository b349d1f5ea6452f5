//! The events of a token, for its owner.

use ats_pat_domain::Problem;
use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_service::SignedIn;

use crate::administration::audit::{details, label_of};
use crate::visit::Visit;
use crate::words::When;

/// How many events the page of a token shows.
const SHOWN: u64 = 50;

/// An event in words.
pub struct Happened {
    /// When the change was made.
    pub at: When,
    /// What happened, in a few words.
    pub label: String,
    /// Who did it, in words: pages of a token name nobody.
    pub by: &'static str,
    /// What was changed, if the event says so.
    pub details: String,
}

/// The last events of a token, the newest first.
pub async fn of_token(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
) -> Result<Vec<Happened>, Problem> {
    let events = visit
        .service
        .token_events(visit.acting(by), id, SHOWN)
        .await;
    let events = events.map_err(|error| visit.problem(error))?;
    let for_people = |kind: &str| kind != EventKind::StatusPlaceGiven.as_str();
    Ok(events
        .into_iter()
        .filter(|event| for_people(&event.kind))
        .map(|event| Happened {
            at: When::exactly(event.at, &visit.zone, visit.text),
            label: label_of(&event.kind, visit.text),
            by: whom(&event.actor, by, visit),
            details: details(&event.details, &visit.zone, visit.text),
        })
        .collect())
}

fn whom(actor: &str, reader: &SignedIn, visit: &Visit<'_>) -> &'static str {
    let text = visit.text;
    match Actor::from_stored(actor) {
        Some(Actor::User(id)) if id == reader.user().id => text.by_you(),
        // A person who was responsible before, or an administrator.
        Some(Actor::User(_)) if visit.account().is_some() => text.by_another(),
        Some(Actor::User(_)) => text.by_administrator(),
        Some(Actor::Operator | Actor::OperatorKey(_)) => text.by_operator(),
        Some(Actor::Holder) => text.by_holder(),
        Some(Actor::System) => text.by_service(),
        None => "",
    }
}
