//! The operator's settings for the use cases.

use std::num::NonZeroU32;
use std::time::Duration;

use ats_pat_domain::{Issuer, Policies, ProviderName, SignInRule};

/// Where the policy is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicySource {
    /// In the settings. A change needs a restart.
    #[default]
    File,
    /// In the database, once it has one. Before that, in the settings.
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

/// Who may sign in with a password of this service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalPasswords {
    /// Everybody who has one.
    #[default]
    On,
    /// Only users who are administrators.
    Administrators,
    /// Nobody can sign in by a password.
    Off,
}

impl LocalPasswords {
    /// As settings write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Administrators => "administrators",
            Self::Off => "off",
        }
    }
}

/// What sign-ins at an identity provider mean here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRules {
    /// The provider's name in the settings.
    pub name: ProviderName,
    /// The name that people read on its button.
    pub label: String,
    /// The issuer of its identities.
    pub issuer: Issuer,
    /// The groups, as the provider writes them, of which a user must be in one. Empty: everybody
    /// may sign in.
    pub allowed_groups: Vec<String>,
    /// The groups that make a session an administrator's.
    pub administrator_groups: Vec<String>,
    /// Whether the provider's `sub` is the id of a new user.
    pub subject_is_id: bool,
    /// After how many days without a sign-in there the tokens of its users stop. `None`: never.
    pub sign_in_every_days: Option<NonZeroU32>,
}

/// The company's directory, which keeps users and groups over SCIM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRules {
    /// The identity provider at which its users sign in.
    pub provider: ProviderName,
    /// The claim of that provider with the `externalId` of a user.
    pub identity_claim: String,
}

impl DirectoryRules {
    /// The claim with the subject of an identity (OpenID Connect Core 1.0, section 2).
    pub const SUBJECT: &str = "sub";

    /// Whether the directory knows users by the subjects of their identities.
    pub fn knows_subjects(&self) -> bool {
        self.identity_claim == Self::SUBJECT
    }
}

impl ProviderRules {
    /// Whether somebody in these groups may sign in.
    pub fn allow(&self, groups: &[String]) -> bool {
        self.allowed_groups.is_empty() || is_in(groups, &self.allowed_groups)
    }

    /// Whether somebody in these groups administers the service in the session.
    pub fn make_administrator(&self, groups: &[String]) -> bool {
        is_in(groups, &self.administrator_groups)
    }
}

fn is_in(groups: &[String], wanted: &[String]) -> bool {
    wanted.iter().any(|wanted| groups.contains(wanted))
}

/// The operator's settings for the use cases.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public URL, an origin without path or trailing slash. It is the issuer of authentication
    /// tokens.
    pub issuer: String,
    /// The audiences of authentication tokens. Never empty.
    pub audience: Vec<String>,
    /// The audiences of an authentication token if its exchange names none: a part of `audience`
    /// that has its first. `None` means all of `audience`.
    pub default_audience: Option<Vec<String>>,
    /// Whether the claim `scope` also has the scopes of the catalogue if the token has `all`.
    pub expand_all_scope: bool,
    /// How long a session may be idle.
    pub session_idle: Duration,
    /// How long a session may last.
    pub session_absolute: Duration,
    /// The policy for everybody, and its differences for members of groups.
    pub policy: Policies,
    /// Whether this policy is in force, or the one in the database.
    pub policy_source: PolicySource,
    /// The identity providers that users can sign in at, in the order of their buttons.
    pub providers: Vec<ProviderRules>,
    /// The directory that keeps users over SCIM. `None`: there is none.
    pub directory: Option<DirectoryRules>,
    /// Who may sign in with a password of this service.
    pub local_passwords: LocalPasswords,
    /// How many grants of usual size are cached, at three quarters of a KiB each. With 0, every
    /// exchange reads the database.
    pub cache_entries: usize,
    /// How many sign-ins for one account from one address may fail in a quarter of an hour.
    pub sign_in_failures_per_quarter_hour: u32,
    /// How many tokens a user may create, regenerate or edit in a minute. 0 means no limit.
    pub changes_per_user_per_minute: u32,
    /// How many exchanges by one personal access token may succeed in a minute. 0 means no limit.
    pub exchanges_per_token_per_minute: u32,
    /// How many exchanges by all tokens of one owner may succeed in a minute. 0 means no limit.
    pub exchanges_per_owner_per_minute: u32,
    /// After how many days a server makes a new signing key. 0 means never.
    pub signing_key_rotate_days: u32,
    /// How many days after its expiry the entry of a token is removed. 0 means never.
    pub ended_tokens_days: u32,
}

impl Settings {
    /// The rules of all providers that ask their users to sign in every few days.
    pub(crate) fn sign_in_rules(&self) -> Vec<SignInRule> {
        let rules = self.providers.iter().filter_map(|provider| {
            Some(SignInRule {
                provider: provider.name.clone(),
                every_days: provider.sign_in_every_days?,
            })
        });
        rules.collect()
    }

    /// The default settings of the contract for this issuer.
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
            providers: Vec::new(),
            directory: None,
            local_passwords: LocalPasswords::On,
            cache_entries: 100_000,
            sign_in_failures_per_quarter_hour: 10,
            changes_per_user_per_minute: 120,
            exchanges_per_token_per_minute: 0,
            exchanges_per_owner_per_minute: 0,
            signing_key_rotate_days: 0,
            ended_tokens_days: 0,
        }
    }
}
