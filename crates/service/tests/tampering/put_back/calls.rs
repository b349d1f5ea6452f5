//! Calls that an older row must not let succeed.

use ats_pat_service::{PasswordChange, Regeneration, Service};
use ats_pat_test_support::world::{ADDRESS, PASSWORD, code};

use crate::scene::{Scene, assert_found};

pub async fn sign_in(service: &Service, password: &str) -> u32 {
    code(service.sign_in("ada", &password.into(), ADDRESS).await)
}

/// Two kinds of changes that a user could make with a row that was put back. Neither is made.
pub async fn assert_nothing_is_laundered(scene: &Scene, table: &str) {
    let Scene { world, ada, issued } = scene;
    let put_back = format!("of {table} is an older one, put back");
    assert_found(world, &put_back).await;
    let id = issued.token.id.to_string();
    let anew = world
        .service
        .regenerate_token(ada, &id, Regeneration::default());
    assert_ne!(code(anew.await), 1);
    let change = PasswordChange {
        current: PASSWORD.into(),
        new: "orbit-of-velvet-plums-7".into(),
        revoke_tokens: false,
    };
    let changed = world.service.change_password(ada, change, ADDRESS);
    if table == "users" {
        assert_ne!(code(changed.await), 1);
    }
    world.add_user("grace").await;
    assert_found(world, &put_back).await;
}
