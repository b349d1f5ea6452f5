//! The statuses that each operation refuses with.

use serde_json::{Value, json};

/// By operation id; a test holds it complete. What can always happen stands apart.
const STATUSES: [(&str, &[u16]); 12] = [
    ("getAuthenticationToken", &[401, 403, 429]),
    ("getIdentity", &[401]),
    ("signIn", &[401, 403, 415, 429]),
    ("getSession", &[401]),
    ("signOut", &[403]),
    ("listPersonalAccessTokens", &[401]),
    ("createPersonalAccessToken", &[401, 403, 409, 415]),
    ("getPersonalAccessToken", &[401, 404]),
    ("revokePersonalAccessToken", &[401, 403, 404]),
    ("regeneratePersonalAccessToken", &[401, 403, 404, 409, 415]),
    ("getPersonalAccessTokenPolicy", &[401]),
    ("reportLeakedPersonalAccessTokens", &[403, 415, 429]),
];
/// A body can be broken or too large where none is asked for, too.
const ALWAYS: [u16; 4] = [400, 413, 500, 503];

/// Replaces the one `default` of each operation by its statuses.
pub fn list(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
    {
        let known = STATUSES
            .iter()
            .find(|(id, _)| operation["operationId"] == *id);
        let Some(responses) = operation["responses"].as_object_mut() else {
            continue;
        };
        let Some(refused) = responses.remove("default") else {
            continue;
        };
        for status in known
            .iter()
            .flat_map(|(_, statuses)| statuses.iter())
            .chain(&ALWAYS)
        {
            let mut response = refused.clone();
            response["description"] = json!(description(*status));
            if let Some(headers) = headers(*status) {
                response["headers"] = headers;
            }
            responses.insert(status.to_string(), response);
        }
    }
}

const fn description(status: u16) -> &'static str {
    match status {
        400 => "The request can't be read, or values in it are not allowed",
        401 => "The credential is missing or does not hold",
        403 => "Not allowed",
        404 => "There is no such token of yours",
        409 => "The state does not allow it",
        413 => "The body is too large",
        415 => "The body is not declared as JSON",
        429 => "Too many attempts",
        503 => "The service can't answer now; a change may have happened, as a whole",
        _ => "Something went wrong inside",
    }
}

fn headers(status: u16) -> Option<Value> {
    match status {
        401 => Some(
            json!({"WWW-Authenticate": {"description": "What to show.", "schema": {"type": "string"}}}),
        ),
        429 | 503 => Some(
            json!({"Retry-After": {"description": "After how many seconds to try again.", "schema": {"type": "integer"}}}),
        ),
        _ => None,
    }
}
