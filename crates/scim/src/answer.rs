//! What goes out: bodies, versions and places.

use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};
use serde_json::Value;

/// The media type of SCIM (RFC 7644, section 8.1).
pub const SCIM_JSON: &str = "application/scim+json";

/// An answer with this body, which nobody may keep.
pub fn answer(status: StatusCode, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .content_type(SCIM_JSON)
        .header(header::CACHE_CONTROL, "no-store")
        .body(body.to_string())
}

/// The entity tag of a version. A weak one, because the same resource can be written with more or
/// fewer attributes.
pub fn entity_tag(version: &str) -> String {
    format!("W/\"{version}\"")
}

/// Adds the version and the place of a resource.
pub fn describe(response: &mut Response, resource: &Value) {
    let meta = &resource["meta"];
    for (name, key) in [(header::ETAG, "version"), (header::LOCATION, "location")] {
        let value = meta[key]
            .as_str()
            .and_then(|it| HeaderValue::from_str(it).ok());
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
}
