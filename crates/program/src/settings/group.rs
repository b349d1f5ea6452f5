//! The reader of `[[policy.groups]]`: the policy for members of groups.

use std::ops::RangeInclusive;

use ats_pat_domain::group::Group;
use ats_pat_domain::network::{AllowedNetworks, MAX_NETWORKS};
use ats_pat_domain::policy_document::{
    ACTIVE_TOKENS, LIFETIME_DAYS, OVERLAP_HOURS, RECENT_MINUTES, UNUSED_DAYS,
};
use ats_pat_domain::{GroupPolicy, MayCreate};

use super::error::SettingsError;
use super::found::{Found, Raw};

/// The bounds of numbers that a group can set. They are those of the table of settings.
pub(super) const BOUNDS: [(&str, RangeInclusive<u32>); 6] = [
    ("max-lifetime-days", LIFETIME_DAYS),
    ("default-lifetime-days", LIFETIME_DAYS),
    ("max-active-tokens", ACTIVE_TOKENS),
    ("max-overlap-hours", OVERLAP_HOURS),
    ("revoke-unused-after-days", UNUSED_DAYS),
    ("recent-sign-in-minutes", RECENT_MINUTES),
];

/// The key that names the group.
const GROUP: &str = "group";

impl Found {
    /// Who may make tokens: `everyone` or `nobody`.
    pub(crate) fn may_create(&self) -> Result<MayCreate, SettingsError> {
        match self.text()? {
            "everyone" => Ok(MayCreate::Everyone),
            "nobody" => Ok(MayCreate::Nobody),
            other => self.refuse(format!("is {other:?}: write everyone or nobody")),
        }
    }

    /// A list of networks. One of them must contain the caller's address. An empty list allows
    /// every address.
    pub(crate) fn required_networks(&self) -> Result<Vec<AllowedNetworks>, SettingsError> {
        if self.networks()?.is_empty() {
            return Ok(Vec::new());
        }
        match AllowedNetworks::parse(&self.list()?) {
            Ok(networks) => Ok(vec![networks]),
            Err(_) => self.refuse(format!(
                "names too many networks: write {MAX_NETWORKS} at most"
            )),
        }
    }

    /// The tables of `[[policy.groups]]`, each for another group.
    pub(crate) fn policy_groups(&self) -> Result<Vec<GroupPolicy>, SettingsError> {
        let tables = match &self.raw {
            Raw::Toml(toml::Value::Array(values)) => {
                values.iter().map(toml::Value::as_table).collect()
            }
            Raw::Toml(_) | Raw::Text(_) => None,
        };
        let Some(tables): Option<Vec<&toml::Table>> = tables else {
            return self.refuse(
                "must be tables: write [[policy.groups]], then `group = \"corp/builders\"` and what is different for its members",
            );
        };
        let mut groups: Vec<GroupPolicy> = Vec::with_capacity(tables.len());
        for table in tables {
            let policy = self.group_policy(table)?;
            if groups.iter().any(|other| other.group == policy.group) {
                return self.refuse(format!(
                    "has the group {} twice: write one table for it",
                    policy.group
                ));
            }
            groups.push(policy);
        }
        Ok(groups)
    }

    fn group_policy(&self, table: &toml::Table) -> Result<GroupPolicy, SettingsError> {
        let Some(name) = table.get(GROUP).and_then(toml::Value::as_str) else {
            return self.refuse(
                "has a table that names no group: write `group = \"corp/builders\"` into it",
            );
        };
        let group = match Group::new(name) {
            Ok(group) => group,
            Err(error) => return self.refuse(format!("has a table of no group: {error}")),
        };
        let mut policy = GroupPolicy::of(group);
        for (key, value) in table {
            let found = Self {
                place: self.place.of_group(name, key),
                raw: Raw::Toml(value.clone()),
            };
            found.read_into(&mut policy, key)?;
        }
        Ok(policy)
    }

    fn read_into(&self, policy: &mut GroupPolicy, key: &str) -> Result<(), SettingsError> {
        if let Some((_, bounds)) = BOUNDS.iter().find(|(name, _)| *name == key) {
            let number = Some(self.number(bounds.clone())?);
            match key {
                "max-lifetime-days" => policy.max_lifetime_days = number,
                "default-lifetime-days" => policy.default_lifetime_days = number,
                "max-active-tokens" => policy.max_active_tokens = number,
                "max-overlap-hours" => policy.max_overlap_hours = number,
                "revoke-unused-after-days" => policy.revoke_unused_after_days = number,
                _ => policy.recent_sign_in_minutes = number,
            }
            return Ok(());
        }
        match key {
            GROUP => {}
            "self-regenerate-allowed" => policy.self_regenerate_allowed = Some(self.boolean()?),
            "scopes" => policy.scopes = Some(self.scopes()?),
            "may-create" => policy.may_create = Some(self.may_create()?),
            "all-scope-allowed" => policy.all_scope_allowed = Some(self.boolean()?),
            "required-networks" => policy.required_networks = Some(self.required_networks()?),
            _ => return self.refuse("can't differ by group: correct its name or remove it"),
        }
        Ok(())
    }
}
