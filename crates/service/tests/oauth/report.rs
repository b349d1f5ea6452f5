//! Reports of many leaked strings.

use std::collections::BTreeSet;

use ats_pat_domain::problem::{Problem, Reason};
use ats_pat_service::{Error, Regeneration};
use ats_pat_test_support::statements::counted;
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use ats_pat_token::PersonalAccessToken;
use secrecy::SecretString;
use serde_json::Value;

use crate::scene::{events_after, last_seq, world};

fn strings(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| (*text).into()).collect()
}

/// A well-formed string that is nobody's token.
fn invented(number: usize) -> SecretString {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    PersonalAccessToken::from_random(&bytes).expose().into()
}

async fn report(world: &World, leaked: &[SecretString]) -> u32 {
    code(world.service.report_leaked(leaked, ADDRESS).await)
}

#[on_every_database]
async fn each_real_token_in_a_report_is_revoked_with_an_event(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let eve = world.signed_in("eve").await;
    let real = [
        world.create(&ada, "one", DAY).await.unwrap(),
        world.create(&ada, "two", DAY).await.unwrap(),
        world.create(&eve, "one", DAY).await.unwrap(),
    ];
    let kept = world.create(&ada, "kept", DAY).await.unwrap();
    let id = kept.token.id.to_string();
    let replaced = kept.secret;
    let kept = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default())
        .await
        .unwrap();
    let mut leaked = strings(&["", "nothing", "atspat_guess"]);
    leaked.extend(real.iter().map(|issued| issued.secret.clone()));
    leaked.extend([replaced, invented(1), real[0].secret.clone()]);
    let seq = last_seq(&world).await;
    let reported = world.service.report_leaked(&leaked, ADDRESS).await;
    reported.unwrap();
    for issued in &real {
        assert_eq!(code(world.exchange(&issued.secret).await), 1203);
    }
    assert_eq!(code(world.exchange(&kept.secret).await), 1);
    let events = events_after(&world, seq).await;
    let subjects: BTreeSet<&str> = events.iter().map(|event| &*event.subject).collect();
    let ids: BTreeSet<String> = real
        .iter()
        .map(|issued| issued.token.id.to_string())
        .collect();
    assert_eq!(events.len(), 3);
    assert_eq!(subjects, ids.iter().map(String::as_str).collect());
    for event in &events {
        let details: Value = serde_json::from_slice(&event.details).unwrap();
        assert_eq!(
            (
                event.actor.as_str(),
                event.kind.as_str(),
                &details["ReportedAsLeaked"]
            ),
            ("holder", "token.revoked", &Value::from(true))
        );
        let personal = &event.personal.as_ref().unwrap().data;
        assert!(String::from_utf8_lossy(personal).contains("192.0.2.7"));
    }
    assert_eq!(report(&world, &leaked).await, 1, "again");
    assert_eq!(last_seq(&world).await, seq + 3);
}

#[on_every_database]
async fn each_well_formed_string_costs_one_statement_and_others_cost_none(database: &TestDatabase) {
    let world = world(database.url()).await;
    let malformed: Vec<_> = (0..500).map(|n| format!("atspat_{n}").into()).collect();
    let (reported, statements) = counted(report(&world, &malformed)).await;
    assert_eq!((reported, statements), (1, 0));
    let mut invented: Vec<_> = (0..20).map(invented).collect();
    invented.extend(invented.clone());
    let (reported, statements) = counted(report(&world, &invented)).await;
    assert_eq!((reported, statements), (1, 20));
}

#[tokio::test]
async fn a_report_has_one_to_a_thousand_strings() {
    let database = ats_pat_test_support::sqlite();
    let world = world(database.url()).await;
    let many = |count| vec![SecretString::from("x"); count];
    for (count, reason) in [
        (0, Some(Reason::Empty)),
        (1, None),
        (1000, None),
        (1001, Some(Reason::TooLong)),
    ] {
        let reported = world.service.report_leaked(&many(count), ADDRESS).await;
        let refused = match reported {
            Err(Error::Refused(Problem::ValidationFailed(failures))) => Some(failures[0].reason),
            other => {
                assert_eq!(code(other), 1);
                None
            }
        };
        assert_eq!(refused, reason, "{count}");
    }
}

#[tokio::test]
async fn an_address_may_send_twenty_reports_with_any_content() {
    let database = ats_pat_test_support::sqlite();
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    for number in 0..20 {
        let leaked = if number % 2 == 0 {
            vec![
                world
                    .create(&ada, &number.to_string(), DAY)
                    .await
                    .unwrap()
                    .secret,
            ]
        } else {
            vec![invented(number)]
        };
        assert_eq!(report(&world, &leaked).await, 1);
    }
    let real = world.create(&ada, "last", DAY).await.unwrap().secret;
    assert_eq!(report(&world, std::slice::from_ref(&real)).await, 1400);
    assert_eq!(report(&world, &[invented(99)]).await, 1400);
    assert_eq!(code(world.exchange(&real).await), 1);
    let elsewhere = "198.51.100.1".parse().unwrap();
    assert_eq!(
        code(
            world
                .service
                .report_leaked(std::slice::from_ref(&real), elsewhere)
                .await
        ),
        1
    );
    assert_eq!(code(world.exchange(&real).await), 1203);
}
