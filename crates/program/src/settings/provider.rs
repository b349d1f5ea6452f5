//! The reader of `[oidc.NAME]`: the identity providers that users can sign in at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::path::Path;

use ats_pat_domain::ProviderName;
use ats_pat_domain::group::DIRECTORY;
use ats_pat_service::ProviderRules;
use secrecy::SecretString;

use super::error::{Place, SettingsError};
use super::found::{Found, Raw};
use super::row::PREFIX;
use super::shown::{Shown, is_same};

/// The table of the file with the providers.
pub(super) const TABLE: &str = "oidc";
const SECRET: &str = "client-secret";
const SIGN_IN_EVERY_DAYS: &str = "sign-in-every-days";
/// The longest time between two sign-ins, in days.
const MOST_DAYS: u32 = 3650;

/// A key of a provider's table.
pub(super) struct Key {
    pub(super) name: &'static str,
    default: &'static str,
    meaning: &'static str,
}

/// All keys, in the order of the documentation.
pub(super) const KEYS: &[Key] = &[
    key(
        "issuer",
        "must be set",
        "The issuer, exactly as discovery and tokens of the provider write it; https, but for loopback",
    ),
    key(
        "client-id",
        "must be set",
        "The id of this service at the provider",
    ),
    key(
        SECRET,
        "none: a public client",
        "The secret of this service at the provider. The code is protected by PKCE (S256) either way",
    ),
    key(
        "label",
        "NAME",
        "The button reads *Sign in with* and this (1 to 60 characters)",
    ),
    key(
        "scopes",
        "`openid profile email`",
        "The scopes to ask for, separated by spaces or as a list; with `openid`",
    ),
    key(
        "signing-algorithms",
        "`RS256`, `ES256`, `PS256`",
        "The signatures that tokens of the provider may have; a list of those and `RS384`, `RS512`, `PS384`, `PS512`, `ES384`",
    ),
    key(
        "user-name-claim",
        "`preferred_username`",
        "The claim with the user name of a new user. Dots lead into a claim",
    ),
    key(
        "display-name-claim",
        "`name`",
        "The claim with the display name",
    ),
    key("email-claim", "`email`", "The claim with the mail address"),
    key(
        "groups-claim",
        "`groups`",
        "The claim with the groups, a text or a list. In the policy they are `NAME/value`",
    ),
    key(
        "allowed-groups",
        "everyone",
        "Only members of one of these groups may sign in, as the provider writes them; a list",
    ),
    key(
        "administrator-groups",
        "nobody",
        "Who is in one of these groups at the sign-in administers the service in that session; a list",
    ),
    key(
        SIGN_IN_EVERY_DAYS,
        "0: never",
        "Tokens of users who have not signed in at this provider for so many days are refused (1207), until they do; 0 to 3650",
    ),
    key(
        "subject-is-id",
        "`false`",
        "`true`: the id of a new user is the `sub` of the provider, which must be a UUID. At one provider at most",
    ),
];

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        default,
        meaning,
    }
}

impl Key {
    fn variable(&self, provider: &str) -> String {
        let key = self.name.replace('-', "_").to_ascii_uppercase();
        format!("{PREFIX}OIDC_{provider}_{key}")
    }
}

/// The row in the documentation, in Markdown: key, environment variable, default, meaning.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = self.variable("NAME");
        write!(f, "| `{}` | `{variable}`", self.name)?;
        if self.name == SECRET {
            write!(f, " or `{variable}_FILE`")?;
        }
        write!(f, " | {} | {} |", self.default, self.meaning)
    }
}

/// What the sources say of the providers, by the name of each.
#[derive(Clone, Default)]
pub(super) struct FoundProviders(BTreeMap<String, BTreeMap<&'static str, Found>>);

impl FoundProviders {
    /// Takes the table `[oidc]` of a file.
    pub(super) fn add_table(
        &mut self,
        path: &Path,
        table: toml::Table,
    ) -> Result<(), SettingsError> {
        for (provider, keys) in table {
            let place = |key: &str| Place::of_provider(path.to_owned(), &provider, key);
            if ProviderName::new(&provider).is_err() {
                return Err(SettingsError::Invalid {
                    place: place(""),
                    advice:
                        "has a name that is not allowed: write 1 to 32 small letters and digits"
                            .to_owned(),
                });
            }
            let toml::Value::Table(keys) = keys else {
                return Err(SettingsError::UnknownKey {
                    path: path.to_owned(),
                    key: format!("{TABLE}.{provider}"),
                });
            };
            let found = self.0.entry(provider.clone()).or_default();
            for (name, value) in keys {
                let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                    return Err(SettingsError::UnknownKey {
                        path: path.to_owned(),
                        key: format!("{TABLE}.{provider}.{name}"),
                    });
                };
                let (place, raw) = (place(key.name), Raw::Toml(value));
                found.insert(key.name, Found { place, raw });
            }
        }
        Ok(())
    }

    /// The provider and the key that a variable is for, and whether it names the file of a secret.
    pub(super) fn of_variable(variable: &str) -> Option<(String, &'static Key, bool)> {
        let rest = variable.strip_prefix(PREFIX)?.strip_prefix("OIDC_")?;
        let (provider, _) = rest.split_once('_')?;
        let name = provider.to_ascii_lowercase();
        ProviderName::new(&name).ok()?;
        KEYS.iter().find_map(|key| {
            let of_key = key.variable(provider);
            if of_key == variable {
                return Some((name.clone(), key, false));
            }
            let is_file = key.name == SECRET && format!("{of_key}_FILE") == variable;
            is_file.then(|| (name.clone(), key, true))
        })
    }

    pub(super) fn insert(&mut self, provider: String, key: &'static Key, found: Found) {
        self.0.entry(provider).or_default().insert(key.name, found);
    }

    /// Every key of every provider that a source has.
    pub(super) fn shown(&self) -> impl Iterator<Item = Shown> {
        self.0.iter().flat_map(|(provider, keys)| {
            keys.iter().map(move |(name, found)| {
                Shown::of(
                    &format!("{TABLE}.{provider}.{name}"),
                    found,
                    *name == SECRET,
                )
            })
        })
    }

    /// The keys that were written in another way before.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<String> {
        let mut changed = BTreeSet::new();
        for (one, other) in [(self, before), (before, self)] {
            for (provider, keys) in &one.0 {
                let others = other.0.get(provider);
                let differs = |name: &&&str| {
                    !is_same(keys.get(**name), others.and_then(|keys| keys.get(**name)))
                };
                let names = keys.keys().filter(differs);
                changed.extend(names.map(|name| format!("{TABLE}.{provider}.{name}")));
            }
        }
        changed.into_iter().collect()
    }

    /// Reads all providers, sorted by name.
    pub(super) fn read(&self) -> Result<Vec<Provider>, SettingsError> {
        let mut providers: Vec<Provider> = Vec::with_capacity(self.0.len());
        for (name, keys) in &self.0 {
            if name == DIRECTORY
                && let Some(found) = keys.values().next()
            {
                return found.refuse(
                    "is of a provider that is called scim: choose another name, because groups of the directory are called so",
                );
            }
            let provider = Keys { name, keys }.read()?;
            if provider.rules.subject_is_id
                && let Some(other) = providers.iter().find(|other| other.rules.subject_is_id)
                && let Some(found) = keys.get("subject-is-id")
            {
                return found.refuse(format!(
                    "is true for {} too: the ids of users can be those of one provider only",
                    other.rules.name
                ));
            }
            providers.push(provider);
        }
        Ok(providers)
    }
}

impl Found {
    /// The name of a provider.
    pub(crate) fn provider_name(&self) -> Result<ProviderName, SettingsError> {
        match ProviderName::new(self.text()?) {
            Ok(name) => Ok(name),
            Err(_) => {
                self.refuse("is no name of a provider: write 1 to 32 small letters and digits")
            }
        }
    }

    /// The name of a claim, or the way to it.
    pub(crate) fn claim(&self) -> Result<String, SettingsError> {
        Ok(self.text()?.to_owned())
    }
}

/// An identity provider of the settings.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What its sign-ins mean.
    pub rules: ProviderRules,
    /// The id of this service there.
    pub client_id: String,
    /// The secret of this service there.
    pub client_secret: Option<SecretString>,
    /// The scopes to ask for.
    pub scopes: Vec<String>,
    /// The names of the signature algorithms that its tokens may have. `None`: the usual ones.
    pub signing_algorithms: Option<Vec<String>>,
    /// The claim with the user name.
    pub user_name_claim: String,
    /// The claim with the display name.
    pub display_name_claim: String,
    /// The claim with the mail address.
    pub email_claim: String,
    /// The claim with the groups.
    pub groups_claim: String,
    /// The claim with the `externalId` of its directory, if that is another than `sub`.
    pub directory_claim: Option<String>,
}

/// The keys of one provider.
struct Keys<'a> {
    name: &'a str,
    keys: &'a BTreeMap<&'static str, Found>,
}

impl Keys<'_> {
    fn read(&self) -> Result<Provider, SettingsError> {
        let name = ProviderName::from_stored(self.name.to_owned());
        let label = self.optional("label", Found::label)?;
        let groups = |key| {
            let groups = self.optional(key, |found| found.provider_groups(&name));
            groups.map(Option::unwrap_or_default)
        };
        let claim = |key, default: &str| {
            let claim = self.optional(key, |found| Ok(found.text()?.to_owned()))?;
            Ok::<_, SettingsError>(claim.unwrap_or_else(|| default.to_owned()))
        };
        let scopes = self.optional("scopes", Found::oidc_scopes)?;
        let subject_is_id = self.optional("subject-is-id", Found::boolean)?;
        let days = self.optional(SIGN_IN_EVERY_DAYS, |found| found.number(0..=MOST_DAYS))?;
        let secret = |found: &Found| Ok(SecretString::from(found.text()?));
        Ok(Provider {
            rules: ProviderRules {
                label: label.unwrap_or_else(|| self.name.to_owned()),
                issuer: self.required("issuer", Found::issuer)?,
                allowed_groups: groups("allowed-groups")?,
                administrator_groups: groups("administrator-groups")?,
                subject_is_id: subject_is_id.unwrap_or_default(),
                sign_in_every_days: days.and_then(NonZeroU32::new),
                name: name.clone(),
            },
            client_id: self.required("client-id", |found| Ok(found.text()?.to_owned()))?,
            client_secret: self.optional(SECRET, secret)?,
            scopes: scopes.unwrap_or_else(|| {
                ["openid", "profile", "email"]
                    .map(ToOwned::to_owned)
                    .to_vec()
            }),
            signing_algorithms: self.optional("signing-algorithms", Found::list)?,
            user_name_claim: claim("user-name-claim", "preferred_username")?,
            display_name_claim: claim("display-name-claim", "name")?,
            email_claim: claim("email-claim", "email")?,
            groups_claim: claim("groups-claim", "groups")?,
            directory_claim: None,
        })
    }

    fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Found) -> Result<T, SettingsError>,
    ) -> Result<Option<T>, SettingsError> {
        self.keys.get(key).map(read).transpose()
    }

    fn required<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Found) -> Result<T, SettingsError>,
    ) -> Result<T, SettingsError> {
        let missing = || SettingsError::MissingOfProvider {
            provider: self.name.to_owned(),
            key,
        };
        self.optional(key, read)?.ok_or_else(missing)
    }
}
