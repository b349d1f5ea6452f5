//! What requests and answers look like.
//!
//! One story: Ada makes a token for her nightly build, exchanges it, and revokes it. No secret in it has the
//! form of a real one: scanners that look for leaked tokens pass this document by.

use ats_pat_domain::Timestamp;
use serde_json::{Value, json};

/// The token's name.
pub const NAME: &str = "Nightly build";
/// When the token expires.
pub const EXPIRES_AT: Timestamp = Timestamp::from_millis(1_798_107_630_123);
/// The latest expiry that the policy allows.
pub const LATEST: Timestamp = Timestamp::from_millis(1_827_138_030_123);
/// A request's id.
pub const REQUEST_ID: &str = "019a6e3f-1f2b-7c4d-8e5f-60718293a4b5";

const CREATED_AT: &str = "2026-11-24T10:20:30.123Z";
const USED_AT: &str = "2026-11-25T02:00:04.870Z";
const REVOKED_AT: &str = "2026-11-26T09:00:00.000Z";
const AUTHENTICATION_EXPIRES_AT: &str = "2026-11-25T02:05:04.000Z";
const TOKEN_ID: &str = "019a6e40-2a3b-7c4d-9e5f-0123456789ab";
const USER_ID: &str = "019a6e3e-4c5d-7e6f-8a7b-89abcdef0123";
const SECRET: &str = "atspat_EXAMPLE";
const NEW_SECRET: &str = "atspat_ANOTHER_EXAMPLE";
const AUTHENTICATION_TOKEN: &str = "eyJEXAMPLE.eyJEXAMPLE.EXAMPLE";

/// Gives each operation examples of its parameters, its body and its success.
pub fn add(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for operation in paths
        .values_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(|path| path.values_mut())
    {
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if let Some(body) = body(&id) {
            operation["requestBody"]["content"]["application/json"]["example"] = body;
        }
        let responses = operation["responses"].as_object_mut();
        let success = responses
            .into_iter()
            .flatten()
            .find(|(status, _)| status.starts_with('2'));
        if let (Some((_, response)), Some(data)) = (success, data(&id)) {
            response["content"]["application/json"]["example"] = envelope(&data);
            headers(response);
        }
        let parameters = operation.get_mut("parameters");
        for parameter in parameters
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(example) = parameter["name"].as_str().and_then(value) {
                parameter["example"] = example;
            }
        }
    }
}

fn body(id: &str) -> Option<Value> {
    Some(match id {
        "signIn" => json!({"UserName": "ada", "Password": "EXAMPLE password"}),
        "createPersonalAccessToken" => json!({
            "Name": NAME,
            "ExpiresAt": EXPIRES_AT.to_string(),
            "Description": "Fetches the orders of the day",
            // Works in every deployment and from everywhere: other scopes are not on offer everywhere.
            "Scopes": ["all"],
        }),
        "reportLeakedPersonalAccessTokens" => json!({"Tokens": [SECRET, "something else"]}),
        "regeneratePersonalAccessToken" => json!({"ExpiresAt": EXPIRES_AT.to_string()}),
        _ => return None,
    })
}

fn data(id: &str) -> Option<Value> {
    Some(match id {
        "getAuthenticationToken" => json!(AUTHENTICATION_TOKEN),
        "getIdentity" => json!({
            "Id": USER_ID,
            "UserName": "ada",
            "DisplayName": "Ada Lovelace",
            "Scopes": ["all"],
            "TokenId": TOKEN_ID,
            "ExpiresAt": AUTHENTICATION_EXPIRES_AT,
        }),
        "signIn" | "getSession" => json!({
            "Id": USER_ID,
            "UserName": "ada",
            "DisplayName": "Ada Lovelace",
            "IsAdmin": false,
        }),
        "signOut" | "reportLeakedPersonalAccessTokens" => Value::Null,
        "listPersonalAccessTokens" => {
            json!({"Items": [token(json!({}))], "Page": 1, "PageSize": 25, "Total": 1})
        }
        "createPersonalAccessToken" => {
            let unused = json!({"LastUsedAt": null, "LastUsedFrom": null});
            json!({"Token": token(unused), "Secret": SECRET})
        }
        "regeneratePersonalAccessToken" => {
            let regenerated = json!({"RegeneratedAt": REVOKED_AT});
            json!({"Token": token(regenerated), "Secret": NEW_SECRET})
        }
        "getPersonalAccessToken" => token(json!({})),
        "revokePersonalAccessToken" => token(json!({"Status": "Revoked", "RevokedAt": REVOKED_AT})),
        "getPersonalAccessTokenPolicy" => json!({
            "MaxLifetimeDays": 366,
            "DefaultLifetimeDays": 30,
            "MaxActiveTokens": 100,
            "Scopes": [
                {"Name": "all", "Description": "All the owner's rights"},
                {"Name": "orders:read", "Description": "Read orders"},
            ],
        }),
        _ => return None,
    })
}

/// Ada's token, but for what `differs`.
fn token(differs: Value) -> Value {
    let mut token = json!({
        "Id": TOKEN_ID,
        "Name": NAME,
        "Description": "Fetches the orders of the day",
        "Status": "Active",
        "Scopes": ["all"],
        "AllowedNetworks": null,
        "CreatedAt": CREATED_AT,
        "ExpiresAt": EXPIRES_AT.to_string(),
        "RegeneratedAt": null,
        "RevokedAt": null,
        "LastUsedAt": USED_AT,
        "LastUsedFrom": "192.0.2.7",
    });
    if let (Some(token), Value::Object(differs)) = (token.as_object_mut(), differs) {
        token.extend(differs);
    }
    token
}

fn envelope(data: &Value) -> Value {
    json!({
        "Data": data,
        "ErrorMessage": "",
        "ErrorParameters": null,
        "ResponseCode": 1,
        "GetErrorParameters": "",
    })
}

/// The value of a parameter.
fn value(name: &str) -> Option<Value> {
    Some(match name {
        "Id" => json!(TOKEN_ID),
        "Search" => json!("nightly"),
        "Status" => json!("Active"),
        "Sort" => json!("-CreatedAt"),
        _ => return None,
    })
}

fn headers(response: &mut Value) {
    let headers = response.get_mut("headers").and_then(Value::as_object_mut);
    for (name, header) in headers.into_iter().flatten() {
        header["example"] = match name.as_str() {
            "Ats-Authentication-Token-Expires-At" => json!(AUTHENTICATION_EXPIRES_AT),
            "Ats-Personal-Access-Token-Expires-At" => json!(EXPIRES_AT.to_string()),
            "Set-Cookie" => json!("ats_session=EXAMPLE; HttpOnly; SameSite=Lax; Path=/"),
            _ => continue,
        };
    }
}
