//! How the policies of groups are merged.

use super::*;

fn group(name: &str) -> GroupPolicy {
    GroupPolicy::of(Group::new(&format!("corp/{name}")).unwrap())
}

fn in_groups(names: &[&str]) -> Groups {
    let names: Vec<String> = names.iter().map(|name| format!("corp/{name}")).collect();
    Groups::new(&names).unwrap()
}

fn scopes(names: &[&str]) -> Vec<Scope> {
    let scope = |name: &&str| Scope::new(name, "").unwrap();
    names.iter().map(scope).collect()
}

fn networks(networks: &[&str]) -> AllowedNetworks {
    let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    AllowedNetworks::parse(&networks).unwrap()
}

/// A generous and a strict group, one that sets nothing, and a base in between.
fn policies() -> Policies {
    Policies {
        base: Policy {
            max_lifetime_days: 90,
            default_lifetime_days: 30,
            max_active_tokens: 10,
            max_overlap_hours: 24,
            self_regenerate_allowed: false,
            scopes: scopes(&["base"]),
            may_create: MayCreate::Nobody,
            all_scope_allowed: true,
            required_networks: vec![networks(&["192.0.2.0/24"])],
            revoke_unused_after_days: 60,
            recent_sign_in_minutes: 60,
            authentication_token_minutes: 10,
        },
        groups: vec![
            GroupPolicy {
                max_lifetime_days: Some(366),
                default_lifetime_days: Some(90),
                max_active_tokens: Some(100),
                max_overlap_hours: Some(168),
                self_regenerate_allowed: Some(true),
                scopes: Some(scopes(&["read", "write"])),
                may_create: Some(MayCreate::Everyone),
                all_scope_allowed: Some(true),
                required_networks: Some(Vec::new()),
                revoke_unused_after_days: Some(0),
                recent_sign_in_minutes: Some(0),
                ..group("generous")
            },
            GroupPolicy {
                max_lifetime_days: Some(7),
                default_lifetime_days: Some(1),
                max_active_tokens: Some(1),
                max_overlap_hours: Some(0),
                self_regenerate_allowed: Some(false),
                scopes: Some(scopes(&["write", "admin"])),
                may_create: Some(MayCreate::Nobody),
                all_scope_allowed: Some(false),
                required_networks: Some(vec![networks(&["10.0.0.0/8"])]),
                revoke_unused_after_days: Some(30),
                recent_sign_in_minutes: Some(15),
                ..group("strict")
            },
            GroupPolicy {
                required_networks: Some(vec![networks(&["10.1.0.0/16"])]),
                revoke_unused_after_days: Some(90),
                recent_sign_in_minutes: Some(240),
                ..group("near")
            },
            group("silent"),
        ],
    }
}

#[test]
fn the_base_counts_for_whoever_is_in_no_group_that_says_another() {
    let policies = policies();
    for names in [
        &[][..],
        &["silent"],
        &["elsewhere"],
        &["elsewhere", "silent"],
    ] {
        assert_eq!(policies.of(&in_groups(names)), policies.base, "{names:?}");
    }
}

#[test]
fn what_one_group_sets_takes_the_place_of_the_base_whether_stricter_or_not() {
    let policies = policies();
    let generous = policies.of(&in_groups(&["generous"]));
    assert_eq!(
        generous,
        Policy {
            max_lifetime_days: 366,
            default_lifetime_days: 90,
            max_active_tokens: 100,
            max_overlap_hours: 168,
            self_regenerate_allowed: true,
            scopes: scopes(&["read", "write"]),
            may_create: MayCreate::Everyone,
            all_scope_allowed: true,
            required_networks: Vec::new(),
            revoke_unused_after_days: 0,
            recent_sign_in_minutes: 0,
            authentication_token_minutes: 10,
        }
    );
    let strict = policies.of(&in_groups(&["strict"]));
    assert_eq!(
        strict,
        Policy {
            max_lifetime_days: 7,
            default_lifetime_days: 1,
            max_active_tokens: 1,
            max_overlap_hours: 0,
            self_regenerate_allowed: false,
            scopes: scopes(&["write", "admin"]),
            may_create: MayCreate::Nobody,
            all_scope_allowed: false,
            required_networks: vec![networks(&["10.0.0.0/8"])],
            revoke_unused_after_days: 30,
            recent_sign_in_minutes: 15,
            authentication_token_minutes: 10,
        }
    );
}

#[test]
fn of_several_groups_the_most_generous_counts_but_the_strictest_of_what_uses_are_judged_by() {
    let both = policies().of(&in_groups(&["strict", "generous", "near", "silent"]));
    assert_eq!(
        both,
        Policy {
            max_lifetime_days: 366,
            default_lifetime_days: 90,
            max_active_tokens: 100,
            max_overlap_hours: 168,
            self_regenerate_allowed: true,
            scopes: scopes(&["read", "write", "admin"]),
            may_create: MayCreate::Everyone,
            all_scope_allowed: false,
            required_networks: vec![networks(&["10.0.0.0/8"]), networks(&["10.1.0.0/16"])],
            revoke_unused_after_days: 30,
            recent_sign_in_minutes: 15,
            authentication_token_minutes: 10,
        }
    );
    assert!(both.allows_from("10.1.2.3".parse().unwrap()));
    assert!(!both.allows_from("10.2.2.3".parse().unwrap()));
}

#[test]
fn the_order_of_groups_decides_nothing_but_the_order_of_scopes() {
    let without_order = |mut policy: Policy| {
        policy.scopes.sort_by(|a, b| a.name.cmp(&b.name));
        policy
    };
    let subsets: [&[&str]; 6] = [
        &["generous", "strict"],
        &["generous", "near"],
        &["strict", "near"],
        &["generous", "strict", "near"],
        &["silent", "near"],
        &["generous", "strict", "near", "silent"],
    ];
    let mut policies = policies();
    for _ in 0..2 {
        for names in subsets {
            let merged = without_order(policies.of(&in_groups(names)));
            for _ in 0..policies.groups.len() {
                policies.groups.rotate_left(1);
                let again = without_order(policies.of(&in_groups(names)));
                assert_eq!(merged, again, "{names:?}");
            }
        }
        policies.groups.reverse();
    }
}

#[test]
fn the_proposed_lifetime_is_never_longer_than_the_longest() {
    let mut policies = policies();
    policies.groups[0].max_lifetime_days = None;
    policies.groups[1].default_lifetime_days = None;
    let merged = policies.of(&in_groups(&["generous", "strict"]));
    assert_eq!(
        (merged.max_lifetime_days, merged.default_lifetime_days),
        (7, 7)
    );
}

#[test]
fn no_owner_has_more_than_the_widest() {
    let policies = policies();
    let widest = policies.widest();
    for names in [&[][..], &["generous"], &["strict"], &["strict", "near"]] {
        let policy = policies.of(&in_groups(names));
        assert!(policy.max_lifetime_days <= widest.max_lifetime_days);
        assert!(policy.max_active_tokens <= widest.max_active_tokens);
        assert!(policy.max_overlap_hours <= widest.max_overlap_hours);
        assert!(policy.may_create <= widest.may_create);
        let is_offered = |scope| widest.scopes.contains(scope);
        assert!(policy.scopes.iter().all(is_offered));
    }
    assert_eq!(policies.fewest_unused_days(), Some(30));
    assert_eq!(Policies::default().fewest_unused_days(), None);
}
