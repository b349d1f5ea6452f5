//! What changes of users: names, the right to administer, groups; and that erasing leaves nothing
//! of a person.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use ats_pat_domain::operator_key::Right;
use ats_pat_domain::{Problem, UserId};
use ats_pat_service::{
    Administering, Disabling, Error, NewOperatorKey, NewToken, NewUser, Operator, SignedIn,
    UserUpdate,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use secrecy::{ExposeSecret, SecretString};

fn person(name: &str, administrator: bool) -> NewUser {
    NewUser {
        name: name.to_owned(),
        id: None,
        display_name: Some(format!("{name} the user")),
        email: Some(format!("{name}@example.com")),
        administrator,
        password: Some(PASSWORD.into()),
    }
}

async fn added(world: &World, name: &str, administrator: bool) -> UserId {
    let operator = world.service.operator();
    let added = operator.add_user(person(name, administrator)).await;
    added.unwrap().id
}

fn renamed(name: &str) -> UserUpdate {
    UserUpdate {
        user_name: Some(name.to_owned()),
        ..UserUpdate::default()
    }
}

fn administrator(yes: bool) -> UserUpdate {
    UserUpdate {
        administrator: Some(yes),
        ..UserUpdate::default()
    }
}

async fn key_made_by(operator: &Operator<'_>, world: &World, rights: &[Right]) -> SecretString {
    let new = NewOperatorKey {
        name: Some("Terraform".to_owned()),
        rights: rights
            .iter()
            .map(|right| right.as_str().to_owned())
            .collect(),
        expires_at: Some(world.now().after(DAY).to_string()),
        allowed_networks: None,
    };
    operator.create_operator_key(new).await.unwrap().secret
}

async fn shown(world: &World, secret: &SecretString) -> Result<Administering, Error> {
    let presented = secret.expose_secret().as_bytes();
    let holder = world.service.authenticate_operator_key(presented, ADDRESS);
    holder.await.map(Administering::Key)
}

async fn verify(world: &World) {
    let report = world.service.operator().verify_audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
}

#[on_every_database]
async fn a_renamed_user_keeps_everything_but_the_name(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let id = added(&world, "ada", false).await;
    let ada = world.sign_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = world.exchange(&issued.secret).await.unwrap();
    let operator = world.service.operator();
    let update = UserUpdate {
        display_name: Some("Countess".to_owned()),
        email: Some(String::new()),
        ..renamed("countess")
    };
    let user = operator.update_user(id, update.clone()).await.unwrap();
    assert_eq!(user.user_name, "countess");
    assert_eq!((user.display_name.as_str(), user.email), ("Countess", None));
    assert_eq!(operator.user(&id.to_string()).await.unwrap().id, id);
    // The session and the token go on, and the next authentication token says the new name.
    assert_eq!(code(world.create(&ada, "again", DAY).await), 1);
    let name = async |token: &SecretString| {
        let identity = world.service.identity(token.expose_secret()).await.unwrap();
        identity.user_name
    };
    let after = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(name(&after.token).await, "countess");
    assert_eq!(name(&before.token).await, "countess");
    // The former name is free for another, and signs in nobody else.
    let other = added(&world, "ada", false).await;
    assert_ne!(other, id);
    let refused = operator.update_user(id, renamed("ADA")).await;
    assert_eq!(code(refused), 1311);
    let same = operator.update_user(id, renamed("Countess")).await.unwrap();
    assert_eq!(same.user_name, "Countess", "another case is no other name");
    world.sign_in("COUNTESS").await;

    let told = world.told("user.updated").await;
    assert_eq!(told.len(), 2);
    let personal = &told[1].event.details;
    assert_eq!(personal["UserName"], "countess");
    assert_eq!(personal["UserNameBefore"], "ada");
    assert_eq!(personal["EmailBefore"], "ada@example.com");
    let head = world.store.events().head().await.unwrap();
    let update = renamed("Countess");
    operator.update_user(id, update).await.unwrap();
    assert_eq!(
        world.store.events().head().await.unwrap(),
        head,
        "nothing changed"
    );
    verify(&world).await;
}

#[on_every_database]
async fn a_former_administrator_has_lost_what_came_with_the_right(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (root, grace) = (
        added(&world, "root", true).await,
        added(&world, "grace", true).await,
    );
    let session = world.sign_in("grace").await;
    let own = world.service.administrator(&session).unwrap();
    let secret = key_made_by(&own, &world, &[Right::Audit]).await;
    let asking = NewToken {
        scopes: Some(vec!["introspect".to_owned()]),
        ..world.new_token("ask", DAY)
    };
    let asking = world.service.create_token(&session, asking).await.unwrap();
    let ci = world.create(&session, "ci", DAY).await.unwrap();
    // Nobody takes the right from themselves.
    let oneself = own.update_user(grace, administrator(false)).await;
    assert!(matches!(oneself, Err(Error::OwnAccount)));

    let by = world.sign_in("root").await;
    let operator = world.service.administrator(&by).unwrap();
    let user = operator
        .update_user(grace, administrator(false))
        .await
        .unwrap();
    assert!(!user.is_admin);
    assert_eq!(
        code(world.service.still_administrator(&session).await),
        1100,
        "sessions ended"
    );
    assert_eq!(code(shown(&world, &secret).await), 1209);
    assert_eq!(code(world.exchange(&asking.secret).await), 1203);
    assert_eq!(code(world.exchange(&ci.secret).await), 1);
    let session = world.sign_in("grace").await;
    assert_eq!(code(world.service.administrator(&session)), 1102);

    // The last one stays, also at the admin program.
    let program = world.service.operator();
    let last = program.update_user(root, administrator(false));
    assert!(matches!(last.await, Err(Error::LastAdministrator { .. })));
    // Made again, what was revoked stays revoked.
    let again = operator.update_user(grace, administrator(true)).await;
    assert!(again.unwrap().is_admin);
    assert_eq!(
        code(world.service.still_administrator(&session).await),
        1100
    );
    assert_eq!(code(shown(&world, &secret).await), 1209);
    assert_eq!(code(world.exchange(&asking.secret).await), 1203);
    verify(&world).await;
}

#[on_every_database]
async fn keys_stay_where_that_is_asked_for(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    added(&world, "root", true).await;
    let grace = added(&world, "grace", true).await;
    let session = world.sign_in("grace").await;
    let own = world.service.administrator(&session).unwrap();
    let secret = key_made_by(&own, &world, &[Right::Audit]).await;
    let update = UserUpdate {
        keep_operator_keys: true,
        ..administrator(false)
    };
    let operator = world.service.operator();
    operator.update_user(grace, update).await.unwrap();
    assert_eq!(code(shown(&world, &secret).await), 1);
    let keep = Disabling {
        keep_operator_keys: true,
        ..Disabling::default()
    };
    operator.disable("grace", keep).await.unwrap();
    assert_eq!(code(shown(&world, &secret).await), 1);
    operator.enable_user("grace").await.unwrap();
    operator.disable_user("grace").await.unwrap();
    assert_eq!(code(shown(&world, &secret).await), 1209);
}

#[on_every_database]
async fn nothing_of_an_erased_person_is_left(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = added(&world, "root", true).await;
    let olga = added(&world, "olga", false).await;
    let session = world.sign_in("olga").await;
    let new = NewToken {
        description: Some("of Olga Lovelace".to_owned()),
        ..world.new_token("Olgas laptop", DAY)
    };
    let issued = world.service.create_token(&session, new).await.unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    world.service.flush().await;
    let operator = world.service.operator();
    operator
        .update_user(olga, renamed("lovelace"))
        .await
        .unwrap();

    let user = operator.erase_user(olga).await.unwrap();
    assert_eq!((user.kind, user.disabled), ("Erased", true));
    assert!(user.user_name.starts_with("erased-"), "{}", user.user_name);
    assert_eq!(code(world.exchange(&issued.secret).await), 1203);
    let identity = world.service.identity(exchanged.token.expose_secret());
    assert_ne!(code(identity.await), 1);
    assert_eq!(
        code(world.service.still_administrator(&session).await),
        1100
    );
    let listed = operator.token(&issued.token.id.to_string()).await.unwrap();
    assert_eq!(listed.token.name.as_str(), "erased");
    let of_olga = operator
        .tokens(Some(&user.user_name), query())
        .await
        .unwrap();
    assert_eq!(of_olga.total, 1);
    // Neither in the answer of any list nor in an event. The words hold letters that hexadecimal
    // digits do not have, so no id holds one by chance.
    let all = serde_json::to_string(&(
        operator.users().await.unwrap(),
        operator.events_after(0, &every_event()).await.unwrap().0,
        listed,
    ))
    .unwrap();
    for trace in ["ovelace", "olga", "laptop"] {
        assert!(!all.contains(trace), "{trace} is left in {all}");
    }
    assert!(all.contains("root@example.com"), "another's details stay");
    verify(&world).await;

    // For good.
    for refused in [
        code(operator.enable_user(&user.user_name).await),
        code(operator.update_user(olga, renamed("olga")).await),
    ] {
        assert_ne!(refused, 1);
    }
    let head = world.store.events().head().await.unwrap();
    assert_eq!(code(operator.erase_user(olga).await), 1);
    assert_eq!(world.store.events().head().await.unwrap(), head);
    added(&world, "lovelace", false).await;
    let last = operator.erase_user(root).await;
    assert!(matches!(last, Err(Error::LastAdministrator { .. })));
}

fn query() -> ats_pat_domain::list::TokenQuery {
    ats_pat_domain::list::TokenQuery::of(None)
}

fn every_event() -> ats_pat_service::EventQuery {
    ats_pat_service::EventQuery {
        limit: 1000,
        ..ats_pat_service::EventQuery::default()
    }
}

/// A call by a key with the right `users`, on one of four users.
#[derive(Clone, Debug)]
enum Call {
    Add { administrator: bool, with_id: bool },
    Update(usize, Update),
    Disable(usize),
    Enable(usize),
    Revoke(usize),
    Erase(usize),
    Password(usize),
}

#[derive(Clone, Debug)]
struct Update {
    name: Option<usize>,
    administrator: Option<bool>,
    groups: bool,
    password: bool,
    keep: bool,
}

fn update() -> impl Strategy<Value = Update> {
    let name = proptest::option::of(0..6_usize);
    (
        name,
        any::<Option<bool>>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(name, administrator, groups, password, keep)| Update {
            name,
            administrator,
            groups,
            password,
            keep,
        })
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let user = 0..4_usize;
    let call = prop_oneof![
        (any::<bool>(), any::<bool>()).prop_map(|(administrator, with_id)| Call::Add {
            administrator,
            with_id
        }),
        (user.clone(), update()).prop_map(|(user, update)| Call::Update(user, update)),
        user.clone().prop_map(Call::Disable),
        user.clone().prop_map(Call::Enable),
        user.clone().prop_map(Call::Revoke),
        user.clone().prop_map(Call::Erase),
        user.prop_map(Call::Password),
    ];
    proptest::collection::vec(call, 1..24)
}

async fn carry_out(operator: &Operator<'_>, users: &[UserId], call: &Call) {
    let names = ["root", "grace", "ada", "bob", "new", "ROOT"];
    let name = async |user: UserId| {
        let user = operator.user(&user.to_string()).await;
        user.unwrap().user_name
    };
    // Whether it is refused is not asked: what came of it is.
    match call {
        Call::Add {
            administrator,
            with_id,
        } => {
            let new = NewUser {
                id: with_id.then(|| users[0]),
                password: None,
                ..person("new", *administrator)
            };
            drop(operator.add_user(new).await);
        }
        Call::Update(user, update) => {
            let to = UserUpdate {
                user_name: update.name.map(|name| names[name].to_owned()),
                administrator: update.administrator,
                groups: update.groups.then(|| vec!["corp/root".to_owned()]),
                password: update.password.then(|| "plum-velvet-orbit-92".into()),
                keep_operator_keys: update.keep,
                ..UserUpdate::default()
            };
            drop(operator.update_user(users[*user], to).await);
        }
        Call::Disable(user) => drop(operator.disable_user(&name(users[*user]).await).await),
        Call::Enable(user) => drop(operator.enable_user(&name(users[*user]).await).await),
        Call::Revoke(user) => drop(operator.revoke_tokens_of(&name(users[*user]).await).await),
        Call::Erase(user) => drop(operator.erase_user(users[*user]).await),
        Call::Password(user) => {
            let password = "plum-velvet-orbit-92".into();
            let name = name(users[*user]).await;
            drop(operator.set_password(&name, &password, true).await);
        }
    }
}

#[tokio::test]
async fn no_sequence_makes_a_key_over_users_an_administrator() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let mut users = Vec::new();
    for (name, administrator) in [
        ("root", true),
        ("grace", true),
        ("ada", false),
        ("bob", false),
    ] {
        users.push(added(&world, name, administrator).await);
    }
    let secret = key_made_by(&world.service.operator(), &world, &[Right::Users]).await;
    let before = administrators(&world).await;
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for _ in 0..24 {
        let calls = sample(&mut rng);
        let by = shown(&world, &secret).await.unwrap();
        let operator = world.service.administering(&by, Right::Users).unwrap();
        for call in &calls {
            carry_out(&operator, &users, call).await;
            let now = administrators(&world).await;
            assert_eq!(now, before, "after {call:?} of {calls:?}");
        }
    }
    // The administrators sign in as ever: no password and no name of theirs was touched.
    for name in ["root", "grace"] {
        let session: SignedIn = world.sign_in(name).await;
        assert_eq!(code(world.service.administrator(&session)), 1);
    }
    let refused = shown(&world, &secret).await.unwrap();
    let refused = world
        .service
        .administering(&refused, Right::Administrators)
        .map(drop);
    assert!(matches!(refused, Err(Error::Refused(Problem::Forbidden))));
}

fn sample(rng: &mut TestRng) -> Vec<Call> {
    let mut runner =
        proptest::test_runner::TestRunner::new_with_rng(ProptestConfig::default(), rng.clone());
    // Each sample goes on where the last one ended.
    let tree = calls().new_tree(&mut runner).unwrap();
    *rng = runner.new_rng();
    proptest::strategy::ValueTree::current(&tree)
}

/// Who may administer: their rows, as far as that goes by.
async fn administrators(world: &World) -> Vec<(UserId, String, bool, Option<String>)> {
    let rows = world.store.users().administrators().await.unwrap();
    let rows = rows.into_iter().map(|tagged| tagged.row);
    rows.map(|user| {
        let name = user.name.as_str().to_owned();
        (user.id, name, user.is_disabled(), user.password_hash)
    })
    .collect()
}
