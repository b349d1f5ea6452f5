//! The settings as a person reads them: each value, and the source that it came from.

use std::fmt;

use secrecy::ExposeSecret as _;
use url::Url;

use super::found::{Found, Raw};
use super::row::{SettingRow, Standard};

/// What is shown in the place of a secret.
const MASK: &str = "***";

/// A setting with its value and its source. Written out, it is a line of a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The key, with dots for tables.
    pub key: String,
    /// The value as a settings file has it, without secrets. `None`: no source has the setting.
    pub value: Option<String>,
    /// The source, or what is so without a value.
    pub source: String,
}

impl Shown {
    /// A setting that a source has.
    pub(super) fn of(key: &str, found: &Found, secret: bool) -> Self {
        Self {
            key: key.to_owned(),
            value: Some(shown(found, secret)),
            source: found.place.source(),
        }
    }

    /// A setting that no source has.
    pub(super) fn of_default(row: &SettingRow) -> Self {
        let (value, source) = match row.default {
            Standard::Value(text) => {
                let is_bare = row.bounds.is_some()
                    || matches!(text, "true" | "false")
                    || text.parse::<f64>().is_ok();
                let value = if is_bare {
                    text.to_owned()
                } else {
                    quoted(text)
                };
                (Some(value), "default")
            }
            Standard::Words(text) => (None, text),
        };
        Self {
            key: row.name.to_owned(),
            value,
            source: source.to_owned(),
        }
    }
}

/// Whether two values were written in the same way.
pub(super) fn is_same(one: Option<&Found>, other: Option<&Found>) -> bool {
    match (one.map(|it| &it.raw), other.map(|it| &it.raw)) {
        (None, None) => true,
        (Some(Raw::Text(one)), Some(Raw::Text(other))) => {
            one.expose_secret() == other.expose_secret()
        }
        (Some(Raw::Toml(one)), Some(Raw::Toml(other))) => one == other,
        _ => false,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, source } = self;
        match value {
            Some(value) => write!(f, "{key} = {value}  # {source}"),
            None => write!(f, "# {key}: {source}"),
        }
    }
}

/// A value as it was written, with everything masked that may be a secret.
fn shown(found: &Found, secret: bool) -> String {
    match &found.raw {
        Raw::Text(text) if secret => quoted(&without_secret(text.expose_secret())),
        Raw::Toml(toml::Value::String(text)) if secret => quoted(&without_secret(text)),
        Raw::Toml(_) if secret => MASK.to_owned(),
        Raw::Text(text) => quoted(text.expose_secret()),
        Raw::Toml(value) => written(value),
    }
}

/// The URL of a database without its password. Anything else is masked as a whole.
fn without_secret(text: &str) -> String {
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.split('?').next().unwrap_or_default();
        return format!("sqlite:{path}");
    }
    let Ok(mut url) = Url::parse(text) else {
        return MASK.to_owned();
    };
    if !url.has_host() || !text.contains("://") {
        return MASK.to_owned();
    }
    if url.password().is_some() && url.set_password(Some(MASK)).is_err() {
        return MASK.to_owned();
    }
    if url.query().is_some() {
        url.set_query(Some(MASK));
    }
    url.set_fragment(None);
    url.into()
}

/// A value of a settings file, on one line.
fn written(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => quoted(text),
        toml::Value::Array(values) => {
            let values: Vec<_> = values.iter().map(written).collect();
            format!("[{}]", values.join(", "))
        }
        toml::Value::Table(table) => {
            let pairs = table.iter();
            let pairs: Vec<_> = pairs
                .map(|(key, value)| format!("{key} = {}", written(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(value) => value.to_string(),
        toml::Value::Datetime(time) => time.to_string(),
    }
}

/// A text in quotes, as TOML escapes it.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        for (url, shown) in [
            ("sqlite:data/a b.db?mode=rwc", "sqlite:data/a b.db"),
            ("postgres://ats@db/ats", "postgres://ats@db/ats"),
            (
                "postgres://ats:s3cret@db:5433/ats",
                "postgres://ats:***@db:5433/ats",
            ),
            (
                "postgres://ats@db/ats?password=s3cret",
                "postgres://ats@db/ats?***",
            ),
            ("mysql://ats:s3/cret@db/ats", "***"),
            ("postgres:s3cret", "***"),
            ("s3cret", "***"),
        ] {
            assert_eq!(without_secret(url), shown, "{url}");
        }
    }
}
