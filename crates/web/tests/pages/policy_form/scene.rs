//! The form of the policy, with something typed.

use ats_pat_service::{CurrentPolicy, PolicySource};

use crate::fixture::{Browser, Site};
use crate::sent_form::{fields_of, with};

pub const POLICY: &str = "/settings/policy";
pub const APPLY: &str = "/settings/policy/apply";

pub async fn site() -> Site {
    Site::start_with(|settings| settings.policy_source = PolicySource::Database).await
}

pub async fn in_force(site: &Site) -> CurrentPolicy {
    site.world.service.operator().policies().await.unwrap()
}

/// Typed values, some of them special to HTML.
pub const TYPED: &[(&str, &str)] = &[
    ("MaxLifetimeDays", "20"),
    ("DefaultLifetimeDays", "10"),
    ("MaxActiveTokens", "5"),
    ("MayCreate", "Nobody"),
    ("AllScopeAllowed", "false"),
    ("SelfRegenerateAllowed", "false"),
    ("Scopes", "orders:read Read \"orders\" & <more>\nb"),
    ("RequiredNetworks", "10.0.0.0/8\n192.0.2.0/24"),
];

/// The form with what was typed, and a group.
pub async fn typed(root: &mut Browser) -> Vec<(String, String)> {
    let page = root.get(POLICY).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let mut fields = fields_of(&page);
    for (name, value) in TYPED {
        let mut found = fields.iter_mut().filter(|(field, _)| field == name);
        let found = found.next().unwrap_or_else(|| panic!("no field {name}"));
        (*value).clone_into(&mut found.1);
    }
    let added = root.post(POLICY, &with(&fields, &[("act", "add")])).await;
    assert_eq!(added.status, 200, "{}", added.text);
    assert!(added.text.contains("New group"));
    fields_of(&added)
}

pub const GROUP: &[(&str, &str)] = &[
    ("Groups[0].Group", "corp/builders"),
    ("Groups[0].MaxLifetimeDays", "400"),
    ("Groups[0].MayCreate", "Everyone"),
    ("Groups[0].RequiredNetworks.Empty", "yes"),
];
