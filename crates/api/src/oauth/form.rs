//! The form with the parameters of a request (RFC 6749, appendix B).

use std::borrow::Cow;

use ats_pat_domain::Problem;
use ats_pat_http::is_form;
use ats_pat_text::Text;
use percent_encoding::percent_decode;
use poem::http::HeaderMap;
use secrecy::SecretString;

use super::error::Refusal;

/// The most parameters of a request. Each is compared with all others, so there must not be too
/// many.
const MAX_PARAMETERS: usize = 64;

/// The parameters of a request. It has no `Debug`, because they can be secrets.
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// Reads a body strictly. A parameter without a value counts as absent, and unknown ones are
    /// ignored (RFC 6749, section 3.2).
    ///
    /// # Errors
    /// 415 for another content type. `invalid_request` for a body that is not a form of UTF-8 text
    /// without control characters, and for a repeated parameter that is not in `repeatable`.
    pub fn read(headers: &HeaderMap, body: &'a [u8], repeatable: &[&str]) -> Result<Self, Refusal> {
        if !is_form(headers) {
            return Err(Problem::UnsupportedMediaType.into());
        }
        if !is_well_encoded(body) {
            return Err(Refusal::invalid_request(
                Text::ENGLISH.oauth_body_not_encoded(),
            ));
        }
        let parameters: Vec<_> = form_urlencoded::parse(body)
            .take(MAX_PARAMETERS + 1)
            .collect();
        if parameters.len() > MAX_PARAMETERS {
            return Err(Refusal::invalid_request(
                Text::ENGLISH.oauth_too_many_parameters(),
            ));
        }
        for (index, (name, value)) in parameters.iter().enumerate() {
            if name.chars().chain(value.chars()).any(char::is_control) {
                return Err(Refusal::invalid_request(
                    Text::ENGLISH.oauth_control_character(),
                ));
            }
            let earlier = &parameters[..index];
            if !repeatable.contains(&&**name) && earlier.iter().any(|(other, _)| other == name) {
                return Err(Refusal::invalid_request(
                    Text::ENGLISH.oauth_parameter_repeated(),
                ));
            }
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter, if it has one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a repeatable parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(found, value)| found == name && !value.is_empty())
            .map(|(_, value)| &**value)
    }

    /// The secret in a required parameter.
    ///
    /// # Errors
    /// `invalid_request` if it is missing.
    pub fn secret(&self, name: &str) -> Result<SecretString, Refusal> {
        self.get(name)
            .map(SecretString::from)
            .ok_or_else(|| missing(name))
    }

    /// Whether a parameter has a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The refusal of a request without a required parameter.
pub fn missing(name: &str) -> Refusal {
    Refusal::invalid_request(&Text::ENGLISH.oauth_parameter_missing(name))
}

/// Whether every `%` begins an octet, and the octets are UTF-8. The parser would accept and change
/// both.
fn is_well_encoded(body: &[u8]) -> bool {
    let mut encoded = body.split(|byte| *byte == b'%').skip(1);
    encoded.all(|after| {
        after
            .get(..2)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    }) && percent_decode(body).decode_utf8().is_ok()
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderValue, header};

    use super::*;

    fn headers() -> HeaderMap {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        HeaderMap::from_iter([(header::CONTENT_TYPE, form)])
    }

    fn read(body: &[u8]) -> Option<Vec<String>> {
        let headers = headers();
        let form = Form::read(&headers, body, &["many"]).ok()?;
        let pair = |(name, value): (&Cow<'_, str>, &Cow<'_, str>)| format!("{name}={value}");
        Some(
            form.0
                .iter()
                .map(|(name, value)| pair((name, value)))
                .collect(),
        )
    }

    #[test]
    fn well_formed_parameters_are_read() {
        for (body, parameters) in [
            (&b""[..], &[][..]),
            (b"&&", &[]),
            (b"a=1&b=%C3%A9+x%3D", &["a=1", "b=\u{e9} x="]),
            (b"a&b=&=c", &["a=", "b=", "=c"]),
            (b"many=1&many=2", &["many=1", "many=2"]),
            (b"a=b=c", &["a=b=c"]),
        ] {
            assert_eq!(read(body).unwrap(), parameters, "{body:?}");
        }
    }

    #[test]
    fn hostile_forms_are_refused() {
        for body in [
            &b"a=%"[..],
            b"a=%4",
            b"a=%zz",
            b"a=%+1",
            b"%=a",
            b"a=%FF",
            b"a=\xff",
            b"a=%C3&b=%A9",
            b"a=%00",
            b"a=\0",
            b"a%0A=1",
            b"a=1&a=1",
            b"a=&a=1",
            b"a=1&%61=2",
            b"many=1&a=2&a=3",
        ] {
            assert_eq!(read(body), None, "{}", String::from_utf8_lossy(body));
        }
        let many = |count: usize| {
            let pairs: Vec<_> = (0..count).map(|number| format!("p{number}=1")).collect();
            read(pairs.join("&").as_bytes()).map(|read| read.len())
        };
        assert_eq!((many(64), many(65), many(6000)), (Some(64), None, None));
    }

    #[test]
    fn a_parameter_without_a_value_is_as_absent() {
        let headers = headers();
        let form = Form::read(&headers, b"token=&many=&many=x", &["many"]);
        let form = form.ok().unwrap();
        assert!(form.secret("token").is_err());
        assert_eq!(form.all("many").collect::<Vec<_>>(), ["x"]);
    }
}
