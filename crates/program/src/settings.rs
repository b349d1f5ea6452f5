//! Settings: their sources, their checks, and their meaning.
//!
//! The sources are a TOML file, the environment and flags, and the last one wins. The environment
//! is passed in, and nothing here reads it by itself. Each refusal is one sentence that names the
//! place and says what to do. None quotes a secret.

mod error;
mod found;
mod group;
mod loaded;
mod provider;
mod provider_value;
mod row;
mod service_link;
mod shown;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod traces;
mod value;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use ats_pat_domain::{LONGEST_WRITTEN_OUT, Policies, Policy};
use ats_pat_service::{DirectoryRules, LocalPasswords};
use secrecy::SecretString;

pub use self::error::{Place, SettingsError};
pub use self::loaded::LoadedSettings;
pub use self::provider::Provider;
pub use self::shown::Shown;
use self::source::Sources;
pub use self::table::{CommonFlags, ServerFlags, Settings, settings_reference};
pub use self::traces::TraceHeader;
pub use self::value::LogFormat;

impl Settings {
    /// Reads all sources: the file that `common` names, `environment`, and the flags. A program
    /// without server flags serves no callers. It may share the settings of a server whose public
    /// URL is in a flag.
    pub fn load(
        common: &CommonFlags,
        server: Option<&ServerFlags>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let loaded = LoadedSettings::load(common, server, environment)?;
        Ok(loaded.settings)
    }

    fn of(sources: &Sources, serves: bool) -> Result<Self, SettingsError> {
        let mut settings = Self::read(sources)?;
        let is_wildcard = settings.listen.ip().is_unspecified();
        if let Some(place) = sources.place("listen")
            && is_wildcard
            && serves
            && settings.public_url.is_none()
        {
            return Err(SettingsError::WildcardWithoutPublicUrl { place });
        }
        let longest = settings.max_lifetime_days;
        if settings.default_lifetime_days > longest {
            if let Some(place) = sources.place("policy.default-lifetime-days") {
                let advice = format!(
                    "is longer than `policy.max-lifetime-days` ({longest}): shorten it, or allow more"
                );
                return Err(SettingsError::Invalid { place, advice });
            }
            settings.default_lifetime_days = longest;
        }
        if let Some(minutes) = settings.authentication_token_minutes
            && minutes != settings.token_lifetime_minutes
            && sources.place("token-lifetime-minutes").is_some()
            && let Some(place) = sources.place("policy.authentication-token-minutes")
        {
            let advice = format!(
                "is {minutes}, and its other name `token-lifetime-minutes` is {}: keep one of them",
                settings.token_lifetime_minutes
            );
            return Err(SettingsError::Invalid { place, advice });
        }
        if let Some(place) = sources.place("policy.groups") {
            settings.check_groups(&place)?;
        }
        if let Some(place) = sources.place("default-audience")
            && let Some(advice) = settings.wrong_default_audience(serves)
        {
            return Err(SettingsError::Invalid { place, advice });
        }
        if let (Some(place), Some(other)) = (
            sources.place("master-key-command"),
            sources.place("master-key-file"),
        ) {
            let advice = format!(
                "gives the master key, and so does {other}: keep one of them, so that nobody has to guess which one counts"
            );
            return Err(SettingsError::Invalid { place, advice });
        }
        if let Some(place) = sources.place("traces-headers") {
            traces::check_trace_headers(settings.traces_endpoint.as_ref(), place)?;
        }
        settings.providers = sources.providers()?;
        settings.set_directory(sources)?;
        if let Some(place) = sources.place("local-passwords")
            && settings.local_passwords != LocalPasswords::On
            && settings.providers.is_empty()
        {
            return Err(SettingsError::NoWayToSignIn { place });
        }
        if let Some(place) = sources.place("expand-all-scope")
            && settings.expand_all_scope
        {
            let policies = settings.policies();
            if policies.are_too_long_written_out() {
                let length = policies.written_out_length();
                let advice = format!(
                    "makes tokens too long: with all of `policy.scopes` and those of groups the scope has {length} characters, and {LONGEST_WRITTEN_OUT} are allowed. Set it to false, or offer fewer scopes"
                );
                return Err(SettingsError::Invalid { place, advice });
            }
        }
        Ok(settings)
    }

    /// Tells the provider of the directory by which claim the directory knows its users.
    fn set_directory(&mut self, sources: &Sources) -> Result<(), SettingsError> {
        let claim = self.scim_identity_claim.clone();
        let refused = |key, advice: String| match sources.place(key) {
            Some(place) => Err(SettingsError::Invalid { place, advice }),
            None => Ok(()),
        };
        let knows_subjects = claim == DirectoryRules::SUBJECT;
        let Some(name) = self.scim_provider.clone() else {
            if knows_subjects {
                return Ok(());
            }
            let advice = "is set, and there is no `scim.provider`: set that too, or leave this out";
            return refused("scim.identity-claim", advice.to_owned());
        };
        let mut providers = self.providers.iter_mut();
        let Some(provider) = providers.find(|provider| provider.rules.name == name) else {
            return refused(
                "scim.provider",
                format!(
                    "names {name}, and there is no [oidc.{name}]: name one of the identity providers"
                ),
            );
        };
        if knows_subjects {
            return Ok(());
        }
        if provider.rules.subject_is_id {
            return refused(
                "scim.identity-claim",
                format!(
                    "is {claim:?}, and `subject-is-id` of {name} needs the subject: write sub, or leave `subject-is-id` out"
                ),
            );
        }
        provider.directory_claim = Some(claim);
        Ok(())
    }

    /// Refuses a group that would propose a longer lifetime than its members may choose.
    fn check_groups(&self, place: &Place) -> Result<(), SettingsError> {
        for policy in &self.policy_groups {
            let longest = policy.max_lifetime_days.unwrap_or(self.max_lifetime_days);
            let default = policy.default_lifetime_days;
            if default.is_some_and(|default| default > longest) {
                return Err(SettingsError::Invalid {
                    place: place.of_group(policy.group.as_str(), "default-lifetime-days"),
                    advice: format!(
                        "is longer than the members may choose ({longest}): shorten it, or allow more by `max-lifetime-days`"
                    ),
                });
            }
        }
        Ok(())
    }

    /// The policy of tokens, with its groups.
    pub fn policies(&self) -> Policies {
        Policies {
            base: Policy {
                max_lifetime_days: self.max_lifetime_days,
                default_lifetime_days: self.default_lifetime_days,
                max_active_tokens: self.max_active_tokens,
                max_overlap_hours: self.max_overlap_hours,
                self_regenerate_allowed: self.self_regenerate_allowed,
                scopes: self.scopes.clone(),
                may_create: self.may_create,
                all_scope_allowed: self.all_scope_allowed,
                required_networks: self.required_networks.clone(),
                revoke_unused_after_days: self.revoke_unused_after_days,
                recent_sign_in_minutes: self.recent_sign_in_minutes,
                authentication_token_minutes: self
                    .authentication_token_minutes
                    .unwrap_or(self.token_lifetime_minutes),
            },
            groups: self.policy_groups.clone(),
        }
    }

    /// Why `default-audience` is wrong, if it is.
    fn wrong_default_audience(&self, serves: bool) -> Option<String> {
        let default = self.default_audience.as_ref()?;
        let audience = match (self.audience.is_empty(), serves) {
            (false, _) => self.audience.clone(),
            (true, true) => vec![self.public_url_at(self.listen)],
            // The public URL may be in a flag of the server, which this program doesn't see.
            (true, false) => return None,
        };
        if let Some(other) = default.iter().find(|named| !audience.contains(named)) {
            return Some(format!(
                "names {other:?}, which is not in `audience`: name only some of those, or leave it out for all"
            ));
        }
        let first = audience.first().filter(|first| !default.contains(first))?;
        Some(format!(
            "lacks {first:?}, the first of `audience`: name it too, because this service itself takes only tokens for it"
        ))
    }

    /// The origin that callers see if the server listens on `address`.
    pub fn public_url_at(&self, address: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| {
            let url = format!("http://{address}");
            url::Url::parse(&url).map_or(url, |url| url.origin().ascii_serialization())
        })
    }

    /// The URL of the database; may hold a password.
    pub fn database_url(&self) -> SecretString {
        self.database_url
            .clone()
            .unwrap_or_else(|| ats_pat_storage::url_of_file(&self.database_file()).into())
    }

    /// The SQLite file in the data folder, which is used if the operator names no database.
    pub fn database_file(&self) -> PathBuf {
        self.data_dir.join("ats-pat.db")
    }

    /// The file of the master key.
    pub fn master_key_file(&self) -> PathBuf {
        let named = self.master_key_file.clone();
        named.unwrap_or_else(|| self.data_dir.join("master.key"))
    }

    /// The file with the last seen head of the event log.
    pub fn anchor_file(&self) -> PathBuf {
        self.data_dir.join("anchor")
    }

    /// The settings of the use cases. `issuer` is the origin that callers see.
    pub fn for_service(&self, issuer: &str) -> ats_pat_service::Settings {
        let (audience, default_audience) = if self.audience.is_empty() {
            // Then there is only one, and it is the default in any case.
            (vec![issuer.to_owned()], None)
        } else {
            (self.audience.clone(), self.default_audience.clone())
        };
        ats_pat_service::Settings {
            issuer: issuer.to_owned(),
            audience,
            default_audience,
            expand_all_scope: self.expand_all_scope,
            session_idle: self.session_idle,
            session_absolute: self.session_absolute,
            policy: self.policies(),
            policy_source: self.policy_source,
            providers: self
                .providers
                .iter()
                .map(|provider| provider.rules.clone())
                .collect(),
            directory: self.scim_provider.clone().map(|provider| DirectoryRules {
                provider,
                identity_claim: self.scim_identity_claim.clone(),
            }),
            local_passwords: self.local_passwords,
            sign_in_failures_per_quarter_hour: self.sign_in_failures_per_quarter_hour,
            changes_per_user_per_minute: self.changes_per_user_per_minute,
            exchanges_per_token_per_minute: self.exchanges_per_token_per_minute,
            exchanges_per_owner_per_minute: self.exchanges_per_owner_per_minute,
            signing_key_rotate_days: self.signing_key_rotate_days,
            ended_tokens_days: self.ended_tokens_days,
            cache_entries: self.cache_entries as usize,
        }
    }
}
