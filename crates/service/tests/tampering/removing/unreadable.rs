//! Rows that can't be read prevent no removal, and hide no other row.

use ats_pat_domain::list::UserQuery;
use ats_pat_service::{Rotation, Service};
use ats_pat_test_support::world::code;
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::removal::{EACH, Removal};
use crate::scene::{assert_found, scene};

#[on_every_database]
async fn an_unreadable_row_hides_no_other(database: &TestDatabase) {
    let scene = scene(database).await;
    let operator = scene.world.service.operator();
    scene.world.add_administrator("grace").await;
    database
        .execute("UPDATE users SET kind = 'alien' WHERE is_admin = FALSE")
        .await;
    database
            .execute(&format!(
                "INSERT INTO signing_keys (kid, algorithm, public, created_at, active_from, key_id, tag) \
                 VALUES ('junk', 'EdDSA', {}, 0, 0, 1, {})",
                database.bytes_literal(if database.kind() == ats_pat_test_support::Kind::Mariadb {
                    &[1; 32]
                } else {
                    &[1; 5]
                }),
                database.bytes_literal(&[1; 33]),
            ))
            .await;
    let users = operator.users().await.unwrap();
    assert_eq!(users.len(), 1, "the one that is genuine");
    assert_eq!(operator.signing_keys().await.unwrap().len(), 1);
    assert_eq!(
        operator
            .user_page(UserQuery::default())
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_found(&scene.world, "of users was planted or altered").await;
    assert_found(&scene.world, "junk of signing_keys").await;
    // An admin program opens and works.
    let opened = Service::open_for_operators(scene.world.parts())
        .await
        .unwrap();
    let rotated = opened.operator().rotate_keys(Rotation::Compromised).await;
    assert_eq!(rotated.unwrap().len(), 2);
    assert_eq!(code(opened.operator().disable_user("ada").await), 1);
}

#[on_every_database(each = [
    Removal::Revoke,
    Removal::RevokeAsOperator,
    Removal::SetPassword,
])]
async fn a_token_that_cant_be_read_is_revoked_for_good(database: &TestDatabase, removal: Removal) {
    let scene = scene(database).await;
    let hide = "UPDATE tokens SET generation = -generation";
    database.execute(hide).await;
    removal.run(&scene).await;
    // The whole row that the attacker had copied.
    database
        .execute("UPDATE tokens SET generation = 1, revoked_at = NULL")
        .await;
    assert_ne!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    assert_found(
        &scene.world,
        "of tokens was planted or altered, and was ended",
    )
    .await;
}

#[on_every_database]
async fn an_unreadable_session_is_reported_for_ever_once_its_users_sessions_end(
    database: &TestDatabase,
) {
    // MariaDB pads the id, so it can be read, and the row is reported in other words.
    const PLANTED: &str = "planted or altered";
    let scene = scene(database).await;
    let short = database.bytes_literal(&[7; 5]);
    let cut = format!("UPDATE sessions SET id_hash = {short}");
    database.execute(&cut).await;
    let operator = scene.world.service.operator();
    let new = "orbit-of-velvet-plums-7".into();
    assert_eq!(code(operator.set_password("ada", &new, false).await), 1);
    assert_found(&scene.world, PLANTED).await;
    assert_eq!(code(operator.disable_user("ada").await), 1);
    assert_found(&scene.world, PLANTED).await;
}

#[on_every_database(each = [
    Removal::RevokeAsOperator,
    Removal::RevokeAsHolder,
    Removal::ReportAsLeaked,
    Removal::Disable,
])]
async fn rights_are_taken_away_even_if_the_event_log_cant_be_read(
    database: &TestDatabase,
    removal: Removal,
) {
    let mut scene = scene(database).await;
    // Nobody can tell which rows are current, so nothing is granted.
    let spoil = database.bytes_literal(b"{}");
    let spoil = format!("UPDATE events SET details = {spoil} WHERE seq = 2");
    database.execute(&spoil).await;
    scene.world.service = scene.world.reopen().await.unwrap();
    let exchange = async || code(scene.world.exchange(&scene.issued.secret).await);
    assert_eq!(exchange().await, 1503);
    removal.run(&scene).await;
    let revoked = "SELECT COUNT(*) FROM tokens WHERE revoked_at IS NOT NULL";
    let disabled = "SELECT COUNT(*) FROM users WHERE disabled";
    let taken = database.number(revoked).await + database.number(disabled).await;
    assert_eq!(taken, 1, "{removal:?}");
    assert_eq!(exchange().await, 1503);
}

const TOKEN_ID: &[&str] = &[
    "CREATE TABLE planted AS SELECT * FROM tokens",
    "UPDATE planted SET id = '7'",
    "INSERT INTO tokens SELECT * FROM planted",
    "DROP TABLE planted",
];

const ATTACKS: [&[&str]; 7] = [
    TOKEN_ID,
    &["UPDATE tokens SET generation = -1"],
    &["UPDATE secrets SET slot = 99"],
    &["UPDATE status_places SET generation = -1"],
    &["UPDATE signing_keys SET algorithm = 'x'"],
    &["UPDATE events SET kind = 'x' WHERE seq = 4"],
    &["UPDATE events SET details = hash"],
];

fn each_after_each_attack() -> impl Iterator<Item = (Removal, &'static [&'static str])> {
    EACH.into_iter()
        // It also grants, so it refuses rows that can't be read.
        .filter(|removal| !matches!(removal, Removal::Regenerate))
        .flat_map(|removal| ATTACKS.map(|attack| (removal, attack)))
}

#[on_every_database(each = each_after_each_attack())]
async fn no_unreadable_row_prevents_taking_a_right_away(
    database: &TestDatabase,
    (removal, attack): (Removal, &[&str]),
) {
    if attack == TOKEN_ID && database.kind() != ats_pat_test_support::Kind::Sqlite {
        // The others accept no id with another length.
        return;
    }
    let scene = scene(database).await;
    scene.world.exchange(&scene.issued.secret).await.unwrap();
    for statement in attack {
        database.execute(statement).await;
    }
    removal.run(&scene).await;
    assert_ne!(code(scene.world.exchange(&scene.issued.secret).await), 1);
}
