//! No sequence of calls by a key over users makes anybody an administrator.

use ats_pat_domain::operator_key::Right;
use ats_pat_domain::{Problem, UserId};
use ats_pat_service::{Error, NewUser, Operator, SignedIn, UserUpdate};
use ats_pat_test_support::world::{World, code};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::scene::{added, key_made_by, person, shown};

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
