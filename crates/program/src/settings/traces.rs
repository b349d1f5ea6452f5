//! The settings of traces.

use ats_pat_token::is_loopback;
use secrecy::SecretString;
use url::Url;

use super::error::{Place, SettingsError};
use super::found::{Found, Raw};

/// A header of requests to the collector of traces: its name and its value.
pub type TraceHeader = (String, SecretString);

/// The path at a collector whose address has none (OTLP, section OTLP/HTTP Request).
const PATH: &str = "/v1/traces";

impl Found {
    /// The address of a collector.
    pub(super) fn traces_endpoint(&self) -> Result<Url, SettingsError> {
        let advice =
            "write where the collector takes OTLP over HTTP, such as http://127.0.0.1:4318";
        let Ok(mut url) = Url::parse(self.text()?) else {
            return self.refuse(format!("is no address: {advice}"));
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return self.refuse(format!("is neither http nor https: {advice}"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return self.refuse(
                "has a user, a password or a fragment: a secret of the collector belongs into `traces-headers`",
            );
        }
        if url.path() == "/" {
            url.set_path(PATH);
        }
        Ok(url)
    }

    /// A part of a whole, from 0 to 1.
    pub(super) fn ratio(&self) -> Result<f64, SettingsError> {
        let ratio = match &self.raw {
            Raw::Toml(toml::Value::Float(ratio)) => Some(*ratio),
            Raw::Toml(toml::Value::Integer(0)) => Some(0.0),
            Raw::Toml(toml::Value::Integer(1)) => Some(1.0),
            Raw::Toml(_) => None,
            Raw::Text(_) => self.text()?.parse().ok(),
        };
        match ratio {
            Some(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
            _ => self.refuse("must be a number from 0 to 1, such as 0.01 for one in a hundred"),
        }
    }

    /// A list of headers. No refusal quotes a value.
    pub(super) fn trace_headers(&self) -> Result<Vec<TraceHeader>, SettingsError> {
        let headers = self.list()?.into_iter().map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            let is_plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
            let value = value.trim();
            let is_right = !name.is_empty()
                && name.bytes().all(is_token)
                && !value.is_empty()
                && value.bytes().all(is_plain);
            is_right.then(|| (name.to_owned(), SecretString::from(value)))
        });
        match headers.collect() {
            Some(headers) => Ok(headers),
            None => self.refuse(
                "must be a list of headers, such as [\"Authorization: Bearer SECRET\"], in printable ASCII",
            ),
        }
    }
}

/// Refuses to send secrets to a collector in the clear.
pub(super) fn check_trace_headers(
    endpoint: Option<&Url>,
    place: Place,
) -> Result<(), SettingsError> {
    let advice = match endpoint {
        None => "is set, and there is no `traces-endpoint`: set that too, or leave this out",
        Some(url) if url.scheme() == "http" && !url.host_str().is_some_and(is_loopback) => {
            "would go to the collector without encryption: write `traces-endpoint` with https, or leave this out"
        }
        Some(_) => return Ok(()),
    };
    let advice = advice.to_owned();
    Err(SettingsError::Invalid { place, advice })
}
