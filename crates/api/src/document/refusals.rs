//! The refusals of each operation, with the answers that callers get as examples.

use ats_pat_domain::problem::Place;
use ats_pat_domain::{Envelope, Problem};
use ats_pat_http::status;
use serde_json::{Value, json};

use crate::example;
use crate::operations;

/// The refusals of every operation. A body can be malformed or too large even if the operation
/// takes none.
fn always() -> [Problem; 4] {
    [
        Problem::InvalidRequest {
            place: Place::Body,
            path: None,
        },
        Problem::BodyTooLarge { limit: 64 * 1024 },
        Problem::InternalError {
            request_id: example::REQUEST_ID.to_owned(),
        },
        Problem::Unavailable,
    ]
}

/// Replaces the response `default` of each operation by its refusals.
pub fn list(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
    {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let own = operations::with_id(id).map(|operation| (operation.refusals)());
        let problems = own.into_iter().flatten().chain(always());
        let problems: Vec<_> = problems.collect();
        let Some(responses) = operation["responses"].as_object_mut() else {
            continue;
        };
        let Some(refused) = responses.remove("default") else {
            continue;
        };
        for problem in &problems {
            let status = status(problem).as_u16();
            let response = responses
                .entry(status.to_string())
                .or_insert_with(|| response(&refused, status));
            add(response, problem);
        }
    }
}

/// A response of this status, without examples.
fn response(refused: &Value, status: u16) -> Value {
    let mut response = refused.clone();
    response["description"] = json!(description(status));
    if let Some(headers) = headers(status) {
        response["headers"] = headers;
    }
    response
}

/// Names a problem in the description, and adds its answer as an example.
fn add(response: &mut Value, problem: &Problem) {
    let code = problem.code();
    let said = response["description"].as_str().unwrap_or_default();
    let separator = if said.contains(": ") { ", " } else { ": " };
    response["description"] = json!(format!(
        "{said}{separator}{} {}",
        code.number(),
        code.name()
    ));
    response["content"]["application/json"]["examples"][code.name()] = json!({
        "summary": format!("{} {}", code.number(), code.name()),
        "value": Envelope::<()>::problem(problem),
    });
}

const fn description(status: u16) -> &'static str {
    match status {
        400 => "The request can't be read, or values in it are not allowed",
        401 => "The credential is missing or does not hold",
        403 => "Not allowed",
        404 => "There is no such token or service account of yours",
        409 => "The state does not allow it",
        413 => "The body is too large",
        415 => "The body is not declared as JSON",
        429 => "Too many attempts",
        503 => "The service can't answer now; a change may have happened, as a whole",
        _ => "The service failed",
    }
}

fn headers(status: u16) -> Option<Value> {
    match status {
        401 => Some(
            json!({"WWW-Authenticate": {"description": "What to show.", "schema": {"type": "string"}}}),
        ),
        429 => Some(json!({
            "Retry-After": retry_after(),
            "RateLimit": {"description": "What is left of the limit, and for how many seconds. Absent where something is only busy.", "schema": {"type": "string"}, "example": "\"sign-in\";r=0;t=180"},
            "RateLimit-Policy": {"description": "The limit that is spent: how many attempts in how many seconds.", "schema": {"type": "string"}, "example": "\"sign-in\";q=5;w=900"},
        })),
        503 => Some(json!({"Retry-After": retry_after()})),
        _ => None,
    }
}

fn retry_after() -> Value {
    json!({"description": "After how many seconds to try again.", "schema": {"type": "integer"}})
}
