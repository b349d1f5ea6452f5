//! The settings that differ by group.

use super::given::Given;
use crate::settings::group::BOUNDS;
use crate::settings::row::SettingRow;
use crate::settings::table::TABLE;

#[test]
fn groups_keep_to_the_same_bounds() {
    for (key, bounds) in BOUNDS {
        let name = format!("policy.{key}");
        let row = TABLE.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row.bounds, Some((*bounds.start(), *bounds.end())), "{key}");
    }
}

#[test]
fn a_group_can_set_whatever_the_policy_can() {
    let of_policy = |row: &&SettingRow| row.name.starts_with("policy.") && !row.file_only;
    // Verifiers and the status list know of no groups.
    let of_groups =
        |row: &&SettingRow| of_policy(row) && row.name != "policy.authentication-token-minutes";
    for row in TABLE.iter().filter(of_groups) {
        let key = row.name.trim_start_matches("policy.");
        let text = format!("[[policy.groups]]\ngroup = 'a/b'\n{key} = {{}}");
        let sentence = Given::file(&text).sentence();
        assert!(!sentence.contains("can't differ by group"), "{sentence}");
    }
}

#[test]
fn a_group_with_a_shorter_limit_cuts_what_is_proposed() {
    let policies = Given::file("[[policy.groups]]\ngroup = 'a/b'\nmax-lifetime-days = 7")
        .settings()
        .policies();
    let merged = policies.merged(&[0]);
    assert_eq!(
        (merged.max_lifetime_days, merged.default_lifetime_days),
        (7, 7)
    );
}
