use ats_pat_domain::{EventId, Timestamp, UserId};

use super::*;

fn event(kind: &str, details: Value) -> EventView {
    let at = Timestamp::from_millis(1_764_000_000_123);
    EventView {
        seq: 7,
        id: EventId::new(at, [1; 10]),
        at,
        actor: "operator".to_owned(),
        owner: Some(UserId::new(at, [2; 10])),
        kind: kind.to_owned(),
        subject: UserId::new(at, [3; 10]).to_string(),
        details,
    }
}

/// The activities of the classes in OCSF 1.8.0, and what the classes ask for besides what all
/// ask for.
fn class(uid: u64) -> (std::ops::RangeInclusive<u64>, &'static [&'static str]) {
    match uid {
        3001 => (1..=12, &["user"]),
        3002 => (1..=7, &["user", "service"]),
        3004 => (1..=13, &["entity"]),
        3005 => (1..=4, &["user", "privileges"]),
        _ => (99..=99, &[]),
    }
}

#[test]
fn every_kind_is_a_whole_object_of_its_class() {
    let kinds = EventKind::ALL.map(EventKind::as_str);
    for kind in kinds.into_iter().chain(["of.a_later_release"]) {
        let object = ocsf(&event(kind, json!({"Name": "ci", "UserName": "ada"})));
        let number = |name: &str| object[name].as_u64().unwrap();
        let (activities, required) = class(number("class_uid"));
        let activity = number("activity_id");
        assert!(activity == 99 || activities.contains(&activity), "{kind}");
        assert_eq!(number("type_uid"), number("class_uid") * 100 + activity);
        assert_eq!(number("category_uid"), number("class_uid") / 1000);
        assert_eq!(number("time"), 1_764_000_000_123);
        assert!((1..=6).contains(&number("severity_id")));
        assert!((1..=2).contains(&number("status_id")));
        for name in required {
            let part = &object[name];
            assert!(
                part["uid"].is_string() || part["name"].is_string() || part[0].is_string(),
                "{kind}: {name} of {object}"
            );
        }
        let metadata = &object["metadata"];
        assert_eq!(
            (&metadata["version"], &metadata["sequence"]),
            (&json!("1.8.0"), &json!(7))
        );
        assert!(metadata["product"]["name"].is_string());
        assert_eq!(metadata["event_code"], kind);
        assert_eq!(object["class_uid"] == 0, kind == "of.a_later_release");
    }
}

#[test]
fn what_a_person_must_see_is_severe_and_failures_are_failures() {
    for (kind, details, severity, status) in [
        ("token.ended_secret_used", json!({}), 4, 2),
        ("sign_in.refused", json!({"Refused": 40}), 3, 2),
        ("token.revoked", json!({}), 1, 1),
        ("token.revoked", json!({"ReportedAsLeaked": true}), 4, 1),
        ("signing_key.created", json!({"Compromised": true}), 4, 1),
        ("user.created", json!({"IsAdmin": true}), 3, 1),
    ] {
        let object = ocsf(&event(kind, details));
        assert_eq!(object["severity_id"], severity, "{kind}");
        assert_eq!(object["status_id"], status, "{kind}");
    }
}

#[test]
fn nothing_of_an_event_is_lost_but_the_tags_of_rows() {
    let object = ocsf(&event(
        "session.started",
        json!({"Address": "192.0.2.1", "UserAgent": "curl", "New": [1], "Rows": [2]}),
    ));
    assert_eq!(object["src_endpoint"]["ip"], "192.0.2.1");
    assert_eq!(object["http_request"]["user_agent"], "curl");
    assert_eq!(object["unmapped"]["New"], json!([1]));
    assert_eq!(object["unmapped"].get("Rows"), None);
    let network = json!({"Address": "2001:db8::/64"});
    let object = ocsf(&event("sign_in.refused", network));
    assert_eq!(object["src_endpoint"]["name"], "2001:db8::/64");
}

#[test]
fn a_user_who_changes_the_own_password_resets_nobody_elses() {
    let mut own = event("user.password_set", json!({}));
    assert_eq!(ocsf(&own)["activity_name"], "Password Reset");
    own.actor = format!("user:{}", own.owner.unwrap());
    assert_eq!(ocsf(&own)["activity_name"], "Password Change");
}
