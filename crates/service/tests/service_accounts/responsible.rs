//! The person who is responsible for a service account.

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::{Problem, Rule, UserId};
use ats_pat_service::{Acting, Error, NewServiceAccount, Owner};
use ats_pat_test_support::world::{DAY, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};

use crate::scene::{assert_all, every_answer, scene};

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
