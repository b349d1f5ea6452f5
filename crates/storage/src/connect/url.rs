//! Checks the URL of a database before a driver reads it.
//!
//! The drivers ignore parameters that they don't know, and one of them logs the whole parameter. So
//! a URL is checked here first. Each parameter must be one that the driver knows, at most once,
//! with a value that the driver accepts. A refusal never quotes the URL. It names a parameter only
//! if that can't be a piece of a password.

use std::net::IpAddr;

use crate::error::OpenError;

/// A parameter that a driver knows.
struct Parameter {
    /// Every spelling that the driver accepts.
    names: &'static [&'static str],
    takes: Takes,
}

/// The values that a parameter accepts.
#[derive(Clone, Copy)]
enum Takes {
    Anything,
    Address,
    /// A whole number, at most this one.
    Number(u32),
    /// One of these, in any letter case.
    OneOf(&'static [&'static str]),
}

const fn parameter(names: &'static [&'static str], takes: Takes) -> Parameter {
    Parameter { names, takes }
}

/// The parameter of PostgreSQL that sets one of the server's settings, such as
/// `options[search_path]`.
const ONE_OPTION: &str = "options[";

/// The parameters that `sqlx-postgres` knows.
const POSTGRES: &[Parameter] = &[
    parameter(
        &["sslmode", "ssl-mode"],
        Takes::OneOf(&[
            "disable",
            "allow",
            "prefer",
            "require",
            "verify-ca",
            "verify-full",
        ]),
    ),
    parameter(&["sslrootcert", "ssl-root-cert", "ssl-ca"], Takes::Anything),
    parameter(&["sslcert", "ssl-cert"], Takes::Anything),
    parameter(&["sslkey", "ssl-key"], Takes::Anything),
    parameter(&["statement-cache-capacity"], Takes::Number(u32::MAX)),
    parameter(&["host"], Takes::Anything),
    parameter(&["hostaddr"], Takes::Address),
    parameter(&["port"], Takes::Number(65_535)),
    parameter(&["dbname"], Takes::Anything),
    parameter(&["user"], Takes::Anything),
    parameter(&["password"], Takes::Anything),
    parameter(&["application_name"], Takes::Anything),
    parameter(&["options"], Takes::Anything),
];

/// The parameters that `sqlx-mysql` knows.
const MYSQL: &[Parameter] = &[
    parameter(
        &["ssl-mode", "sslmode"],
        Takes::OneOf(&[
            "disabled",
            "preferred",
            "required",
            "verify_ca",
            "verify_identity",
        ]),
    ),
    parameter(&["ssl-ca", "sslca"], Takes::Anything),
    parameter(&["ssl-cert", "sslcert"], Takes::Anything),
    parameter(&["ssl-key", "sslkey"], Takes::Anything),
    parameter(&["statement-cache-capacity"], Takes::Number(u32::MAX)),
    parameter(&["socket"], Takes::Anything),
    // The storage always uses this one.
    parameter(&["charset"], Takes::OneOf(&["utf8mb4"])),
    parameter(&["collation"], Takes::Anything),
    parameter(&["timezone", "time-zone"], Takes::Anything),
];

/// The parameters that `sqlx-sqlite` knows, without values that prevent writing or make it unsafe.
const SQLITE: &[Parameter] = &[
    parameter(&["mode"], Takes::OneOf(&["rw", "rwc"])),
    parameter(&["cache"], Takes::OneOf(&["private", "shared"])),
    parameter(&["immutable"], Takes::OneOf(&["false", "0"])),
    parameter(&["vfs"], Takes::Anything),
];

/// Returns the parameters of a PostgreSQL URL. The driver accepts all of them.
pub fn check_postgres(url: &str) -> Result<Checked, OpenError> {
    check_server(url)?;
    let parameters = check(url, POSTGRES)?;
    if parameters.named("host") && parameters.named("hostaddr") {
        return Err(invalid(
            "its parameters `host` and `hostaddr` both say where the server is: write only one of them",
        ));
    }
    Ok(parameters)
}

/// Like [`check_postgres`], for MariaDB and MySQL.
pub fn check_mysql(url: &str) -> Result<Checked, OpenError> {
    check_server(url)?;
    check(url, MYSQL)
}

pub fn check_sqlite(url: &str) -> Result<(), OpenError> {
    if url.contains(":memory:")
        || pairs(url).any(|(name, value)| name == "mode" && value == "memory")
    {
        return Err(OpenError::InMemory);
    }
    check(url, SQLITE).map(|_| ())
}

/// Why a driver can't read a URL. The driver's own message may quote the URL.
pub fn unreadable() -> OpenError {
    invalid(
        "write `sqlite:PATH`, `postgres://USER@HOST/NAME` or `mysql://USER@HOST/NAME`, special characters percent-encoded",
    )
}

/// Refuses the rest of a password with special characters. They end the address early, and the rest
/// would be read as a port, a database or a parameter.
fn check_server(url: &str) -> Result<(), OpenError> {
    let Ok(parsed) = url::Url::parse(url) else {
        return Err(unreadable());
    };
    let after_the_address = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once(['/', '?', '#']));
    let misread = after_the_address.is_some_and(|(_, rest)| rest.contains('@'));
    if misread || parsed.fragment().is_some() {
        return Err(invalid(
            "it has a `#`, or an `@` after its address: in user name, password and database write `@` as `%40`, `#` as `%23`, `/` as `%2F` and `?` as `%3F`",
        ));
    }
    Ok(())
}

/// The checked parameters of a URL, in the spelling that comes first in the list.
pub struct Checked(Vec<String>);

impl Checked {
    /// Whether the URL has the parameter.
    pub fn named(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }
}

fn check(url: &str, known: &[Parameter]) -> Result<Checked, OpenError> {
    let mut seen = Checked(Vec::new());
    for (name, value) in pairs(url) {
        let (first_name, takes) = match known
            .iter()
            .find(|parameter| parameter.names.contains(&name.as_str()))
        {
            Some(parameter) => (parameter.names[0].to_owned(), parameter.takes),
            None if is_one_option(&name, known) => (name.clone(), Takes::Anything),
            None => return Err(unknown(&name, known)),
        };
        if seen.named(&first_name) {
            return Err(invalid(&format!(
                "it has the parameter `{first_name}` twice: remove one"
            )));
        }
        if !takes.accepts(&value) {
            return Err(invalid(&format!(
                "the value of its parameter `{name}` can't be used: write {takes}"
            )));
        }
        seen.0.push(first_name);
    }
    Ok(seen)
}

impl Takes {
    fn accepts(self, value: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Address => value.parse::<IpAddr>().is_ok(),
            Self::Number(most) => value.parse::<u32>().is_ok_and(|number| number <= most),
            Self::OneOf(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
        }
    }
}

impl std::fmt::Display for Takes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anything => f.write_str("a text"),
            Self::Address => f.write_str("an address such as 10.0.0.7"),
            Self::Number(most) => write!(f, "a whole number up to {most}"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

/// Whether it is PostgreSQL's `options[NAME]`. The driver ignores one without the closing bracket.
fn is_one_option(name: &str, known: &[Parameter]) -> bool {
    known
        .iter()
        .any(|parameter| parameter.names[0] == "options")
        && name
            .strip_prefix(ONE_OPTION)
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|option| {
                !option.is_empty()
                    && option
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
            })
}

fn unknown(name: &str, known: &[Parameter]) -> OpenError {
    let names: Vec<&str> = known.iter().map(|parameter| parameter.names[0]).collect();
    let is_a_name = (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte));
    let which = if is_a_name {
        format!("its parameter `{name}` is unknown")
    } else {
        "it has a parameter that is unknown".to_owned()
    };
    invalid(&format!(
        "{which}: correct it or remove it; this kind of database knows {}",
        names.join(", ")
    ))
}

/// Names and values of the query, decoded as the drivers do it.
fn pairs(url: &str) -> impl Iterator<Item = (String, String)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// The URL requires less than `database-tls` does.
pub fn weaker_tls(parameter: &str, verified: &str) -> OpenError {
    invalid(&format!(
        "its parameter `{parameter}` asks for less than verified TLS: write `{parameter}={verified}`, or set `database-tls = off` to let the URL decide"
    ))
}

fn invalid(reason: &str) -> OpenError {
    OpenError::InvalidUrl {
        reason: reason.to_owned(),
    }
}
