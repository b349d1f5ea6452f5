//! What the groups of a provider mean here.

use ats_pat_domain::group::{DIRECTORY, Group, Groups};
use ats_pat_domain::{Policies, ProviderName};

use super::refused::NotSignedIn;
use crate::service::settings::ProviderRules;

/// What the groups of somebody who signed in mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Memberships {
    /// Whether the person may sign in.
    pub(super) is_allowed: bool,
    /// Whether the person administers the service in this session.
    pub(super) is_administrator: bool,
    /// The groups for the policy. `None` if the provider did not tell, and nothing depends on it.
    groups: Option<Vec<Group>>,
}

impl Memberships {
    /// Judges the groups that the provider told.
    ///
    /// # Errors
    /// [`NotSignedIn::GroupsMissing`] if groups decide something, and the provider did not tell
    /// them, or told more than a user can have. That is never the same as no groups.
    pub(super) fn judge(
        rules: &ProviderRules,
        policies: &Policies,
        told: Option<&[String]>,
    ) -> Result<Self, NotSignedIn> {
        let prefix = prefix(&rules.name);
        let names = || policies.groups.iter().map(|policy| policy.group.as_str());
        let is_named = |group: &Group| names().any(|name| name == group.as_str());
        let decide = !rules.allowed_groups.is_empty()
            || !rules.administrator_groups.is_empty()
            || names().any(|name| name.starts_with(&prefix));
        let Some(told) = told else {
            if decide {
                return Err(NotSignedIn::GroupsMissing);
            }
            return Ok(Self {
                is_allowed: true,
                is_administrator: false,
                groups: None,
            });
        };
        // No policy can name what is no group here.
        let group = |value: &String| Group::new(&format!("{prefix}{value}")).ok();
        let all: Vec<Group> = told.iter().filter_map(group).collect();
        let groups = if fit(&all) {
            all
        } else {
            // Those that nothing names decide nothing.
            let named: Vec<Group> = all.into_iter().filter(is_named).collect();
            if !fit(&named) {
                return Err(NotSignedIn::GroupsMissing);
            }
            named
        };
        Ok(Self {
            is_allowed: rules.allow(told),
            is_administrator: rules.make_administrator(told),
            groups: Some(groups),
        })
    }

    /// The groups of a user after this sign-in: those of other providers, and what this one told.
    /// `None` if they are more than a user can have.
    pub(super) fn merged(&self, provider: &ProviderName, before: &Groups) -> Option<Groups> {
        let Some(told) = &self.groups else {
            return Some(before.clone());
        };
        let mut names = without(provider, before);
        names.extend(told.iter().map(|group| group.as_str().to_owned()));
        Groups::new(&names).ok()
    }
}

/// The names of the groups that are not this provider's.
pub(crate) fn without(provider: &ProviderName, groups: &Groups) -> Vec<String> {
    let prefix = prefix(provider);
    let mut names = groups.names();
    names.retain(|name| !name.starts_with(&prefix));
    names
}

/// The groups that are not the company's directory's.
pub(crate) fn without_directory(groups: &Groups) -> Groups {
    let prefix = format!("{DIRECTORY}/");
    let mut names = groups.names();
    names.retain(|name| !name.starts_with(&prefix));
    // Of what is left, nothing is too much.
    Groups::new(&names).unwrap_or_default()
}

fn prefix(provider: &ProviderName) -> String {
    format!("{provider}/")
}

fn fit(groups: &[Group]) -> bool {
    let names: Vec<String> = groups.iter().map(|it| it.as_str().to_owned()).collect();
    Groups::new(&names).is_ok()
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::{GroupPolicy, Issuer};

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    fn rules(allowed: &[&str], administrators: &[&str]) -> ProviderRules {
        ProviderRules {
            name: ProviderName::new("corp").unwrap(),
            label: "Corp".to_owned(),
            issuer: Issuer::new("https://id.example").unwrap(),
            allowed_groups: texts(allowed),
            administrator_groups: texts(administrators),
            subject_is_id: false,
            sign_in_every_days: None,
        }
    }

    fn naming(group: &str) -> Policies {
        Policies {
            groups: vec![GroupPolicy::of(Group::new(group).unwrap())],
            ..Policies::default()
        }
    }

    #[test]
    fn only_members_of_an_allowed_group_are_allowed_and_only_the_named_administer() {
        let judge = |rules: &ProviderRules, told: &[&str]| {
            let judged = Memberships::judge(rules, &Policies::default(), Some(&texts(told)));
            let judged = judged.unwrap();
            (judged.is_allowed, judged.is_administrator)
        };
        assert_eq!(judge(&rules(&[], &[]), &[]), (true, false));
        let rules = rules(&["staff"], &["admins"]);
        assert_eq!(judge(&rules, &["staff"]), (true, false));
        assert_eq!(judge(&rules, &["admins"]), (false, true));
        assert_eq!(judge(&rules, &["Staff", "corp/staff"]), (false, false));
        assert_eq!(judge(&rules, &[]), (false, false));
    }

    #[test]
    fn groups_that_were_not_told_are_refused_wherever_groups_decide() {
        let judge =
            |rules: &ProviderRules, policies: &Policies| Memberships::judge(rules, policies, None);
        for (rules, policies) in [
            (rules(&["staff"], &[]), Policies::default()),
            (rules(&[], &["admins"]), Policies::default()),
            (rules(&[], &[]), naming("corp/staff")),
        ] {
            let judged = judge(&rules, &policies);
            assert!(matches!(judged, Err(NotSignedIn::GroupsMissing)));
        }
        let judged = judge(&rules(&[], &[]), &naming("other/staff")).unwrap();
        let before = Groups::new(&texts(&["corp/a", "scim/b"])).unwrap();
        let provider = ProviderName::new("corp").unwrap();
        assert_eq!(judged.merged(&provider, &before), Some(before));
    }

    #[test]
    fn a_provider_speaks_only_of_its_own_groups() {
        let told = texts(&["b", "scim/x", "a\nb", " "]);
        let judged = Memberships::judge(&rules(&[], &[]), &Policies::default(), Some(&told));
        let before = Groups::new(&texts(&["corp/a", "corpx/c", "scim/b"])).unwrap();
        let provider = ProviderName::new("corp").unwrap();
        let merged = judged.unwrap().merged(&provider, &before).unwrap();
        assert_eq!(
            merged.names(),
            ["corp/b", "corp/scim/x", "corpx/c", "scim/b"]
        );
    }

    #[test]
    fn of_more_groups_than_fit_only_those_that_the_policy_names_are_kept() {
        let told: Vec<String> = (0..300).map(|number| format!("g{number}")).collect();
        let judged = Memberships::judge(&rules(&[], &[]), &naming("corp/g250"), Some(&told));
        let provider = ProviderName::new("corp").unwrap();
        let merged = judged.unwrap().merged(&provider, &Groups::default());
        assert_eq!(merged.unwrap().names(), ["corp/g250"]);
    }
}
