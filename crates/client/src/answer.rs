//! What the service's answers mean.

use std::time::{Duration, SystemTime};

use ats_pat_token::{MAX_LENGTH, PersonalAccessToken};
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::bearer::Bearer;
use crate::error::{Error, Refusal};
use crate::retry::{Retry, date};

const EXPIRES_AT: &str = "Ats-Authentication-Token-Expires-At";
const PERSONAL_ACCESS_TOKEN_EXPIRES_AT: &str = "Ats-Personal-Access-Token-Expires-At";

/// The envelope's code of a success.
const SUCCESS: u32 = 1;
/// No authentication token lives longer.
const LONGEST_LIFETIME: Duration = Duration::from_hours(1);
/// `Date` is cut to whole seconds, so the answer may be up to this much younger.
const DATE_STEP: Duration = Duration::from_secs(1);

/// A token, and how long it lives from the moment of its answer.
pub struct Exchanged {
    pub bearer: Bearer,
    pub lifetime: Duration,
    /// The lifetime of the personal access token, counted in the same way.
    pub personal_access_token_lifetime: Duration,
}

/// Why an exchange failed, and whether to try again.
pub struct Failed {
    pub error: Error,
    pub retry: Retry,
}

/// Reads the answer to an exchange.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Exchanged, Failed> {
    data(status, headers, body, |token: &SecretString| {
        exchanged(token, headers)
    })
}

/// Reads the answer that has a token's next secret.
pub fn read_next(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<PersonalAccessToken, Failed> {
    data(status, headers, body, |next: &Next| {
        PersonalAccessToken::parse(next.secret.expose_secret()).map_err(|_| "no token")
    })
}

/// Reads an answer. An answer without the envelope does not come from the service, whatever its
/// status.
fn data<D: DeserializeOwned, T>(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(&D) -> Result<T, &'static str>,
) -> Result<T, Failed> {
    let retry = Retry::after(status, headers);
    let envelope: Option<Envelope<D>> = serde_json::from_slice(body).ok();
    let unexpected = |what| Failed {
        error: Error::unavailable(UnexpectedAnswer { status, what }),
        retry,
    };
    match envelope {
        Some(envelope) if status == StatusCode::OK && envelope.code == SUCCESS => envelope
            .data
            .as_ref()
            .ok_or("no token")
            .and_then(read)
            .map_err(unexpected),
        Some(envelope) if envelope.code != SUCCESS => {
            let refusal = Refusal::new(envelope.code, &envelope.message);
            let error = if retry != Retry::Never || status.is_server_error() {
                Error::unavailable(refusal)
            } else {
                refusal.into()
            };
            Err(Failed { error, retry })
        }
        _ if status.is_redirection() => Err(unexpected("a redirect, which is not followed")),
        _ => Err(unexpected("not the service's envelope")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<D> {
    data: Option<D>,
    #[serde(rename = "ErrorMessage")]
    message: String,
    #[serde(rename = "ResponseCode")]
    code: u32,
}

/// The secret that a token got when it regenerated itself.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Next {
    secret: SecretString,
}

/// An answer that the service never gives.
#[derive(Debug, thiserror::Error)]
#[error("unexpected answer with status {}: {what}", .status.as_u16())]
struct UnexpectedAnswer {
    status: StatusCode,
    what: &'static str,
}

fn exchanged(token: &SecretString, headers: &HeaderMap) -> Result<Exchanged, &'static str> {
    let text = token.expose_secret();
    // A header can carry such a token, and every verifier reads one of this length.
    if text.is_empty() || text.len() > MAX_LENGTH || !text.bytes().all(|c| c.is_ascii_graphic()) {
        return Err("no token");
    }
    let expires_at = time(headers, EXPIRES_AT).ok_or("no expiry")?;
    let personal_access_token_expires_at =
        time(headers, PERSONAL_ACCESS_TOKEN_EXPIRES_AT).ok_or("no expiry")?;
    // Both times are of the service's clock, so the machine's clock may be wrong. If an answer has
    // no date, its token can be used now, and is not kept.
    let date = date(headers, DATE.as_str());
    let until = |at: SystemTime| date.and_then(|date| at.duration_since(date).ok());
    let lifetime =
        until(expires_at).map(|lifetime| lifetime.saturating_sub(DATE_STEP).min(LONGEST_LIFETIME));
    Ok(Exchanged {
        bearer: Bearer::new(token.clone(), expires_at, personal_access_token_expires_at),
        lifetime: lifetime.unwrap_or_default(),
        // Without a date, the token is not replaced.
        personal_access_token_lifetime: match date {
            Some(_) => until(personal_access_token_expires_at).unwrap_or_default(),
            None => Duration::MAX,
        },
    })
}

fn time(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    let value = headers.get(name)?.to_str().ok()?;
    OffsetDateTime::parse(value, &Rfc3339).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(values: &[(&'static str, &'static str)]) -> HeaderMap {
        values
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    fn lifetime(values: &[(&'static str, &'static str)]) -> Option<Duration> {
        let mut headers = headers(values);
        headers.insert(
            PERSONAL_ACCESS_TOKEN_EXPIRES_AT,
            HeaderValue::from_static("2026-12-24T10:20:30.000Z"),
        );
        exchanged(&"e.y.J".into(), &headers)
            .ok()
            .map(|exchanged| exchanged.lifetime)
    }

    const EXPIRY: (&str, &str) = (EXPIRES_AT, "2026-11-24T10:20:30.000Z");

    #[test]
    fn a_lifetime_is_what_lies_between_two_readings_of_the_service_s_clock() {
        let date = |date| ("Date", date);
        for (dated, seconds) in [
            (date("Tue, 24 Nov 2026 10:15:30 GMT"), 299),
            (date("Tue, 24 Nov 2026 10:20:29 GMT"), 0),
            (date("Tue, 24 Nov 2026 11:00:00 GMT"), 0),
            (date("Mon, 01 Jan 2001 00:00:00 GMT"), 3600),
            (date("yesterday"), 0),
        ] {
            assert_eq!(
                lifetime(&[EXPIRY, dated]),
                Some(Duration::from_secs(seconds)),
                "{dated:?}"
            );
        }
        assert_eq!(lifetime(&[EXPIRY]), Some(Duration::ZERO));
        assert_eq!(lifetime(&[]), None);
    }
}
