//! What comes in: bodies, and the versions that a change is for.

use ats_pat_domain::Problem;
use poem::http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::answer::SCIM_JSON;
use crate::refusal::Refusal;

/// The other one that directories send.
const JSON: &str = "application/json";

/// The object that a body is.
///
/// # Errors
/// 415 for another content type; `invalidSyntax`.
pub fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if !is_json(headers) {
        return Err(Problem::UnsupportedMediaType.into());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refusal::invalid_syntax("The body is not a JSON object.")),
    }
}

/// One of both media types, in any case, with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let media_type = value.to_str().unwrap_or_default().split(';').next();
    let media_type = media_type.unwrap_or_default().trim();
    [SCIM_JSON, JSON]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

/// The versions that `If-Match` allows. Empty: any (RFC 9110, section 13.1.1).
pub fn versions(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::IF_MATCH).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let tags = texts.flat_map(|text| text.split(','));
    let versions = tags.map(|tag| {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"')
    });
    let versions: Vec<String> = versions.map(ToOwned::to_owned).collect();
    if versions.iter().any(|version| version == "*") {
        return Vec::new();
    }
    versions
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn both_media_types_are_taken_and_no_other() {
        let is_json = |values: &[&'static str]| is_json(&headers(&header::CONTENT_TYPE, values));
        assert!(is_json(&["application/scim+json"]));
        assert!(is_json(&["Application/JSON; charset=utf-8"]));
        assert!(!is_json(&[]));
        assert!(!is_json(&["text/json"]));
        assert!(!is_json(&["application/json", "application/json"]));
    }

    #[test]
    fn versions_are_read_weak_or_strong_and_a_star_is_any() {
        let versions = |values: &[&'static str]| versions(&headers(&header::IF_MATCH, values));
        assert_eq!(versions(&["W/\"a\", \"b\"", "c"]), ["a", "b", "c"]);
        assert!(versions(&["\"a\", *"]).is_empty());
        assert!(versions(&[]).is_empty());
    }
}
