//! The table of settings: what each is called in each source, its default and its meaning.

use std::fmt::Write as _;

/// A setting. The order is that of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    DataDir,
    DatabaseUrl,
    DatabaseTls,
    StartPatienceSeconds,
    Listen,
    PublicUrl,
    Audience,
    MasterKeyFile,
    TrustedProxies,
    Connections,
    ConnectionsPerAddress,
    TokenLifetimeMinutes,
    SessionIdleMinutes,
    SessionAbsoluteHours,
    PolicyMaxLifetimeDays,
    PolicyDefaultLifetimeDays,
    PolicyMaxActiveTokens,
    PolicyScopes,
    SignInFailuresPerQuarterHour,
    ChangesPerUserPerMinute,
    CacheEntries,
    ProductName,
    AccentColor,
    Log,
    LogFormat,
}

/// What a setting's value is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A text; its default in words.
    Text(&'static str),
    /// A list of texts; its default in words.
    List(&'static str),
    /// A list of scopes; its default in words.
    Scopes(&'static str),
    /// A whole number.
    Number(Number),
}

/// The bounds and the default of a number.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) least: u32,
    pub(crate) most: u32,
    pub(crate) default: u32,
}

struct Row {
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
}

impl Key {
    pub(crate) const ALL: [Self; 25] = [
        Self::DataDir,
        Self::DatabaseUrl,
        Self::DatabaseTls,
        Self::StartPatienceSeconds,
        Self::Listen,
        Self::PublicUrl,
        Self::Audience,
        Self::MasterKeyFile,
        Self::TrustedProxies,
        Self::Connections,
        Self::ConnectionsPerAddress,
        Self::TokenLifetimeMinutes,
        Self::SessionIdleMinutes,
        Self::SessionAbsoluteHours,
        Self::PolicyMaxLifetimeDays,
        Self::PolicyDefaultLifetimeDays,
        Self::PolicyMaxActiveTokens,
        Self::PolicyScopes,
        Self::SignInFailuresPerQuarterHour,
        Self::ChangesPerUserPerMinute,
        Self::CacheEntries,
        Self::ProductName,
        Self::AccentColor,
        Self::Log,
        Self::LogFormat,
    ];

    #[expect(clippy::too_many_lines, reason = "it is one table")]
    const fn row(self) -> Row {
        match self {
            Self::DataDir => Row {
                name: "data-dir",
                kind: Kind::Text("`./ats-pat-data`"),
                meaning: "The folder of the SQLite database, the master key and the anchor; made with mode 0700",
            },
            Self::DatabaseUrl => Row {
                name: "database-url",
                kind: Kind::Text("SQLite in the data folder"),
                meaning: "`sqlite:PATH`, `postgres://USER@HOST/NAME` or `mysql://USER@HOST/NAME`; a password in it is refused as a flag",
            },
            Self::DatabaseTls => Row {
                name: "database-tls",
                kind: Kind::Text("`required`, except over loopback and sockets"),
                meaning: "`required`: only a database server whose certificate is verified gets the password, over loopback too; `off`: the URL decides, and without a word in it the server",
            },
            Self::StartPatienceSeconds => Row {
                name: "start-patience-seconds",
                kind: number(0, 3600, 60),
                meaning: "For how long a server that starts tries to reach its database; the admin program tries once",
            },
            Self::Listen => Row {
                name: "listen",
                kind: Kind::Text("`127.0.0.1:8080`"),
                meaning: "The address and port to serve on; port 0 takes a free one",
            },
            Self::PublicUrl => Row {
                name: "public-url",
                kind: Kind::Text("`http://` and the address"),
                meaning: "The origin that callers see, without a path: the issuer of authentication tokens; a wildcard address requires it",
            },
            Self::Audience => Row {
                name: "audience",
                kind: Kind::List("the issuer"),
                meaning: "Whom authentication tokens are for: the claim `aud`; a list",
            },
            Self::MasterKeyFile => Row {
                name: "master-key-file",
                kind: Kind::Text("`master.key` in the data folder"),
                meaning: "The file of the master key, made on the first start; two keys in it: the first seals, both open",
            },
            Self::TrustedProxies => Row {
                name: "trusted-proxies",
                kind: Kind::List("none"),
                meaning: "Networks (CIDR) whose forwarding headers are believed; a list",
            },
            Self::Connections => Row {
                name: "connections",
                kind: number(16, 1_000_000, 4096),
                meaning: "How many connections are open at once; where a further one comes, the one that was idle for longest is closed",
            },
            Self::ConnectionsPerAddress => Row {
                name: "connections-per-address",
                kind: number(1, 1_000_000, 1024),
                meaning: "How many of them one address, or one /64 of IPv6, may hold; by default a quarter of `connections`. This machine and `trusted-proxies` are excepted",
            },
            Self::TokenLifetimeMinutes => Row {
                name: "token-lifetime-minutes",
                kind: number(1, 60, 5),
                meaning: "How long an authentication token lives",
            },
            Self::SessionIdleMinutes => Row {
                name: "session-idle-minutes",
                kind: number(1, 1440, 30),
                meaning: "After how long without a request a session ends",
            },
            Self::SessionAbsoluteHours => Row {
                name: "session-absolute-hours",
                kind: number(1, 720, 12),
                meaning: "After how long a session ends in any case",
            },
            Self::PolicyMaxLifetimeDays => Row {
                name: "policy.max-lifetime-days",
                kind: number(1, 36_500, 366),
                meaning: "The longest lifetime of a personal access token",
            },
            Self::PolicyDefaultLifetimeDays => Row {
                name: "policy.default-lifetime-days",
                kind: number(1, 36_500, 30),
                meaning: "The lifetime that forms propose; at most the longest, to which its default is cut",
            },
            Self::PolicyMaxActiveTokens => Row {
                name: "policy.max-active-tokens",
                kind: number(1, 100_000, 100),
                meaning: "How many active tokens one owner may have",
            },
            Self::PolicyScopes => Row {
                name: "policy.scopes",
                kind: Kind::Scopes("none but `all`"),
                meaning: "The scopes on offer besides `all`: a list of `{ name, description }`; in the environment `name=description,name=description`",
            },
            Self::SignInFailuresPerQuarterHour => Row {
                name: "sign-in-failures-per-quarter-hour",
                kind: number(1, 10_000, 10),
                meaning: "How many sign-ins of one account from one address may fail in a quarter of an hour",
            },
            Self::ChangesPerUserPerMinute => Row {
                name: "changes-per-user-per-minute",
                kind: number(0, 100_000, 120),
                meaning: "How many tokens one user may create, regenerate or edit in a minute; 0 sets no limit. Revoking, signing out and disabling are never limited",
            },
            Self::CacheEntries => Row {
                name: "cache-entries",
                kind: number(0, 10_000_000, 100_000),
                meaning: "For how many personal access tokens a server remembers what exchanges need, three quarters of a KiB each; 0 asks the database in every exchange",
            },
            Self::ProductName => Row {
                name: "product-name",
                kind: Kind::Text("`ATS Personal Access Tokens`"),
                meaning: "What the pages call the product (1 to 60 characters)",
            },
            Self::AccentColor => Row {
                name: "accent-color",
                kind: Kind::Text("`#0b57b7`"),
                meaning: "The color of the pages' buttons and links: `#rrggbb`",
            },
            Self::Log => Row {
                name: "log",
                kind: Kind::Text("`info`, the admin program `off`"),
                meaning: "A filter of tracing's: a level, or levels by target such as `warn,ats_pat_service=debug`",
            },
            Self::LogFormat => Row {
                name: "log-format",
                kind: Kind::Text("`text`"),
                meaning: "`text` or `json`; the log goes to standard error",
            },
        }
    }

    /// The key as it stands in the file, dots for tables.
    pub(crate) const fn name(self) -> &'static str {
        self.row().name
    }

    pub(crate) const fn kind(self) -> Kind {
        self.row().kind
    }

    /// The bounds of a number; those of no other kind are asked for.
    pub(crate) const fn number(self) -> Number {
        match self.kind() {
            Kind::Number(number) => number,
            Kind::Text(_) | Kind::List(_) | Kind::Scopes(_) => Number {
                least: 0,
                most: u32::MAX,
                default: 0,
            },
        }
    }

    /// Whether the value must not stand where other users of the machine can read it.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self, Self::DatabaseUrl)
    }

    /// The flag, where there is one.
    pub(crate) const fn flag(self) -> Option<&'static str> {
        match self {
            Self::DataDir => Some("--data-dir"),
            Self::DatabaseUrl => Some("--database-url"),
            Self::Listen => Some("--listen"),
            Self::PublicUrl => Some("--public-url"),
            _ => None,
        }
    }

    /// The environment variable.
    pub(crate) fn variable(self) -> String {
        let name = self.name().replace(['.', '-'], "_").to_ascii_uppercase();
        format!("{PREFIX}{name}")
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    pub(crate) fn of_variable(variable: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.variable() == variable)
    }

    /// The secret setting whose file `variable` names.
    pub(crate) fn of_file_variable(variable: &str) -> Option<Self> {
        let key = Self::of_variable(variable.strip_suffix("_FILE")?)?;
        key.is_secret().then_some(key)
    }
}

/// What the names of our environment variables begin with.
pub(crate) const PREFIX: &str = "ATS_PAT_";

const fn number(least: u32, most: u32, default: u32) -> Kind {
    Kind::Number(Number {
        least,
        most,
        default,
    })
}

/// The table of all settings for the documentation, in Markdown: key, environment variable, flag,
/// default, meaning.
pub fn settings_reference() -> String {
    let mut table =
        String::from("| key | environment | flag | default | meaning |\n|---|---|---|---|---|\n");
    for key in Key::ALL {
        let mut variable = format!("`{}`", key.variable());
        if key.is_secret() {
            let _ = write!(variable, " or `{}_FILE`", key.variable());
        }
        let flag = key
            .flag()
            .map_or_else(String::new, |flag| format!("`{flag}`"));
        let (default, bounds) = match key.kind() {
            Kind::Text(default) | Kind::List(default) | Kind::Scopes(default) => {
                (default.to_owned(), String::new())
            }
            Kind::Number(Number {
                least,
                most,
                default,
            }) => (default.to_string(), format!(" ({least} to {most})")),
        };
        let _ = writeln!(
            table,
            "| `{}` | {variable} | {flag} | {default} | {}{bounds} |",
            key.name(),
            key.row().meaning,
        );
    }
    table
}
