//! How policy documents are read, and which failures are reported.

use super::*;

fn read(json: &str) -> Result<Policies, Vec<(String, &'static str)>> {
    let document: PolicyDocument = serde_json::from_str(json).unwrap();
    document.read().map_err(|problem| {
        let Problem::ValidationFailed(failures) = problem else {
            panic!("{problem:?}");
        };
        let told = |failure: Failure| (failure.field.into_owned(), failure.reason.as_str());
        failures.into_iter().map(told).collect()
    })
}

#[test]
fn what_is_absent_is_as_it_is_by_default() {
    assert_eq!(read("{}"), Ok(Policies::default()));
    let short = read(r#"{"MaxLifetimeDays": 7}"#).unwrap().base;
    assert_eq!(
        (short.max_lifetime_days, short.default_lifetime_days),
        (7, 7)
    );
}

#[test]
fn a_policy_that_is_written_is_read_as_it_was() {
    let policies = read(
        r#"{
            "MaxLifetimeDays": 90, "DefaultLifetimeDays": 30, "MaxActiveTokens": 5,
            "Scopes": [{"Name": "orders:read", "Description": "Read orders"}, {"Name": "b"}],
            "MayCreate": "Nobody", "AllScopeAllowed": false,
            "RequiredNetworks": ["10.0.0.0/8", "192.0.2.7"], "MaxOverlapHours": 1,
            "SelfRegenerateAllowed": false, "RevokeUnusedAfterDays": 60, "RecentSignInMinutes": 5,
            "AuthenticationTokenMinutes": 15,
            "Groups": [
                {"Group": "corp/builders", "MayCreate": "Everyone", "RequiredNetworks": [], "Scopes": []},
                {"Group": "scim/7", "MaxLifetimeDays": 366, "DefaultLifetimeDays": 366}
            ]
        }"#,
    )
    .unwrap();
    let document = PolicyDocument::from(&policies);
    assert_eq!(document.read(), Ok(policies));
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(
        serde_json::from_str::<PolicyDocument>(&json).unwrap(),
        document
    );
}

#[test]
fn every_field_that_fails_is_named_with_its_place() {
    let failures = read(
        r#"{
            "MaxLifetimeDays": 0, "DefaultLifetimeDays": 36501, "MaxActiveTokens": 100001,
            "MaxOverlapHours": 8761, "RevokeUnusedAfterDays": 36501, "AuthenticationTokenMinutes": 61,
            "Scopes": [{"Name": "a"}, {"Name": "a"}, {"Name": "all"}, {"Name": "a b"}],
            "RequiredNetworks": ["10.0.0.0/8", "here"],
            "Groups": [
                {"Group": "builders"},
                {"Group": "corp/a", "MaxLifetimeDays": 7, "DefaultLifetimeDays": 8},
                {"Group": "corp/a", "RequiredNetworks": ["?"]}
            ]
        }"#,
    );
    let failures = failures.unwrap_err();
    let failures = failures.iter().map(|(field, reason)| (&**field, *reason));
    let expected = [
        ("MaxLifetimeDays", "out_of_range"),
        ("DefaultLifetimeDays", "out_of_range"),
        ("MaxActiveTokens", "out_of_range"),
        ("Scopes", "repeated"),
        ("Scopes", "unknown_value"),
        ("Scopes", "bad_character"),
        ("RequiredNetworks", "not_a_network"),
        ("MaxOverlapHours", "out_of_range"),
        ("RevokeUnusedAfterDays", "out_of_range"),
        ("DefaultLifetimeDays", "out_of_range"),
        ("AuthenticationTokenMinutes", "out_of_range"),
        ("Groups[0].Group", "unknown_value"),
        ("Groups[1].DefaultLifetimeDays", "out_of_range"),
        ("Groups[2].RequiredNetworks", "not_a_network"),
        ("Groups[2].Group", "repeated"),
    ];
    assert_eq!(failures.collect::<Vec<_>>(), expected);
}

#[test]
fn what_no_policy_has_is_refused() {
    for json in [
        r#"{"MaxLifetimeDay": 1}"#,
        r#"{"Groups": [{"Group": "corp/a", "Groups": []}]}"#,
        r#"{"Groups": [{"MaxLifetimeDays": 1}]}"#,
        r#"{"Groups": [{"Group": "corp/a", "AuthenticationTokenMinutes": 1}]}"#,
        r#"{"MayCreate": "everyone"}"#,
        r#"{"Scopes": [{"Description": "no name"}]}"#,
    ] {
        assert!(
            serde_json::from_str::<PolicyDocument>(json).is_err(),
            "{json}"
        );
    }
}
