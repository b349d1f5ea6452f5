//! Events, as audit trails show them.

use ats_pat_domain::event::Event;
use ats_pat_domain::{EventId, Timestamp, UserId};
use serde::Serialize;

/// An event for operators.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventView {
    /// Its number, starting at 1, without gaps.
    pub seq: i64,
    /// Its id, which no other event has.
    pub id: EventId,
    /// When the change was made.
    pub at: Timestamp,
    /// `user:ID`, `operator`, `system` or `holder`.
    pub actor: String,
    /// The user whose rights it is about.
    pub owner: Option<UserId>,
    /// What happened, for example `token.revoked`.
    pub kind: String,
    /// The id of the token, user, session or key that it happened to.
    pub subject: String,
    /// More about it. Names and addresses are included unless they were erased.
    pub details: serde_json::Value,
}

impl EventView {
    pub(crate) fn new(event: &Event) -> Self {
        let mut details: serde_json::Value =
            serde_json::from_slice(&event.details).unwrap_or_default();
        let personal = event.personal.as_ref().and_then(|personal| {
            serde_json::from_slice::<serde_json::Map<_, _>>(&personal.data).ok()
        });
        if let (Some(details), Some(personal)) = (details.as_object_mut(), personal) {
            details.extend(personal);
        }
        Self {
            seq: event.seq,
            id: event.id,
            at: event.at,
            actor: event.actor.clone(),
            owner: event.owner,
            kind: event.kind.clone(),
            subject: event.subject.clone(),
            details,
        }
    }
}

/// An event, with the names of the users in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NamedEventView {
    /// The event, with ids alone.
    #[serde(flatten)]
    pub event: EventView,
    /// The user name of the actor, if it was a user.
    pub actor_name: Option<String>,
    /// The user name of the user whose rights it is about.
    pub owner_name: Option<String>,
}
