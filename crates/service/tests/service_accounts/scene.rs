//! A service account, and the persons around it.

use ats_pat_domain::UserId;
use ats_pat_domain::list::TokenQuery;
use ats_pat_service::view::{IssuedToken, NamedEventView, UserView};
use ats_pat_service::{Acting, Owner, Regeneration, Service, SignedIn, TokenUpdate};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{DAY, World, code};

pub const KEY_OF_A_REQUEST: u128 = 7;

pub struct Scene {
    pub world: World,
    /// Responsible for the account.
    pub ada: SignedIn,
    pub grace: SignedIn,
    pub account: UserView,
}

pub async fn scene(database: &TestDatabase) -> Scene {
    scene_with(database, |_| {}).await
}

pub async fn scene_with(
    database: &TestDatabase,
    change: impl FnOnce(&mut ats_pat_service::Settings),
) -> Scene {
    let world = World::with(database.url(), change).await;
    let ada = world.signed_in("ada").await;
    let grace = world.signed_in("grace").await;
    let account = world.add_service_account("deploy", "ada").await;
    Scene {
        world,
        ada,
        grace,
        account,
    }
}

impl Scene {
    pub fn service(&self) -> &Service {
        &self.world.service
    }

    pub fn owner(&self) -> Owner {
        Owner::service_account(&self.account.id.to_string())
    }

    /// Ada, for the account.
    pub fn acting(&self) -> Acting<'_> {
        Acting::on(&self.ada, self.owner())
    }

    pub async fn create(&self, name: &str) -> IssuedToken {
        self.world.create(self.acting(), name, DAY).await.unwrap()
    }

    pub async fn disable(&self, name: &str) -> UserView {
        let operator = self.service().operator();
        operator.disable_user(name).await.unwrap()
    }

    pub async fn events(&self, kind: &str) -> Vec<NamedEventView> {
        self.world.told(kind).await
    }
}

/// The answer of each use case to somebody who acts on the tokens of an account. `id` is one of its
/// tokens.
pub async fn every_answer(world: &World, acting: Acting<'_>, id: &str) -> Vec<(&'static str, u32)> {
    let service = &world.service;
    let key = uuid_v7(world, KEY_OF_A_REQUEST);
    let new = |name| world.new_token(name, DAY);
    let named = TokenUpdate {
        name: Some("renamed".to_owned()),
        ..TokenUpdate::default()
    };
    let overlap = Regeneration {
        overlap_hours: 1,
        ..Regeneration::default()
    };
    vec![
        (
            "list",
            code(service.list_tokens(acting, TokenQuery::of(None)).await),
        ),
        (
            "create",
            code(service.create_token(acting, new("one")).await),
        ),
        (
            "create once",
            code(service.create_token_once(acting, new("two"), &key).await),
        ),
        ("get", code(service.token(acting, id).await)),
        ("events", code(service.token_events(acting, id, 5).await)),
        (
            "update",
            code(service.update_token(acting, id, named).await),
        ),
        (
            "nothing to update",
            code(
                service
                    .update_token(acting, id, TokenUpdate::default())
                    .await,
            ),
        ),
        (
            "regenerate",
            code(service.regenerate_token(acting, id, overlap).await),
        ),
        (
            "end the overlap",
            code(service.end_overlap(acting, id).await),
        ),
        ("revoke", code(service.revoke_token(acting, id).await)),
        ("revoke again", code(service.revoke_token(acting, id).await)),
    ]
}

pub fn uuid_v7(world: &World, random: u128) -> String {
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&random.to_be_bytes()[6..]);
    UserId::new(world.now(), bytes).to_string()
}

pub fn assert_all(answers: &[(&str, u32)], expected: u32) {
    for (what, code) in answers {
        assert_eq!(*code, expected, "{what}");
    }
}
