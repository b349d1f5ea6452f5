//! Reading the audit trail.

use std::collections::BTreeMap;
use std::time::Duration;

use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_domain::{Problem, UserId};
use ats_pat_service::EventQuery;
use ats_pat_service::view::EventView;
use poem::Request;
use poem_openapi::types::Any;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::answer::Answer;
use crate::example;
use crate::operation::{Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForAudit, InQuery, QueryReader, number};
use crate::schema::Time;

/// How often an operation that waits looks for new events.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The most events of one answer.
pub const MOST_EVENTS: u32 = 1000;
/// The most events of one answer by default.
pub const USUAL_EVENTS: u32 = 100;
/// The longest wait, in seconds.
pub const LONGEST_WAIT: u32 = 30;

/// Lists events in their order.
#[derive(Default)]
pub struct ListEvents;

#[OpenApi(tag = "Tag::Administration")]
impl ListEvents {
    /// Read the audit trail
    ///
    /// The events after one of them, in their order and without gaps. Ask for those after `Next` to
    /// go on. Where there is none yet, `Wait` lets the answer wait for one. Needs the right
    /// `audit`.
    #[oai(
        path = "/api/administration/events",
        method = "get",
        operation_id = "listEvents"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "five of them only describe the query"
    )]
    async fn list(
        &self,
        request: &Request,
        by: By<ForAudit>,
        /// The number of the event after which to begin; by default 0.
        #[oai(name = "After")]
        _after: InQuery<i64>,
        /// 1 to 1000; by default 100.
        #[oai(name = "Limit")]
        _limit: InQuery<u32>,
        /// Only events of this kind, such as `token.revoked`.
        #[oai(name = "Kind")]
        _kind: InQuery<String>,
        /// Only events about the rights of the user of this name.
        #[oai(name = "Owner")]
        _owner: InQuery<String>,
        /// For how many seconds to wait for an event, 1 to 30; by default not at all.
        #[oai(name = "Wait")]
        _wait: InQuery<u32>,
    ) -> Result<Answer<Self>, Refused> {
        let mut reader = QueryReader::of(request.uri().query().unwrap_or_default());
        let whole = |text: &str| match text.parse::<i64>() {
            Ok(after) if after >= 0 => Ok(after),
            Ok(_) => Err(Reason::OutOfRange),
            Err(_) => Err(Reason::NotANumber),
        };
        let mut after = reader.read("After", whole).unwrap_or_default();
        let limit = reader.read("Limit", |text| number(text, MOST_EVENTS));
        let query = EventQuery {
            owner: reader.read("Owner", |text| Ok(text.to_owned())),
            kind: reader.read("Kind", |text| Ok(text.to_owned())),
            limit: limit.unwrap_or(USUAL_EVENTS).into(),
            ..EventQuery::default()
        };
        let wait = reader.read("Wait", |text| number(text, LONGEST_WAIT));
        reader.finish()?;
        let until = Instant::now() + Duration::from_secs(wait.unwrap_or_default().into());
        loop {
            // Checked each time, because the caller may lose the right while it waits.
            let operator = by.operator_now(request).await?;
            let (events, next) = operator.events_after(after, &query).await?;
            if !events.is_empty() || Instant::now() >= until {
                let items = events.into_iter().map(Into::into).collect();
                return Ok(Answer::of(EventList { items, next }));
            }
            after = next;
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Operation for ListEvents {
    type Data = EventList;

    const SUCCESS: &'static str = "The events";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::ValidationFailed(vec![Failure::new("Limit", Reason::OutOfRange)]),
            Problem::UserNotFound,
        ]
    }

    fn example() -> Value {
        json!({
            "Items": [{
                "Seq": 4711,
                "Id": "019a6e40-2a3b-7c4d-9e5f-a1b2c3d4e5f6",
                "At": example::REVOKED_AT,
                "Actor": "holder",
                "Owner": example::USER_ID,
                "Kind": "token.revoked",
                "Subject": example::TOKEN_ID,
                "Details": {"ReportedAsLeaked": true},
            }],
            "Next": 4711,
        })
    }
}

/// Something that happened, as the audit trail has it.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct Event {
    /// From 1, without gaps, in the order in which it happened.
    seq: i64,
    /// The event's id, which no other event ever has.
    id: Uuid,
    /// When the change was made.
    at: Time,
    /// `user:ID`, `operator`, `operator-key:ID`, `system` or `holder`.
    actor: String,
    /// Whose rights it is about.
    owner: Option<Uuid>,
    /// What happened, such as `token.revoked`.
    kind: String,
    /// The id of what it happened to.
    subject: String,
    /// More about it; names and addresses among it, unless they were erased.
    details: BTreeMap<String, Any<Value>>,
}

impl From<EventView> for Event {
    fn from(event: EventView) -> Self {
        Self {
            seq: event.seq,
            id: event.id.as_uuid(),
            at: Time(event.at),
            actor: event.actor,
            owner: event.owner.map(UserId::as_uuid),
            kind: event.kind,
            subject: event.subject,
            details: match event.details {
                Value::Object(details) => details
                    .into_iter()
                    .map(|(name, value)| (name, Any(value)))
                    .collect(),
                _ => BTreeMap::new(),
            },
        }
    }
}

/// A part of the audit trail.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct EventList {
    /// The events, in their order.
    items: Vec<Event>,
    /// After which event to go on.
    next: i64,
}

impl Data for EventList {
    const DESCRIPTION: &'static str = "The answer with a part of the audit trail.";
}
