//! Reads JSON bodies, and says what is wrong with them.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use poem::http::{HeaderMap, header};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::JSON;
use crate::refused::Refused;

/// The longest path that a refusal quotes, in characters.
const MAX_PATH: usize = 100;

/// The beginnings of secrets.
const SECRETS: [&str; 2] = ["atspat_", "atsop_"];

/// The JSON body of a request, which must be there.
pub struct JsonBody<T>(pub T);

/// An optional body. Without it, the content type may be absent too.
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
                Some(MetaRequest {
                    description: None,
                    content: vec![MetaMediaType {
                        content_type: JSON,
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
                // The front layer has read it and limited its size.
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
    if has_foreign_charset(headers) {
        return Err(Problem::ForeignCharset);
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

/// Whether a parameter of the content type says that the body is not UTF-8, the only encoding for
/// exchanged JSON (RFC 8259, section 8.1). US-ASCII is a part of UTF-8.
fn has_foreign_charset(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let parameters = value.and_then(|value| value.to_str().ok());
    let mut parameters = parameters.unwrap_or_default().split(';').skip(1);
    parameters.any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        let value = value.trim().trim_matches('"');
        let is_utf8 = ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| value.eq_ignore_ascii_case(known));
        name.trim().eq_ignore_ascii_case("charset") && !is_utf8
    })
}

/// Whether the content type is `application/json`, in any case, with any parameters (RFC 8259,
/// section 11, defines none).
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

/// Reads a JSON object strictly. Refuses unknown members, duplicates, wrong types, and anything
/// after the object.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let refused = |path| Problem::InvalidRequest {
        place: Place::Body,
        path,
    };
    let text = std::str::from_utf8(body).map_err(|_| Problem::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        return Err(Problem::ByteOrderMark);
    }
    // Serde would accept an array with the members of a structure in order.
    if !text
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{')
    {
        return Err(refused(None));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if !error.inner().is_data() {
            return refused(None);
        }
        let path = path(&error);
        match (path, expected(&error)) {
            (Some(path), Some(expected)) => Problem::FieldMisspelt { path, expected },
            (path, _) => refused(path),
        }
    })?;
    reader.end().map_err(|_| refused(None))?;
    Ok(value)
}

/// The member that a refusal names. A secret in a name is not sent back.
fn path(error: &serde_path_to_error::Error<serde_json::Error>) -> Option<String> {
    let path = error.path().to_string();
    if path == "." || SECRETS.iter().any(|prefix| path.contains(prefix)) {
        return None;
    }
    Some(path.chars().take(MAX_PATH).collect())
}

/// The member that the caller probably meant by an unknown one. It differs in case, or in the
/// characters between its words.
fn expected(error: &serde_path_to_error::Error<serde_json::Error>) -> Option<String> {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    // Serde tells the known names only in this text: "unknown field `name`, expected one of `Name`,
    // `Scopes`".
    let text = error.inner().to_string();
    let (unknown, known) = text
        .strip_prefix("unknown field `")?
        .split_once("`, expected ")?;
    let names = known.split('`').skip(1).step_by(2);
    let mut meant = names.filter(|name| plain(name) == plain(unknown));
    meant.next().map(ToOwned::to_owned)
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
            (r#"{"nam": "a"}"#, "nam"),
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
        for prefix in SECRETS {
            let secret = format!(r#"{{"{prefix}{}": 1}}"#, "0".repeat(49));
            assert_eq!(parse::<Input>(secret.as_bytes()), invalid(None));
        }
    }

    #[test]
    fn a_member_in_another_case_is_told_how_to_write_it() {
        for (body, path, expected) in [
            (r#"{"name": "a"}"#, "name", "Name"),
            (r#"{"SCOPES": []}"#, "SCOPES", "Scopes"),
            (r#"{"sco_pes": []}"#, "sco_pes", "Scopes"),
        ] {
            let misspelt = Problem::FieldMisspelt {
                path: path.to_owned(),
                expected: expected.to_owned(),
            };
            assert_eq!(parse::<Input>(body.as_bytes()), Err(misspelt), "{body}");
        }
    }

    #[test]
    fn a_body_in_another_encoding_is_told_so() {
        assert_eq!(
            parse::<Input>(b"\xef\xbb\xbf{}"),
            Err(Problem::ByteOrderMark)
        );
        for body in [&b"{\"Name\":\"\xff\"}"[..], b"\xff\xfe{\0}\0"] {
            assert_eq!(parse::<Input>(body), Err(Problem::NotUtf8));
        }
        for declared in [
            "application/json; charset=utf-16",
            "application/json;x=y; Charset=\"iso-8859-1\"",
        ] {
            let refused = required::<Input>(&headers(&[declared]), b"{}");
            assert_eq!(refused, Err(Problem::ForeignCharset), "{declared}");
        }
        for declared in [
            "application/json; charset=\"UTF-8\"",
            "application/json;charset=us-ascii",
        ] {
            assert!(required::<Input>(&headers(&[declared]), b"{}").is_ok());
        }
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
