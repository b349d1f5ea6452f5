//! Sessions and the set-up link.

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_service::{Error, NewUser, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

#[on_every_database]
async fn a_session_ends_when_idle_at_its_end_and_at_sign_out(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let sign_in = || async {
        world
            .service
            .sign_in("ADA", &PASSWORD.into(), ADDRESS)
            .await
            .unwrap()
            .session_id
    };
    let idle = sign_in().await;
    world.clock.advance(Duration::from_mins(30));
    assert_eq!(
        code(world.service.authenticate(idle.expose_secret()).await),
        1100
    );
    let busy = sign_in().await;
    for _ in 0..24 {
        world.clock.advance(Duration::from_mins(29));
        assert_eq!(
            code(world.service.authenticate(busy.expose_secret()).await),
            1
        );
    }
    world.clock.advance(Duration::from_mins(24));
    assert_eq!(
        code(world.service.authenticate(busy.expose_secret()).await),
        1100,
        "12 hours are over"
    );
    let (first, second) = (sign_in().await, sign_in().await);
    let signed_out = world.service.sign_out(Some(first.expose_secret())).await;
    signed_out.unwrap();
    assert_eq!(
        code(world.service.authenticate(first.expose_secret()).await),
        1100
    );
    assert_eq!(
        code(world.service.authenticate(second.expose_secret()).await),
        1
    );
    world
        .service
        .operator()
        .set_password("ada", &"orbit-of-velvet-plums-7".into(), false)
        .await
        .unwrap();
    assert_eq!(
        code(world.service.authenticate(second.expose_secret()).await),
        1100
    );
    assert_eq!(
        code(
            world
                .service
                .sign_in("ada", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1101
    );
    assert_eq!(code(world.service.sign_out(None).await), 1);
}

#[tokio::test]
async fn wrong_credentials_get_one_answer_and_only_the_right_password_shows_a_disabled_user() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let sign_in = |name: &'static str, password: String| {
        let service = world.service.clone();
        async move { code(service.sign_in(name, &password.into(), ADDRESS).await) }
    };
    assert_eq!(sign_in("ada", "wrong".to_owned()).await, 1101);
    assert_eq!(sign_in("nobody", PASSWORD.to_owned()).await, 1101);
    assert_eq!(
        sign_in("ada", issued.secret.expose_secret().to_owned()).await,
        1101
    );
    world.service.operator().disable_user("ada").await.unwrap();
    assert_eq!(sign_in("ada", "wrong".to_owned()).await, 1101);
    assert_eq!(sign_in("ada", PASSWORD.to_owned()).await, 1205);
    assert_eq!(sign_in("ada", String::new()).await, 1001);
}

#[tokio::test]
async fn guessing_is_limited_for_one_account_from_one_address_only() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    world.add_user("bob").await;
    let sign_in = |name: &'static str, password: &'static str, address: &'static str| {
        let service = world.service.clone();
        async move {
            code(
                service
                    .sign_in(name, &password.into(), address.parse::<IpAddr>().unwrap())
                    .await,
            )
        }
    };
    for _ in 0..10 {
        assert_eq!(sign_in("ada", "wrong", "2001:db8::1").await, 1101);
    }
    assert_eq!(
        sign_in("Ada", PASSWORD, "2001:db8::ffff").await,
        1400,
        "the same /64, the same folded name"
    );
    assert_eq!(sign_in("bob", PASSWORD, "2001:db8::1").await, 1);
    assert_eq!(sign_in("ada", PASSWORD, "2001:db8:0:1::1").await, 1);
    world.clock.advance(Duration::from_mins(15));
    for _ in 0..9 {
        assert_eq!(sign_in("ada", "wrong", "2001:db8::1").await, 1101);
    }
    assert_eq!(sign_in("ada", PASSWORD, "2001:db8::1").await, 1);
    assert_eq!(
        sign_in("ada", "wrong", "2001:db8::1").await,
        1101,
        "a right password clears the count"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_never_count_even_if_many_come_at_once() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let sign_ins: JoinSet<_> = (0..60)
        .map(|_| {
            let service = world.service.clone();
            async move { code(service.sign_in("ada", &PASSWORD.into(), ADDRESS).await) }
        })
        .collect();
    assert_eq!(sign_ins.join_all().await, [1; 60]);
}

#[on_every_database]
async fn a_user_has_a_limited_number_of_sessions_and_disabling_ends_them_all(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let mut sessions = Vec::new();
    for _ in 0..103 {
        world.clock.advance(Duration::from_millis(1));
        let signed_in = world
            .service
            .sign_in("ada", &PASSWORD.into(), ADDRESS)
            .await;
        sessions.push(signed_in.unwrap().session_id);
    }
    let holds = async |session: &secrecy::SecretString| {
        code(world.service.authenticate(session.expose_secret()).await)
    };
    assert_eq!(holds(&sessions[2]).await, 1100);
    assert_eq!(holds(&sessions[3]).await, 1);
    let disabled = world.service.operator().disable_user("ada").await;
    disabled.unwrap();
    assert_eq!(holds(&sessions[102]).await, 1100);
}

#[tokio::test]
async fn a_session_in_use_stays_valid_even_with_a_short_idle_time() {
    let database = ats_pat_test_support::sqlite();
    let world = World::with(database.url(), |settings| {
        settings.session_idle = Duration::from_mins(1);
    })
    .await;
    world.add_user("ada").await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await;
    let session = signed_in.unwrap().session_id;
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(50));
        let held = world.service.authenticate(session.expose_secret()).await;
        assert_eq!(code(held), 1);
    }
}

#[on_every_database]
async fn there_is_no_set_up_link_once_one_was_used(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let make = || async { world.service.make_setup_link().await.unwrap() };
    let link = make().await.unwrap().expose_secret().to_owned();
    let password = PASSWORD.into();
    let root = world.service.set_up(&link, "root", &password, ADDRESS);
    root.await.unwrap();
    for name in ["ada", "bob"] {
        world.add_user(name).await;
    }
    // Whoever can write to the database can take the administrator away, but not what the log says.
    database
        .execute("DELETE FROM users WHERE name = 'root'")
        .await;
    assert!(world.service.is_set_up().await.unwrap());
    assert!(make().await.is_none());
    let service = world.reopen().await.unwrap();
    assert!(service.make_setup_link().await.unwrap().is_none());
    let again = service.set_up(&link, "eve", &password, ADDRESS);
    assert!(matches!(again.await, Err(Error::SetupCodeInvalid)));
    // An operator makes another one.
    let new = NewUser {
        name: "root2".to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator: true,
        password: Some(PASSWORD.into()),
    };
    assert_eq!(code(service.operator().add_user(new).await), 1);
}

#[on_every_database]
async fn only_the_last_set_up_link_works_once_for_a_day(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let make = || async { world.service.make_setup_link().await.unwrap() };
    let set_up = |code: String, name: &'static str, password: &'static str| {
        let service = world.service.clone();
        async move { service.set_up(&code, name, &password.into(), ADDRESS).await }
    };
    let first = make().await.unwrap().expose_secret().to_owned();
    let second = make().await.unwrap().expose_secret().to_owned();
    assert!(matches!(
        set_up(first, "ada", PASSWORD).await,
        Err(Error::SetupCodeInvalid)
    ));
    assert_eq!(
        code(set_up(second.clone(), "ada", "password1234").await),
        1001
    );
    assert_eq!(code(set_up(second.clone(), "ada", "short").await), 1001);
    world.clock.advance(DAY);
    assert!(matches!(
        set_up(second, "ada", PASSWORD).await,
        Err(Error::SetupCodeInvalid)
    ));
    let third = make().await.unwrap().expose_secret().to_owned();
    world.add_user("bob").await;
    assert!(!world.service.is_set_up().await.unwrap());
    let user = set_up(third.clone(), "ada", PASSWORD).await.unwrap();
    assert!(user.is_admin);
    assert!(world.service.is_set_up().await.unwrap());
    assert!(matches!(
        set_up(third, "eve", PASSWORD).await,
        Err(Error::SetupCodeInvalid)
    ));
    assert!(make().await.is_none(), "there is an administrator");
    assert_eq!(
        code(
            world
                .service
                .sign_in("ada", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1
    );
}

#[on_every_database]
async fn folded_names_and_ids_of_users_are_unique(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.add_user("Ada").await;
    let new = |name: &str, id| NewUser {
        name: name.to_owned(),
        id,
        display_name: None,
        email: None,
        administrator: false,
        password: None,
    };
    assert_eq!(
        code(world.service.operator().add_user(new("ＡＤＡ", None)).await),
        1311
    );
    assert!(matches!(
        world
            .service
            .operator()
            .add_user(new("bob", Some(ada.id)))
            .await,
        Err(Error::UserIdInUse { .. })
    ));
    assert_eq!(world.service.operator().users().await.unwrap(), [ada]);
    world
        .service
        .operator()
        .add_user(new("bob", None))
        .await
        .unwrap();
    assert_eq!(
        code(
            world
                .service
                .sign_in("bob", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1101,
        "nobody signs in without a password"
    );
}

#[tokio::test]
async fn one_password_over_many_names_spends_the_budget_of_its_address() {
    let database = ats_pat_test_support::sqlite();
    let world = World::with(database.url(), |settings| {
        settings.sign_in_failures_per_quarter_hour = 2;
    })
    .await;
    for name in ["ada", "bob"] {
        world.add_user(name).await;
    }
    let sign_in = |name: String, password: &'static str, address: &'static str| {
        let service = world.service.clone();
        let address: IpAddr = address.parse().unwrap();
        async move { code(service.sign_in(&name, &password.into(), address).await) }
    };
    let (here, elsewhere) = ("2001:db8::1", "2001:db8:0:1::1");
    assert_eq!(sign_in("ada".to_owned(), PASSWORD, here).await, 1);
    let mut refused = 0;
    for number in 0..60 {
        let neighbour = if number % 2 == 0 { here } else { "2001:db8::2" };
        let code = sign_in(format!("nobody {number}"), "guess", neighbour).await;
        refused += u32::from(code == 1400);
        assert!([1101, 1400].contains(&code), "{code}");
    }
    assert_eq!(
        refused,
        60 - 21,
        "ten times as many as for one account, and one more"
    );
    assert_eq!(sign_in("bob".to_owned(), PASSWORD, here).await, 1400);
    assert_eq!(sign_in("bob".to_owned(), PASSWORD, elsewhere).await, 1);
    assert_eq!(
        sign_in("ada".to_owned(), PASSWORD, here).await,
        1,
        "neighbours can't lock out an account that signed in from there before"
    );
    world.clock.advance(Duration::from_mins(15));
    assert_eq!(sign_in("bob".to_owned(), PASSWORD, here).await, 1);
}

#[on_every_database]
async fn a_guessing_address_is_recorded_once_an_hour_with_the_sum(database: &TestDatabase) {
    let world = World::with(database.url(), |settings| {
        settings.sign_in_failures_per_quarter_hour = 1;
    })
    .await;
    let guess = async |times: u32| {
        for _ in 0..times {
            let password = "guess".into();
            drop(world.service.sign_in("nobody", &password, ADDRESS).await);
        }
        world.service.flush().await;
    };
    let told = async || {
        let told = world.told("sign_in.refused").await;
        let sums = told
            .into_iter()
            .map(|named| named.event.details["Refused"].as_u64().unwrap());
        sums.collect::<Vec<_>>()
    };
    guess(1).await;
    assert_eq!(told().await, [0_u64; 0], "a wrong password is no event");
    guess(5).await;
    assert_eq!(told().await, [5]);
    world.clock.advance(Duration::from_mins(10));
    guess(4).await;
    assert_eq!(told().await, [5], "within the hour");
    world.clock.advance(Duration::from_mins(50));
    guess(0).await;
    assert_eq!(told().await, [4, 5]);
    let report = world.service.operator().verify_audit().await.unwrap();
    assert_eq!(report.findings, [""; 0]);
}

#[on_every_database]
async fn a_right_password_renews_a_hash_of_another_cost(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let hash = async || {
        let found = world.store.users().by_folded_name("ada").await.unwrap();
        found.unwrap().row.password_hash.unwrap()
    };
    let before = hash().await;
    let mut parts = world.parts();
    parts.password_cost.passes += 1;
    let dearer = Service::open(parts).await.unwrap();
    let wrong = dearer.sign_in("ada", &"wrong".into(), ADDRESS).await;
    assert_eq!(code(wrong), 1101);
    assert_eq!(hash().await, before);
    for _ in 0..2 {
        let right = dearer.sign_in("ada", &PASSWORD.into(), ADDRESS).await;
        assert_eq!(code(right), 1);
    }
    let after = hash().await;
    assert!(
        after != before && after.contains(",t=2,") != before.contains(",t=2,"),
        "{after}"
    );
    let report = dearer.operator().verify_audit().await.unwrap();
    assert_eq!(report.findings, [""; 0]);
}
