//! Right and wrong passwords.

use ats_pat_service::Service;
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

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
