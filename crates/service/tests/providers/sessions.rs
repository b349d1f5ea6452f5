//! Sign-ins that are begun, confirmed, and ended by the provider, and passwords beside them.

use std::time::Duration;

use ats_pat_domain::port::{IdentityError, LoggedOut, ProvenIdentity};
use ats_pat_domain::{Identity, Timestamp};
use ats_pat_service::{Error, LocalPasswords, LogoutRefused, NotSignedIn, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;

use crate::scene::{Company, PARTNER, identity, partner, person};

#[on_every_database]
async fn a_provider_ends_one_sign_in_or_all_and_each_token_counts_once(database: &TestDatabase) {
    let company = Company::new(database).await;
    let with_sid = |sid: &str| ProvenIdentity {
        session: Some(sid.to_owned()),
        ..person("1", "ada", &[])
    };
    let first = company.sign_in(with_sid("s1")).await.unwrap();
    let second = company.sign_in(with_sid("s2")).await.unwrap();
    let bob = company.sign_in(person("2", "bob", &[])).await.unwrap();
    let token = company.world.create(&first, "ci", DAY).await.unwrap();
    let of = |subject: Option<Identity>| LoggedOut::Session {
        session: "s1".to_owned(),
        subject,
    };
    // Of somebody else there is no such sign-in.
    company.end(of(Some(identity("2"))), "a").await.unwrap();
    assert!(company.holds(&first).await);
    company.end(of(Some(identity("1"))), "b").await.unwrap();
    assert!(!company.holds(&first).await && company.holds(&second).await);
    let again = company.end(LoggedOut::Subject(identity("1")), "b").await;
    assert!(matches!(again, Err(LogoutRefused::Replayed)));
    assert!(company.holds(&second).await);
    company
        .end(LoggedOut::Subject(identity("1")), "c")
        .await
        .unwrap();
    assert!(!company.holds(&second).await && company.holds(&bob).await);
    // Tokens are no sign-ins.
    assert_eq!(code(company.world.exchange(&token.secret).await), 1);
    company.verified().await;
}

#[on_every_database]
async fn a_provider_ends_no_sign_in_that_began_elsewhere(database: &TestDatabase) {
    let company = Company::new(database).await;
    let with_sid = |proven: ProvenIdentity| ProvenIdentity {
        session: Some("s1".to_owned()),
        ..proven
    };
    let here = company.sign_in(with_sid(person("1", "ada", &[])));
    let here = here.await.unwrap();
    let operator = company.service.operator();
    operator.link_identity("ada", PARTNER, "7").await.unwrap();
    let here_again = company.sign_in(with_sid(person("1", "ada", &[])));
    let here_again = here_again.await.unwrap();
    let elsewhere = with_sid(partner("7", "ada"));
    let elsewhere = company.sign_in_at(&company.partner, elsewhere, None);
    let elsewhere = elsewhere.await.unwrap();
    // Linking ended the first one.
    assert!(!company.holds(&here).await);
    let by_sid = LoggedOut::Session {
        session: "s1".to_owned(),
        subject: None,
    };
    company.end(by_sid, "a").await.unwrap();
    assert!(!company.holds(&here_again).await && company.holds(&elsewhere).await);
    let of_ada = LoggedOut::Subject(identity("1"));
    company.end(of_ada, "b").await.unwrap();
    assert!(company.holds(&elsewhere).await);
    company.verified().await;
}

#[on_every_database]
async fn a_sign_in_is_begun_here_within_ten_minutes_and_at_the_same_provider(
    database: &TestDatabase,
) {
    let company = Company::new(database).await;
    let begun = company.service.begin_provider_sign_in("corp", "/", None);
    let begun = begun.await.unwrap();
    let flow = begun.flow.expose_secret();
    for other in [
        "",
        "x",
        &flow[1..],
        &format!("{flow}AAAA"),
        &flow.to_uppercase(),
    ] {
        let refused = company.finish(other, None).await;
        assert!(matches!(refused, Err(NotSignedIn::NotBegun)), "{other}");
    }
    // With another page to go on to, it is not what was written here.
    let written = BASE64_URL_SAFE_NO_PAD.decode(flow).unwrap();
    let page = written.windows(3).position(|three| three == b"\"/\"");
    let mut altered = written.clone();
    altered[page.unwrap() + 1] = b'x';
    let altered = BASE64_URL_SAFE_NO_PAD.encode(altered);
    let refused = company.finish(&altered, None).await;
    assert!(matches!(refused, Err(NotSignedIn::NotBegun)));
    let elsewhere = company.finish_at("partner", flow, None).await;
    assert!(matches!(elsewhere, Err(NotSignedIn::NotBegun)));
    let unknown = company.service.begin_provider_sign_in("other", "/", None);
    assert!(matches!(unknown.await, Err(NotSignedIn::UnknownProvider)));
    // One of the future was begun by a clock that was wrong.
    let now = company.world.now();
    company.world.clock.set(now.before(Duration::from_mins(2)));
    let early = company.finish(flow, None).await;
    assert!(matches!(early, Err(NotSignedIn::NotBegun)));
    company.world.clock.set(now);
    company
        .world
        .clock
        .advance(Duration::from_mins(10) + Duration::from_millis(1));
    let late = company.finish(flow, None).await;
    assert!(matches!(late, Err(NotSignedIn::NotBegun)));
}

#[on_every_database]
async fn only_an_own_and_new_sign_in_confirms_a_session(database: &TestDatabase) {
    let company = Company::new(database).await;
    let at = |subject: &str, at: Option<Timestamp>| ProvenIdentity {
        authenticated_at: at,
        ..person(subject, "ada", &[])
    };
    // The provider let Ada in without asking for the password again.
    let begun = company.world.now();
    let by = company
        .sign_in(at("1", Some(begun.before(DAY))))
        .await
        .unwrap();
    assert_eq!(
        code(
            company
                .service
                .require_sign_in_within(&by, 15)
                .map_err(Error::from)
        ),
        1104
    );
    company.sign_in(person("2", "eve", &[])).await.unwrap();
    company.world.clock.advance(Duration::from_mins(20));
    let now = company.world.now();
    for (subject, authenticated_at) in [("1", None), ("1", Some(begun))] {
        let refused = company
            .confirm(at(subject, authenticated_at), Some(&by))
            .await;
        assert!(matches!(
            refused,
            Err(NotSignedIn::Provider(IdentityError::NotRecent))
        ));
    }
    for subject in ["2", "3"] {
        let refused = company.confirm(at(subject, Some(now)), Some(&by)).await;
        assert!(matches!(refused, Err(NotSignedIn::OtherIdentity)));
    }
    // What one session began confirms no other.
    let other = company.sign_in(person("1", "ada", &[])).await.unwrap();
    let begun = company
        .service
        .begin_provider_sign_in("corp", "/", Some(&by))
        .await
        .unwrap();
    *company.corp.says.lock() = at("1", Some(now));
    for finishes in [Some(&other), None] {
        let refused = company.finish(begun.flow.expose_secret(), finishes).await;
        assert!(matches!(refused, Err(NotSignedIn::NotBegun)));
    }
    assert!(company.holds(&by).await && company.holds(&other).await);
    let confirmed = company
        .confirm(at("1", Some(now)), Some(&by))
        .await
        .unwrap();
    company
        .service
        .require_sign_in_within(&confirmed, 15)
        .unwrap();
    assert!(!company.holds(&by).await);
}

#[on_every_database]
async fn passwords_can_be_left_to_administrators_or_to_nobody(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("bob").await;
    world.add_administrator("root").await;
    for (local, of_bob, of_root) in [
        (LocalPasswords::On, 1, 1),
        (LocalPasswords::Administrators, 1102, 1),
        (LocalPasswords::Off, 1102, 1102),
    ] {
        let mut parts = world.parts();
        parts.settings.local_passwords = local;
        let service = Service::open(parts).await.unwrap();
        for (name, expected) in [("bob", of_bob), ("root", of_root)] {
            let password = PASSWORD.into();
            let signed_in = service.sign_in(name, &password, ADDRESS).await;
            assert_eq!(code(signed_in), expected, "{name}");
        }
        // Nobody learns from it whether a password is right.
        let wrong = "another-long-passphrase".into();
        let expected = if local == LocalPasswords::Off {
            1102
        } else {
            1101
        };
        assert_eq!(
            code(service.sign_in("bob", &wrong, ADDRESS).await),
            expected
        );
    }
}
