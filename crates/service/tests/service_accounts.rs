//! Service accounts: owners of tokens that are not persons, and the persons who are responsible for
//! them.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{Problem, Rule, UserId};
use ats_pat_service::view::{IssuedToken, NamedEventView, UserView};
use ats_pat_service::{
    Acting, Error, NewServiceAccount, NewToken, NewUser, Owner, Regeneration, Service, SignedIn,
    TokenUpdate,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};

const KEY_OF_A_REQUEST: u128 = 7;

struct Scene {
    world: World,
    /// Responsible for the account.
    ada: SignedIn,
    grace: SignedIn,
    account: UserView,
}

async fn scene(database: &TestDatabase) -> Scene {
    scene_with(database, |_| {}).await
}

async fn scene_with(
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
    fn service(&self) -> &Service {
        &self.world.service
    }

    fn owner(&self) -> Owner {
        Owner::service_account(&self.account.id.to_string())
    }

    /// Ada, for the account.
    fn acting(&self) -> Acting<'_> {
        Acting::on(&self.ada, self.owner())
    }

    async fn create(&self, name: &str) -> IssuedToken {
        self.world.create(self.acting(), name, DAY).await.unwrap()
    }

    async fn disable(&self, name: &str) -> UserView {
        let operator = self.service().operator();
        operator.disable_user(name).await.unwrap()
    }

    async fn events(&self, kind: &str) -> Vec<NamedEventView> {
        self.world.told(kind).await
    }
}

/// The answer of each use case to somebody who acts on the tokens of an account. `id` is one of its
/// tokens.
async fn every_answer(world: &World, acting: Acting<'_>, id: &str) -> Vec<(&'static str, u32)> {
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

fn uuid_v7(world: &World, random: u128) -> String {
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&random.to_be_bytes()[6..]);
    UserId::new(world.now(), bytes).to_string()
}

fn assert_all(answers: &[(&str, u32)], expected: u32) {
    for (what, code) in answers {
        assert_eq!(*code, expected, "{what}");
    }
}

#[on_every_database]
async fn the_responsible_person_does_everything_with_the_tokens(database: &TestDatabase) {
    let scene = scene(database).await;
    let issued = scene.create("ci").await;
    assert_eq!(code(scene.world.exchange(&issued.secret).await), 1);
    let id = issued.token.id.to_string();
    assert_all(&every_answer(&scene.world, scene.acting(), &id).await, 1);
    assert_eq!(code(scene.world.exchange(&issued.secret).await), 1201);
    let page = scene
        .service()
        .list_tokens(scene.acting(), TokenQuery::of(None))
        .await
        .unwrap();
    assert_eq!(page.total, 3);
    // None of them belongs to the person.
    let own = scene
        .service()
        .list_tokens(&scene.ada, TokenQuery::of(None));
    assert_eq!(own.await.unwrap().total, 0);
    assert_eq!(code(scene.service().token(&scene.ada, &id).await), 1300);
}

#[on_every_database]
async fn another_persons_account_looks_like_a_missing_one(database: &TestDatabase) {
    let scene = scene(database).await;
    let id = scene.create("ci").await.token.id.to_string();
    let stranger = Acting::on(&scene.grace, scene.owner());
    assert_all(&every_answer(&scene.world, stranger, &id).await, 1310);
    let persons = [
        scene.ada.user().id,
        scene.grace.user().id,
        UserId::new(scene.world.now(), [9; 10]),
    ];
    for person in persons {
        let no_account = Acting::on(&scene.ada, Owner::ServiceAccount(person));
        assert_all(&every_answer(&scene.world, no_account, &id).await, 1310);
    }
    let no_id = Acting::on(&scene.ada, Owner::service_account("deploy"));
    assert_all(&every_answer(&scene.world, no_id, &id).await, 1310);
    // The account is checked before the token.
    assert_eq!(
        code(scene.service().revoke_token(stranger, "no id").await),
        1310
    );
    assert_eq!(
        code(scene.service().revoke_token(scene.acting(), "no id").await),
        1300
    );
    let own = scene.world.create(&scene.ada, "own", DAY).await.unwrap();
    let own = own.token.id.to_string();
    assert_eq!(
        code(scene.service().token(scene.acting(), &own).await),
        1300
    );
    assert_eq!(
        code(scene.service().revoke_token(scene.acting(), &own).await),
        1300
    );
}

#[on_every_database]
async fn another_responsible_person_takes_over_at_once(database: &TestDatabase) {
    let scene = scene(database).await;
    let issued = scene.create("ci").await;
    let id = issued.token.id.to_string();
    let operator = scene.service().operator();
    let account = operator.set_responsible("deploy", "grace").await.unwrap();
    let responsible = account.responsible.unwrap();
    assert_eq!(responsible.user_name, "grace");
    assert!(!responsible.disabled);
    assert_all(&every_answer(&scene.world, scene.acting(), &id).await, 1310);
    assert_eq!(code(scene.world.exchange(&issued.secret).await), 1);
    let grace = Acting::on(&scene.grace, scene.owner());
    assert_all(&every_answer(&scene.world, grace, &id).await, 1);

    assert_eq!(
        scene.service().service_accounts(&scene.ada).await.unwrap(),
        []
    );
    let accounts = scene
        .service()
        .service_accounts(&scene.grace)
        .await
        .unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].user_name, "deploy");
    assert_eq!(accounts[0].responsible_id, scene.grace.user().id);

    // The same again is no change.
    operator.set_responsible("deploy", "grace").await.unwrap();
    let told = scene.events("user.responsible_set").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event.owner, Some(scene.account.id));
    assert_eq!(told[0].event.actor, "operator");
}

#[on_every_database]
async fn events_tell_the_owner_from_the_actor(database: &TestDatabase) {
    let scene = scene(database).await;
    let id = scene.create("ci").await.token.id.to_string();
    every_answer(&scene.world, scene.acting(), &id).await;
    for kind in [
        "token.created",
        "token.updated",
        "token.regenerated",
        "token.overlap_ended",
        "token.revoked",
    ] {
        let events = scene.events(kind).await;
        assert!(!events.is_empty(), "{kind}");
        for named in events {
            assert_eq!(named.event.owner, Some(scene.account.id), "{kind}");
            assert_eq!(
                named.event.actor,
                format!("user:{}", scene.ada.user().id),
                "{kind}"
            );
        }
    }
    let report = scene.service().operator().verify_audit().await.unwrap();
    assert_eq!(report.findings, [] as [&str; 0]);
}

#[on_every_database]
async fn names_and_the_limit_belong_to_the_account(database: &TestDatabase) {
    let scene = scene_with(database, |settings| {
        settings.policy.base.max_active_tokens = 1;
    })
    .await;
    scene.world.create(&scene.ada, "ci", DAY).await.unwrap();
    scene.create("ci").await;
    let second = scene.world.create(scene.acting(), "other", DAY).await;
    assert_eq!(code(second), 1304);
    let same = scene.world.create(scene.acting(), "ci", DAY).await;
    assert_eq!(code(same), 1301);
}

#[on_every_database]
async fn only_administrators_give_an_account_the_right_to_introspect(database: &TestDatabase) {
    let scene = scene_with(database, |settings| {
        settings.policy.base.scopes = vec![Scope::new("orders:read", "").unwrap()];
    })
    .await;
    let with = |scope: &str| NewToken {
        scopes: Some(vec![scope.to_owned()]),
        ..scene.world.new_token(scope, DAY)
    };
    let service = scene.service();
    assert_eq!(
        code(
            service
                .create_token(scene.acting(), with("orders:read"))
                .await
        ),
        1
    );
    assert_eq!(
        code(
            service
                .create_token(scene.acting(), with("introspect"))
                .await
        ),
        1305
    );
    let root = NewUser {
        name: "root".to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator: true,
        password: Some(PASSWORD.into()),
    };
    service.operator().add_user(root).await.unwrap();
    let root = scene.world.sign_in("root").await;
    let operator = service.operator();
    operator.set_responsible("deploy", "root").await.unwrap();
    let root = Acting::on(&root, scene.owner());
    assert_eq!(
        code(service.create_token(root, with("introspect")).await),
        1
    );
    let again = NewToken {
        name: Some("again".to_owned()),
        ..with("introspect")
    };
    assert_eq!(code(operator.create_token("deploy", again).await), 1);
}

#[on_every_database]
async fn nothing_is_made_for_an_account_whose_responsible_person_is_disabled(
    database: &TestDatabase,
) {
    let scene = scene(database).await;
    let issued = scene.create("ci").await;
    let operator = scene.service().operator();
    let made = operator
        .create_token("deploy", scene.world.new_token("one", DAY))
        .await;
    assert_eq!(made.unwrap().token.name, "one");
    scene.disable("ada").await;
    let refused = operator
        .create_token("deploy", scene.world.new_token("two", DAY))
        .await;
    let Err(Error::Refused(problem)) = refused else {
        panic!("a token was created");
    };
    let rule = Rule::Responsible;
    assert_eq!(problem, Problem::PolicyForbids { rule });
    // The tokens stay, and operators are told.
    assert_eq!(code(scene.world.exchange(&issued.secret).await), 1);
    let told = operator.managed_by(scene.ada.user().id).await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].responsible.as_ref().unwrap().disabled);
    let users = operator.users().await.unwrap();
    let deploy = users.iter().find(|user| user.user_name == "deploy");
    assert_eq!(deploy, Some(&told[0]));
    // Taking rights away needs no responsible person.
    let id = issued.token.id.to_string();
    assert_eq!(code(operator.revoke_token(&id).await), 1);
    operator.set_responsible("deploy", "grace").await.unwrap();
    let made = operator
        .create_token("deploy", scene.world.new_token("two", DAY))
        .await;
    assert_eq!(code(made), 1);
}

#[on_every_database]
async fn a_disabled_account_gets_no_secrets_but_they_can_be_revoked(database: &TestDatabase) {
    let scene = scene(database).await;
    let issued = scene.create("ci").await;
    scene.disable("deploy").await;
    assert_eq!(code(scene.world.exchange(&issued.secret).await), 1205);
    let id = issued.token.id.to_string();
    for (what, code) in every_answer(&scene.world, scene.acting(), &id).await {
        let expected = match what {
            "create" | "create once" | "regenerate" => 1205,
            _ => 1,
        };
        assert_eq!(code, expected, "{what}");
    }
}

#[on_every_database]
async fn a_repeated_request_creates_one_token_of_an_account(database: &TestDatabase) {
    let scene = scene(database).await;
    let key = uuid_v7(&scene.world, KEY_OF_A_REQUEST);
    let asked = || scene.world.new_token("ci", DAY);
    let service = scene.service();
    let first = service
        .create_token_once(scene.acting(), asked(), &key)
        .await
        .unwrap();
    let again = service
        .create_token_once(scene.acting(), asked(), &key)
        .await
        .unwrap();
    assert!(first.secret.is_some() && again.secret.is_none());
    assert_eq!(first.token.id, again.token.id);
    // The same key creates another token for the person.
    let own = service
        .create_token_once(&scene.ada, asked(), &key)
        .await
        .unwrap();
    assert!(own.secret.is_some());
    assert_ne!(own.token.id, first.token.id);
}

#[tokio::test]
async fn a_service_account_can_do_nothing_that_only_a_person_can() {
    let database = sqlite();
    let scene = scene(&database).await;
    let operator = scene.service().operator();
    let password = operator
        .set_password("deploy", &PASSWORD.into(), false)
        .await;
    assert!(matches!(password, Err(Error::NoPerson { .. })));
    let sign_in = scene
        .service()
        .sign_in("deploy", &PASSWORD.into(), ADDRESS)
        .await;
    assert_eq!(code(sign_in), 1101);
    assert_eq!(scene.account.kind, "Service");
    assert!(!scene.account.is_admin);
}

#[tokio::test]
async fn only_an_enabled_person_becomes_responsible() {
    let database = sqlite();
    let scene = scene(&database).await;
    scene.disable("grace").await;
    let operator = scene.service().operator();
    for name in ["grace", "deploy"] {
        let set = operator.set_responsible("deploy", name).await;
        assert!(
            matches!(set, Err(Error::CannotBeResponsible { .. })),
            "{name}"
        );
        let new = NewServiceAccount {
            name: "other".to_owned(),
            id: None,
            display_name: None,
            email: None,
            responsible: name.to_owned(),
        };
        let added = operator.add_service_account(new).await;
        assert!(
            matches!(added, Err(Error::CannotBeResponsible { .. })),
            "{name}"
        );
    }
    let nobody = operator.set_responsible("deploy", "nobody").await;
    assert!(matches!(nobody, Err(Error::UserNotFound { .. })));
    let person = operator.set_responsible("ada", "ada").await;
    assert!(matches!(person, Err(Error::NoServiceAccount { .. })));
    let for_a_person = operator
        .create_token("ada", scene.world.new_token("ci", DAY))
        .await;
    assert!(matches!(for_a_person, Err(Error::NoServiceAccount { .. })));
}
