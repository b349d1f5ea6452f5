//! Values for the examples in the document.
//!
//! The examples tell one story: Ada makes a token for her nightly build, exchanges it, and revokes
//! it. No secret has the form of a real one, so scanners for leaked tokens report nothing here.

use ats_pat_domain::{Problem, Timestamp};
use serde_json::{Value, json};

/// The name that Ada gives the token at first.
pub const NAME: &str = "Nightly build";
/// The name that she gives it later.
pub const NEW_NAME: &str = "Nightly orders";
/// When the token expires.
pub const EXPIRES_AT: Timestamp = Timestamp::from_millis(1_798_107_630_123);
/// The same as text.
pub const EXPIRES_AT_TEXT: &str = "2026-12-24T10:20:30.123Z";
/// The earlier expiry that she gives it later.
pub const EARLIER_TEXT: &str = "2026-12-10T00:00:00.000Z";
/// The latest expiry that the policy allows.
const LATEST: Timestamp = Timestamp::from_millis(1_827_138_030_123);
/// The request ID of the refusals that are shown.
pub const REQUEST_ID: &str = "019a6e3f-1f2b-7c4d-8e5f-60718293a4b5";

/// When the token was made.
pub const CREATED_AT: &str = "2026-11-24T10:20:30.123Z";
/// When it was last used.
pub const USED_AT: &str = "2026-11-25T02:00:04.870Z";
/// When it was revoked, or got its new secret.
pub const REVOKED_AT: &str = "2026-11-26T09:00:00.000Z";
/// When the replaced secret stops working.
pub const OVERLAP_END: &str = "2026-11-27T09:00:00.000Z";
/// When the authentication token expires.
pub const AUTHENTICATION_EXPIRES_AT: &str = "2026-11-25T02:05:04.000Z";
/// The id of the token. It stays when the token is regenerated.
pub const TOKEN_ID: &str = "019a6e40-2a3b-7c4d-9e5f-0123456789ab";
/// The id of Ada, who owns the token.
pub const USER_ID: &str = "019a6e3e-4c5d-7e6f-8a7b-89abcdef0123";
/// The key of the request that makes the token.
pub const IDEMPOTENCY_KEY: &str = "019a6e40-1a2b-7c4d-8e5f-a1b2c3d4e5f6";
/// Where the token is.
pub const LOCATION: &str = "/api/personalaccesstoken/019a6e40-2a3b-7c4d-9e5f-0123456789ab";
/// The id of a service account that Ada is responsible for.
pub const ACCOUNT_ID: &str = "019a6e3f-5d6e-7f80-9a1b-9abcdef01234";
/// Where a token of the account is.
pub const ACCOUNT_LOCATION: &str = "/api/serviceaccount/019a6e3f-5d6e-7f80-9a1b-9abcdef01234/personalaccesstoken/019a6e40-2a3b-7c4d-9e5f-0123456789ab";
/// The token's secret, without the form and the CRC of a real one.
pub const SECRET: &str = "atspat_EXAMPLE";
/// The token's next secret.
pub const NEW_SECRET: &str = "atspat_ANOTHER_EXAMPLE";
/// The authentication token that the secret is exchanged for.
pub const AUTHENTICATION_TOKEN: &str = "eyJEXAMPLE.eyJEXAMPLE.EXAMPLE";
/// The audience of that token.
pub const AUDIENCE: &str = "https://orders.example.com";

/// The header of the answer that begins a session.
pub const SET_COOKIE: &str = "ats_session=EXAMPLE; HttpOnly; SameSite=Lax; Path=/";

/// Ada, as the signed-in user.
pub fn user() -> Value {
    json!({
        "Id": USER_ID,
        "UserName": "ada",
        "DisplayName": "Ada Lovelace",
        "IsAdmin": false,
    })
}

/// Ada's token, with the fields in `differs` replaced.
pub fn token(differs: Value) -> Value {
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
        "PreviousSecretValidUntil": null,
        "MayRegenerateItself": false,
        "RegeneratesUntil": null,
        "RevokedAt": null,
        "LastUsedAt": USED_AT,
        "LastUsedFrom": "192.0.2.7",
        "EndedSecretUsedAt": null,
    });
    if let (Some(token), Value::Object(differs)) = (token.as_object_mut(), differs) {
        token.extend(differs);
    }
    token
}

/// The refusal of an expiry that is too late.
pub fn expiration_not_allowed() -> Problem {
    Problem::ExpirationNotAllowed { latest: LATEST }
}
