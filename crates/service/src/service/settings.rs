//! What the use cases are told by the operator.

use std::time::Duration;

use ats_pat_domain::Policies;

/// Where the policy is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicySource {
    /// In the settings; another one needs a restart.
    #[default]
    File,
    /// In the database, once one was put there; before that in the settings.
    Database,
}

impl PolicySource {
    /// As settings and answers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Database => "database",
        }
    }
}

/// The settings that the use cases obey.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public URL: an origin without path or trailing slash; the issuer of authentication
    /// tokens.
    pub issuer: String,
    /// Whom authentication tokens are for; never empty.
    pub audience: Vec<String>,
    /// Whom an authentication token is for if its exchange names nobody: a part of `audience` with
    /// its first; `None` is all of it.
    pub default_audience: Option<Vec<String>>,
    /// Whether the claim `scope` of all the owner's rights names the scopes of the catalogue, too.
    pub expand_all_scope: bool,
    /// After how long without a request a session ends.
    pub session_idle: Duration,
    /// After how long a session ends in any case.
    pub session_absolute: Duration,
    /// What tokens may be like: for everybody, and what is different for members of groups.
    pub policy: Policies,
    /// Whether that is the policy, or the one in the database.
    pub policy_source: PolicySource,
    /// How many grants are kept in memory, so that exchanges need not ask the database: room for so
    /// many of usual size, three quarters of a KiB each. 0 keeps none.
    pub cache_entries: usize,
    /// How many sign-ins of one account from one address may fail in a quarter of an hour.
    pub sign_in_failures_per_quarter_hour: u32,
    /// How many tokens one user may create, regenerate or edit in a minute; 0 sets no limit.
    pub changes_per_user_per_minute: u32,
}

impl Settings {
    /// The defaults of the contract for this issuer.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: vec![issuer.to_owned()],
            default_audience: None,
            expand_all_scope: false,
            session_idle: Duration::from_mins(30),
            session_absolute: Duration::from_hours(12),
            policy: Policies::default(),
            policy_source: PolicySource::File,
            cache_entries: 100_000,
            sign_in_failures_per_quarter_hour: 10,
            changes_per_user_per_minute: 120,
        }
    }
}
