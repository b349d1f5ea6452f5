//! Guessing passwords is limited, and recorded.

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_test_support::world::{ADDRESS, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

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
    assert_eq!(world.findings().await, [""; 0]);
}
