//! A service in use, and what `audit verify` finds in it.

use ats_pat_service::SignedIn;
use ats_pat_service::view::IssuedToken;
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{DAY, World};

pub struct Scene {
    pub world: World,
    pub ada: SignedIn,
    pub issued: IssuedToken,
}

pub async fn scene(database: &TestDatabase) -> Scene {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    assert_eq!(
        world.findings().await,
        Vec::<String>::new(),
        "nothing was altered yet"
    );
    Scene { world, ada, issued }
}

pub async fn assert_found(world: &World, expected: &str) {
    let findings = world.findings().await;
    assert!(
        findings.iter().any(|finding| finding.contains(expected)),
        "no `{expected}` in {findings:?}"
    );
}
