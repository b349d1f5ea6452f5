//! Settings: where they come from, how they are checked, and what they mean.
//!
//! A TOML file, the environment and flags, of which the last one wins. The environment comes in as a
//! parameter: nothing here reads it by itself. Each refusal is one sentence that names the place and says
//! what to do; none quotes a secret.

mod error;
mod service_link;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ats_pat_domain::Policy;
use ats_pat_storage::Tls;
use ipnet::IpNet;
use secrecy::SecretString;

pub use self::error::{Place, SettingsError};
use self::source::{Found, Raw, Sources};
use self::table::Key;
pub use self::table::settings_reference;
use crate::flags::{CommonFlags, ServerFlags};

const PRODUCT_NAME: &str = "ATS Personal Access Tokens";
const ACCENT_COLOR: [u8; 3] = [0x0b, 0x57, 0xb7];

/// What both programs are told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of what is kept on disk.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub database: DatabaseLocation,
    /// What connections to a database server ask of TLS.
    pub database_tls: Tls,
    /// For how long a server that starts tries to reach its database.
    pub start_patience: Duration,
    /// The address to serve on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The origin that callers see; without one it follows from the address that is served on.
    pub public_url: Option<String>,
    /// Whom authentication tokens are for; empty is the issuer.
    pub audience: Vec<String>,
    /// The file of the master key.
    pub master_key_file: PathBuf,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many connections are open at once.
    pub connections: u32,
    /// How many of them one address may hold; without it a quarter of all.
    pub connections_per_address: Option<u32>,
    /// How long authentication tokens live.
    pub token_lifetime: Duration,
    /// After how long without a request a session ends.
    pub session_idle: Duration,
    /// After how long a session ends in any case.
    pub session_absolute: Duration,
    /// What personal access tokens may be like.
    pub policy: Policy,
    /// How many sign-ins of one account from one address may fail in a quarter of an hour.
    pub sign_in_failures_per_quarter_hour: u32,
    /// How many tokens one user may create, regenerate or edit in a minute; 0 sets no limit.
    pub changes_per_user_per_minute: u32,
    /// For how many personal access tokens a server remembers what exchanges need.
    pub cache_entries: u32,
    /// What the pages call the product.
    pub product_name: String,
    /// The color of the pages' buttons and links: red, green, blue.
    pub accent_color: [u8; 3],
    /// What is logged, and how.
    pub log: LogSettings,
}

/// Where the database is.
#[derive(Clone, Debug)]
pub enum DatabaseLocation {
    /// A SQLite file in the data folder.
    InDataFolder,
    /// As the operator said; may hold a password.
    Url(SecretString),
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// A filter that `tracing_subscriber::EnvFilter` takes; without one the program has its own.
    pub filter: Option<String>,
    /// How each line is written.
    pub format: LogFormat,
}

/// How each line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Settings {
    /// Reads all sources: the file that `common` names, `environment`, the flags. A program without
    /// server flags serves nobody: it may share the settings of a server whose public URL stands in a flag.
    pub fn load(
        common: &CommonFlags,
        server: Option<&ServerFlags>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut sources = Sources::default();
        if let Some(path) = &common.config {
            sources.add_file(path)?;
        }
        sources.add_environment(environment)?;
        let flags = [
            (Key::DataDir, common.data_dir.clone().map(Raw::Text)),
            (
                Key::DatabaseUrl,
                common.database_url.clone().map(Raw::Secret),
            ),
            (
                Key::Listen,
                server
                    .and_then(|server| server.listen.clone())
                    .map(Raw::Text),
            ),
            (
                Key::PublicUrl,
                server
                    .and_then(|server| server.public_url.clone())
                    .map(Raw::Text),
            ),
        ];
        for (key, raw) in flags {
            if let Some(raw) = raw {
                sources.add_flag(key, raw);
            }
        }
        Self::of(sources, server.is_some())
    }

    fn of(mut sources: Sources, serves: bool) -> Result<Self, SettingsError> {
        let mut read = Reader(&mut sources);
        let data_dir: PathBuf = read
            .value(Key::DataDir, |found| found.text().map(PathBuf::from))?
            .unwrap_or_else(|| PathBuf::from("ats-pat-data"));
        let public_url = read.value(Key::PublicUrl, Found::origin)?;
        let listen = read.listen(serves && public_url.is_none())?;
        Ok(Self {
            database: read
                .value(Key::DatabaseUrl, Found::database_url)?
                .map_or(DatabaseLocation::InDataFolder, DatabaseLocation::Url),
            database_tls: read
                .value(Key::DatabaseTls, Found::database_tls)?
                .unwrap_or_default(),
            start_patience: Duration::from_secs(read.number(Key::StartPatienceSeconds)?.into()),
            listen,
            public_url,
            audience: read
                .value(Key::Audience, Found::audience)?
                .unwrap_or_default(),
            master_key_file: read
                .value(Key::MasterKeyFile, |found| found.text().map(PathBuf::from))?
                .unwrap_or_else(|| data_dir.join("master.key")),
            trusted_proxies: read
                .value(Key::TrustedProxies, Found::networks)?
                .unwrap_or_default(),
            connections: read.number(Key::Connections)?,
            connections_per_address: read.value(Key::ConnectionsPerAddress, |found| {
                found.number(Key::ConnectionsPerAddress)
            })?,
            token_lifetime: Duration::from_mins(read.number(Key::TokenLifetimeMinutes)?.into()),
            session_idle: Duration::from_mins(read.number(Key::SessionIdleMinutes)?.into()),
            session_absolute: Duration::from_hours(read.number(Key::SessionAbsoluteHours)?.into()),
            policy: read.policy()?,
            sign_in_failures_per_quarter_hour: read.number(Key::SignInFailuresPerQuarterHour)?,
            changes_per_user_per_minute: read.number(Key::ChangesPerUserPerMinute)?,
            cache_entries: read.number(Key::CacheEntries)?,
            product_name: read
                .value(Key::ProductName, Found::product_name)?
                .unwrap_or_else(|| PRODUCT_NAME.to_owned()),
            accent_color: read
                .value(Key::AccentColor, Found::color)?
                .unwrap_or(ACCENT_COLOR),
            log: LogSettings {
                filter: read.value(Key::Log, Found::log_filter)?,
                format: read
                    .value(Key::LogFormat, Found::log_format)?
                    .unwrap_or(LogFormat::Text),
            },
            data_dir,
        })
    }

    /// The origin that callers see, where `address` is served on.
    pub fn public_url_at(&self, address: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| {
            let url = format!("http://{address}");
            url::Url::parse(&url).map_or(url, |url| url.origin().ascii_serialization())
        })
    }

    /// The URL of the database; may hold a password.
    pub fn database_url(&self) -> SecretString {
        match &self.database {
            DatabaseLocation::Url(url) => url.clone(),
            DatabaseLocation::InDataFolder => {
                let path = self.database_file();
                // What a URL would take for an escape or for its query.
                let path = path
                    .display()
                    .to_string()
                    .replace('%', "%25")
                    .replace('?', "%3F");
                format!("sqlite:{path}").into()
            }
        }
    }

    /// The SQLite file of [`DatabaseLocation::InDataFolder`].
    pub fn database_file(&self) -> PathBuf {
        self.data_dir.join("ats-pat.db")
    }

    /// The file that the last seen head of the event log is kept in.
    pub fn anchor_file(&self) -> PathBuf {
        self.data_dir.join("anchor")
    }

    /// What the use cases obey, where `issuer` is the origin that callers see.
    pub fn for_service(&self, issuer: &str) -> ats_pat_service::Settings {
        let audience = if self.audience.is_empty() {
            vec![issuer.to_owned()]
        } else {
            self.audience.clone()
        };
        ats_pat_service::Settings {
            issuer: issuer.to_owned(),
            audience,
            token_lifetime: self.token_lifetime,
            session_idle: self.session_idle,
            session_absolute: self.session_absolute,
            policy: self.policy.clone(),
            sign_in_failures_per_quarter_hour: self.sign_in_failures_per_quarter_hour,
            changes_per_user_per_minute: self.changes_per_user_per_minute,
            cache_entries: self.cache_entries as usize,
        }
    }
}

/// Takes values out of the sources.
struct Reader<'a>(&'a mut Sources);

impl Reader<'_> {
    fn value<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&Found) -> Result<T, SettingsError>,
    ) -> Result<Option<T>, SettingsError> {
        self.0.take(key).map(|found| read(&found)).transpose()
    }

    fn number(&mut self, key: Key) -> Result<u32, SettingsError> {
        let number = self.value(key, |found| found.number(key))?;
        Ok(number.unwrap_or(key.number().default))
    }

    fn listen(&mut self, needs_an_address: bool) -> Result<SocketAddr, SettingsError> {
        let written = self.value(Key::Listen, |found| {
            let address = found.address()?;
            if address.ip().is_unspecified() && needs_an_address {
                return Err(SettingsError::WildcardWithoutPublicUrl {
                    place: found.place.clone(),
                });
            }
            Ok(address)
        })?;
        Ok(written.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))))
    }

    fn policy(&mut self) -> Result<Policy, SettingsError> {
        let max_lifetime_days = self.number(Key::PolicyMaxLifetimeDays)?;
        let default_lifetime_days = self.value(Key::PolicyDefaultLifetimeDays, |found| {
            let days = found.number(Key::PolicyDefaultLifetimeDays)?;
            if days > max_lifetime_days {
                return Err(SettingsError::Invalid {
                    place: found.place.clone(),
                    advice: format!(
                        "is longer than `policy.max-lifetime-days` ({max_lifetime_days}): shorten it, or allow more"
                    ),
                });
            }
            Ok(days)
        })?;
        Ok(Policy {
            max_lifetime_days,
            default_lifetime_days: default_lifetime_days.unwrap_or_else(|| {
                Key::PolicyDefaultLifetimeDays
                    .number()
                    .default
                    .min(max_lifetime_days)
            }),
            max_active_tokens: self.number(Key::PolicyMaxActiveTokens)?,
            scopes: self
                .value(Key::PolicyScopes, Found::scopes)?
                .unwrap_or_default(),
            ..Policy::default()
        })
    }
}
