//! Reads values: one reader per type, and each refusal says what to write.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ats_pat_domain::network::parse_network;
use ats_pat_domain::scope::Scope;
use ats_pat_service::PolicySource;
use ats_pat_storage::Tls;
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::error::SettingsError;
use super::found::{Found, Raw};

const SCHEMES: [&str; 5] = ["sqlite", "postgres", "postgresql", "mysql", "mariadb"];
/// The name is in the bar of every page, on phones too.
const PRODUCT_NAME_LENGTH: usize = 60;

/// How each line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people, a line for each event.
    Text,
    /// One JSON object per line.
    Json,
}

impl Found {
    pub(super) fn refuse<T>(&self, advice: impl Into<String>) -> Result<T, SettingsError> {
        Err(SettingsError::Invalid {
            place: self.place.clone(),
            advice: advice.into(),
        })
    }

    /// A text that is not empty.
    pub(crate) fn text(&self) -> Result<&str, SettingsError> {
        let text = match &self.raw {
            Raw::Text(text) => text.expose_secret(),
            Raw::Toml(toml::Value::String(text)) => text,
            Raw::Toml(other) => {
                return self.refuse(format!("is {}: write a text in quotes", type_of(other)));
            }
        };
        if text.trim().is_empty() {
            return self.refuse("is empty: give it a value or leave it out");
        }
        if text.contains(|c: char| c.is_control()) {
            return self.refuse("holds a control character: remove it");
        }
        Ok(text)
    }

    /// A path of a file or folder.
    pub(crate) fn path(&self) -> Result<PathBuf, SettingsError> {
        self.text().map(PathBuf::from)
    }

    /// `true` or `false`, without quotes in the file.
    pub(crate) fn boolean(&self) -> Result<bool, SettingsError> {
        let boolean = match &self.raw {
            Raw::Toml(toml::Value::Boolean(boolean)) => Some(*boolean),
            Raw::Text(text) => text.expose_secret().parse().ok(),
            Raw::Toml(_) => None,
        };
        boolean.map_or_else(|| self.refuse("must be true or false"), Ok)
    }

    /// A whole number within `bounds`.
    pub(crate) fn number(&self, bounds: RangeInclusive<u32>) -> Result<u32, SettingsError> {
        let number = match &self.raw {
            Raw::Toml(toml::Value::Integer(number)) => u32::try_from(*number).ok(),
            Raw::Text(text) => Some(text.expose_secret())
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok()),
            Raw::Toml(_) => None,
        };
        match number {
            Some(number) if bounds.contains(&number) => Ok(number),
            _ => self.refuse(format!(
                "must be a whole number from {} to {}",
                bounds.start(),
                bounds.end()
            )),
        }
    }

    /// A whole number of seconds.
    pub(crate) fn seconds(&self, bounds: RangeInclusive<u32>) -> Result<Duration, SettingsError> {
        Ok(Duration::from_secs(self.number(bounds)?.into()))
    }

    /// A whole number of minutes.
    pub(crate) fn minutes(&self, bounds: RangeInclusive<u32>) -> Result<Duration, SettingsError> {
        Ok(Duration::from_mins(self.number(bounds)?.into()))
    }

    /// A whole number of hours.
    pub(crate) fn hours(&self, bounds: RangeInclusive<u32>) -> Result<Duration, SettingsError> {
        Ok(Duration::from_hours(self.number(bounds)?.into()))
    }

    /// A list of texts: an array in the file, separated by commas elsewhere.
    pub(crate) fn list(&self) -> Result<Vec<String>, SettingsError> {
        let texts: Vec<String> = match &self.raw {
            Raw::Toml(toml::Value::Array(values)) => {
                let texts: Option<Vec<_>> = values
                    .iter()
                    .map(|value| value.as_str().map(str::to_owned))
                    .collect();
                match texts {
                    Some(texts) => texts,
                    None => {
                        return self.refuse("must be a list of texts, such as [\"one\", \"two\"]");
                    }
                }
            }
            Raw::Toml(_) => {
                return self.refuse("must be a list of texts, such as [\"one\", \"two\"]");
            }
            Raw::Text(_) => self
                .text()?
                .split(',')
                .map(|text| text.trim().to_owned())
                .collect(),
        };
        if texts
            .iter()
            .any(|text| text.trim().is_empty() || text.contains(char::is_control))
        {
            return self.refuse("holds an empty entry or a control character: remove it");
        }
        Ok(texts)
    }

    /// A switch: `true` or `false`.
    pub(crate) fn yes_or_no(&self) -> Result<bool, SettingsError> {
        let read = match &self.raw {
            Raw::Toml(toml::Value::Boolean(yes)) => Some(*yes),
            Raw::Text(text) => text.expose_secret().parse().ok(),
            Raw::Toml(_) => None,
        };
        match read {
            Some(yes) => Ok(yes),
            None => self.refuse("must be true or false, in the file without quotes"),
        }
    }

    /// A list with at least one audience. A header names them, separated by spaces.
    pub(crate) fn audience(&self) -> Result<Vec<String>, SettingsError> {
        let mut audience = self.list()?;
        if audience.is_empty() {
            return self
                .refuse("is empty: name at least one audience, or leave it out for the default");
        }
        let is_plain = |audience: &&String| audience.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(other) = audience.iter().find(|audience| !is_plain(audience)) {
            return self.refuse(format!(
                "names {other:?}, which can't be in a header: write printable ASCII without spaces, such as https://orders.example.com"
            ));
        }
        let mut seen = std::collections::BTreeSet::new();
        audience.retain(|entry| seen.insert(entry.clone()));
        Ok(audience)
    }

    /// A list of CIDRs or bare addresses.
    pub(crate) fn networks(&self) -> Result<Vec<IpNet>, SettingsError> {
        self.list()?
            .iter()
            .map(|text| match parse_network(text) {
                Some(network) => Ok(network),
                None => self.refuse(format!(
                    "names {text:?}, which is no network: write it as 10.0.0.0/8 or 2001:db8::/32"
                )),
            })
            .collect()
    }

    /// An address with a port.
    pub(crate) fn address(&self) -> Result<SocketAddr, SettingsError> {
        let text = self.text()?;
        match text.parse() {
            Ok(address) => Ok(address),
            Err(_) => self.refuse(format!(
                "is {text:?}: write an address and a port, such as 127.0.0.1:8080 or [::1]:8080"
            )),
        }
    }

    /// An origin (RFC 6454, section 6.2): `http` or `https`, host and port, nothing else. The
    /// standard port and the slash that browsers add are left out, so that it equals the `Origin`
    /// that browsers send.
    pub(crate) fn origin(&self) -> Result<String, SettingsError> {
        let text = self.text()?;
        let advice = "write scheme, host and port only, such as https://pat.example.com";
        let Ok(url) = Url::parse(text) else {
            return self.refuse(format!("is no URL: {advice}"));
        };
        if !matches!(url.scheme(), "http" | "https") {
            return self.refuse(format!("is neither http nor https: {advice}"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return self.refuse(format!("holds a user name or password: {advice}"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return self.refuse(format!("goes on after the host: {advice}"));
        }
        Ok(url.origin().ascii_serialization())
    }

    /// The URL of a database. No error quotes any part of it.
    pub(crate) fn database_url(&self) -> Result<SecretString, SettingsError> {
        let text = self.text()?;
        let scheme = text.split_once(':').map(|(scheme, _)| scheme);
        if !scheme.is_some_and(|scheme| SCHEMES.contains(&scheme)) {
            return self.refuse(
                "is no database URL: write `sqlite:PATH`, `postgres://USER@HOST/NAME` or `mysql://USER@HOST/NAME`",
            );
        }
        if self.place.is_flag() && holds_password(text) {
            return Err(SettingsError::PasswordInFlag);
        }
        if scheme != Some("sqlite") && (!text.contains("://") || Url::parse(text).is_err()) {
            return self.refuse(
                "can't be read as a URL: write `postgres://USER@HOST/NAME` or `mysql://USER@HOST/NAME`, special characters percent-encoded",
            );
        }
        Ok(text.into())
    }

    /// Whether connections must be encrypted: `required` or `off`.
    pub(crate) fn database_tls(&self) -> Result<Tls, SettingsError> {
        match self.text()? {
            "required" => Ok(Tls::Required),
            "off" => Ok(Tls::Off),
            other => self.refuse(format!("is {other:?}: write required or off")),
        }
    }

    /// Where the policy is kept: `file` or `database`.
    pub(crate) fn policy_source(&self) -> Result<PolicySource, SettingsError> {
        match self.text()? {
            "file" => Ok(PolicySource::File),
            "database" => Ok(PolicySource::Database),
            other => self.refuse(format!("is {other:?}: write file or database")),
        }
    }

    /// A name for headings and titles.
    pub(crate) fn product_name(&self) -> Result<String, SettingsError> {
        let name = self.text()?.trim();
        let length = name.chars().count();
        if length > PRODUCT_NAME_LENGTH {
            return self.refuse(format!(
                "has {length} characters: write {PRODUCT_NAME_LENGTH} at most"
            ));
        }
        Ok(name.to_owned())
    }

    /// A color as CSS writes it in six digits. Returns red, green and blue.
    pub(crate) fn color(&self) -> Result<[u8; 3], SettingsError> {
        let text = self.text()?;
        match color(text) {
            Some(color) => Ok(color),
            None => self.refuse(format!(
                "is {text:?}: write # and six hexadecimal digits, such as #0b57b7"
            )),
        }
    }

    /// The scopes on offer.
    pub(crate) fn scopes(&self) -> Result<Vec<Scope>, SettingsError> {
        let pairs = match &self.raw {
            Raw::Toml(value) => self.scopes_of_file(value)?,
            Raw::Text(_) => self.scopes_of_text()?,
        };
        let mut scopes: Vec<Scope> = Vec::with_capacity(pairs.len());
        for (name, description) in pairs {
            let scope = match Scope::new(&name, &description) {
                Ok(scope) => scope,
                Err(error) => return self.refuse(format!("can't be offered: {error}")),
            };
            if scopes.iter().any(|other| other.name == scope.name) {
                return self.refuse(format!("names `{name}` twice: remove one"));
            }
            scopes.push(scope);
        }
        Ok(scopes)
    }

    fn scopes_of_file(&self, value: &toml::Value) -> Result<Vec<(String, String)>, SettingsError> {
        let pair = |value: &toml::Value| {
            let table = value.as_table().filter(|table| table.len() == 2)?;
            let text = |name| table.get(name).and_then(toml::Value::as_str);
            Some((text("name")?.to_owned(), text("description")?.to_owned()))
        };
        let pairs = value
            .as_array()
            .and_then(|values| values.iter().map(pair).collect::<Option<Vec<_>>>());
        match pairs {
            Some(pairs) => Ok(pairs),
            None => self.refuse(
                "must be a list of name and description, such as [{ name = \"orders:read\", description = \"Read orders\" }]",
            ),
        }
    }

    fn scopes_of_text(&self) -> Result<Vec<(String, String)>, SettingsError> {
        self.list()?
            .iter()
            .map(|text| match text.split_once('=') {
                Some((name, description)) => {
                    Ok((name.trim().to_owned(), description.trim().to_owned()))
                }
                None => self.refuse(
                    "must be name=description,name=description, such as orders:read=Read orders",
                ),
            })
            .collect()
    }

    /// A filter of `tracing_subscriber`.
    pub(crate) fn log_filter(&self) -> Result<String, SettingsError> {
        let text = self.text()?;
        match tracing_subscriber::EnvFilter::try_new(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => self.refuse(format!(
                "is {text:?}: write a level (error, warn, info, debug, trace), or levels by target such as warn,ats_pat_service=debug"
            )),
        }
    }

    /// How log lines are written: `text` or `json`.
    pub(crate) fn log_format(&self) -> Result<LogFormat, SettingsError> {
        match self.text()? {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => self.refuse(format!("is {other:?}: write text or json")),
        }
    }
}

fn color(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    // A number may have a sign, but a color may not.
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// Whether a URL has a password. Works also if the text is not a valid URL.
fn holds_password(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A password with an unencoded slash ends the authority early, and its `@` comes later.
    let user = authority.rsplit_once('@').or_else(|| rest.rsplit_once('@'));
    let in_authority = text.contains("://") && user.is_some_and(|(user, _)| user.contains(':'));
    let in_query = text.split_once('?').is_some_and(|(_, query)| {
        url::form_urlencoded::parse(query.as_bytes())
            .any(|(name, _)| name.to_ascii_lowercase().contains("password"))
    });
    in_authority || in_query
}

fn type_of(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a text",
        toml::Value::Integer(_) | toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Datetime(_) => "a time",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a table",
    }
}
