//! Users, their changes, and the keys that they make.

use ats_pat_domain::UserId;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Administering, Error, NewUser, Operator, UserUpdate};
use ats_pat_test_support::world::{self, ADDRESS, World};
use secrecy::{ExposeSecret, SecretString};

pub fn person(name: &str, administrator: bool) -> NewUser {
    NewUser {
        display_name: Some(format!("{name} the user")),
        email: Some(format!("{name}@example.com")),
        ..world::person(name, administrator)
    }
}

pub async fn added(world: &World, name: &str, administrator: bool) -> UserId {
    let operator = world.service.operator();
    let added = operator.add_user(person(name, administrator)).await;
    added.unwrap().id
}

pub fn renamed(name: &str) -> UserUpdate {
    UserUpdate {
        user_name: Some(name.to_owned()),
        ..UserUpdate::default()
    }
}

pub fn administrator(yes: bool) -> UserUpdate {
    UserUpdate {
        administrator: Some(yes),
        ..UserUpdate::default()
    }
}

pub async fn key_made_by(operator: &Operator<'_>, world: &World, rights: &[Right]) -> SecretString {
    let new = world.new_operator_key(rights);
    operator.create_operator_key(new).await.unwrap().secret
}

pub async fn shown(world: &World, secret: &SecretString) -> Result<Administering, Error> {
    let presented = secret.expose_secret().as_bytes();
    let holder = world.service.authenticate_operator_key(presented, ADDRESS);
    holder.await.map(Administering::Key)
}

pub async fn verify(world: &World) {
    assert_eq!(world.findings().await, Vec::<String>::new());
}
