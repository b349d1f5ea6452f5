//! JSON bodies.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use poem::http::{HeaderMap, header};
use poem::{Request, RequestBody, Result};
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::refused::Refused;
use crate::reply::Reply;

/// The longest path that a refusal quotes, in characters.
const MAX_PATH: usize = 100;

/// A body that must be there.
pub struct JsonBody<T>(pub T);

/// A body that may be left out, its content type too.
pub struct OptionalJsonBody<T>(pub T);

macro_rules! request_object {
    ($type:ident, required: $required:literal, $read:ident) => {
        impl<'a, T: DeserializeOwned + Serialize + Default + Type> ApiExtractor<'a> for $type<T> {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                T::register(registry);
            }

            fn request_meta() -> Option<MetaRequest> {
                let content_type = Reply::<T>::CONTENT_TYPE;
                Some(MetaRequest {
                    description: None,
                    content: vec![MetaMediaType {
                        content_type,
                        schema: T::schema_ref(),
                    }],
                    required: $required,
                })
            }

            async fn from_request(
                request: &'a Request,
                body: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> Result<Self> {
                // The front layer has read and bounded it.
                let bytes = body.take()?.into_bytes().await?;
                Ok(Self(
                    $read(request.headers(), &bytes).map_err(Refused::from)?,
                ))
            }
        }
    };
}

request_object!(JsonBody, required: true, required);
request_object!(OptionalJsonBody, required: false, optional);

fn required<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    let declares_type = headers.contains_key(header::CONTENT_TYPE);
    if (declares_type || !body.is_empty()) && !is_json(headers) {
        return Err(Problem::UnsupportedMediaType);
    }
    parse(body)
}

fn optional<T: DeserializeOwned + Default>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        Ok(T::default())
    } else {
        required(headers, body)
    }
}

/// `application/json`, in any case, with any parameters (RFC 8259, section 11, has none).
fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let media_type = value
        .split_once(';')
        .map_or(value, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Reads a JSON object strictly: no unknown, doubled or mistyped member, nothing after it.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let refused = |path| Problem::InvalidRequest {
        place: Place::Body,
        path,
    };
    let text = std::str::from_utf8(body).map_err(|_| refused(None))?;
    // Serde would take an array for a structure's members in their order.
    if !text
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{')
    {
        return Err(refused(None));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let is_syntax = !error.inner().is_data();
        refused(if is_syntax { None } else { path(&error) })
    })?;
    reader.end().map_err(|_| refused(None))?;
    Ok(value)
}

/// The member that a refusal names. A secret that was sent as a name is not sent back.
fn path(error: &serde_path_to_error::Error<serde_json::Error>) -> Option<String> {
    let path = error.path().to_string();
    if path == "." || path.contains("atspat_") {
        return None;
    }
    Some(path.chars().take(MAX_PATH).collect())
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Input {
        name: Option<String>,
        scopes: Option<Vec<String>>,
    }

    fn headers(content_types: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in content_types {
            headers.append(header::CONTENT_TYPE, HeaderValue::from_static(value));
        }
        headers
    }

    fn invalid(path: Option<&str>) -> Result<Input, Problem> {
        Err(Problem::InvalidRequest {
            place: Place::Body,
            path: path.map(ToOwned::to_owned),
        })
    }

    #[test]
    fn null_equals_absent() {
        let read = parse::<Input>(br#" {"Name": null} "#).unwrap();
        assert_eq!(
            read,
            Input {
                name: None,
                scopes: None
            }
        );
        assert_eq!(parse::<Input>(b"{}"), Ok(Input::default()));
    }

    #[test]
    fn what_is_no_json_object_is_refused_without_a_path() {
        for body in [
            &b""[..],
            b" ",
            b"null",
            b"[]",
            b"[\"a\"]",
            b"\"a\"",
            b"7",
            b"{",
            b"{\"Name\":",
            b"{\"Name\":\"a\"}x",
            b"{\"Name\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
            b"{\"Name\":\"a\",}",
            b"{'Name':'a'}",
            b"{\"Name\":\"\\ud800\"}",
        ] {
            assert_eq!(
                parse::<Input>(body),
                invalid(None),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn mistyped_and_unknown_members_are_named_and_doubled_ones_refused() {
        for (body, path) in [
            (r#"{"Name": 7}"#, "Name"),
            (r#"{"Name": true}"#, "Name"),
            (r#"{"Name": ["a"]}"#, "Name"),
            (r#"{"Scopes": "all"}"#, "Scopes"),
            (r#"{"Scopes": ["a", null]}"#, "Scopes[1]"),
            (r#"{"Scopes": {"0": "a"}}"#, "Scopes"),
            (r#"{"Owner": "somebody"}"#, "Owner"),
            (r#"{"name": "a"}"#, "name"),
        ] {
            assert_eq!(
                parse::<Input>(body.as_bytes()),
                invalid(Some(path)),
                "{body}"
            );
        }
        for doubled in [
            r#"{"Name": "a", "Name": "b"}"#,
            r#"{"Name": null, "Name": "b"}"#,
        ] {
            assert_eq!(
                parse::<Input>(doubled.as_bytes()),
                invalid(None),
                "{doubled}"
            );
        }
        let secret = format!(r#"{{"atspat_{}": 1}}"#, "0".repeat(49));
        assert_eq!(parse::<Input>(secret.as_bytes()), invalid(None));
    }

    #[test]
    fn bodies_are_declared_as_json() {
        for types in [
            &["application/json"][..],
            &["Application/JSON; charset=utf-8"],
            &["application/json ;x=y"],
        ] {
            assert!(
                required::<Input>(&headers(types), b"{}").is_ok(),
                "{types:?}"
            );
        }
        for types in [
            &[][..],
            &["text/plain"],
            &["application/x-www-form-urlencoded"],
            &["application/jsonp"],
            &["application/vnd.x+json"],
            &["text/plain, application/json"],
            &["application/json", "application/json"],
            &[""],
        ] {
            assert_eq!(
                required::<Input>(&headers(types), b"{}"),
                Err(Problem::UnsupportedMediaType),
                "{types:?}"
            );
        }
    }

    #[test]
    fn a_body_that_may_be_absent_needs_no_type() {
        assert_eq!(optional::<Input>(&headers(&[]), b""), Ok(Input::default()));
        assert_eq!(
            optional::<Input>(&headers(&[]), b"{}"),
            Err(Problem::UnsupportedMediaType)
        );
        assert_eq!(required::<Input>(&headers(&[]), b""), invalid(None));
        assert_eq!(
            required::<Input>(&headers(&["text/plain"]), b""),
            Err(Problem::UnsupportedMediaType)
        );
    }
}
