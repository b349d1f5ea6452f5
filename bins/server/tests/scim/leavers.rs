//! Somebody leaves: the tokens stop, the sessions end, everywhere.

use ats_pat_domain::port::ProvenIdentity;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Introspector, NotSignedIn, Service, SignedIn};
use ats_pat_test_support::elsewhere::{gateway, is_listed_as_revoked, status_place};
use ats_pat_test_support::scripted::somebody;
use ats_pat_test_support::world::{ADDRESS, DAY, exchanged};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::scene::{CORP, Scene, holds, id};

/// Somebody of the directory who has a token.
struct Ada {
    user: Value,
    by: SignedIn,
    token: IssuedToken,
    authentication_token: SecretString,
    /// Who introspects.
    gateway: Introspector,
}

/// What a verifier would say that looks at the status list.
async fn is_listed(scene: &Scene, ada: &Ada) -> bool {
    let now = scene.world.now();
    let place = status_place(&scene.service, &ada.authentication_token, now).await;
    is_listed_as_revoked(&scene.service, &place, now).await
}

async fn ada(scene: &Scene) -> Ada {
    let user = scene.provision("1", "ada").await;
    let by = scene.sign_in("1", "ada").await.unwrap();
    let new = scene.world.new_token("ci", DAY);
    let token = scene.service.create_token(&by, new).await.unwrap();
    let secret = token.secret.expose_secret().as_bytes();
    let exchanged = scene.service.exchange(&[secret], ADDRESS).await.unwrap();
    Ada {
        user,
        by,
        authentication_token: exchanged.token,
        token,
        gateway: gateway(&scene.service, scene.world.now()).await,
    }
}

/// What the identity behind the authentication token is answered with, over HTTP.
async fn identity(scene: &Scene, ada: &Ada) -> u16 {
    let bearer = format!("Bearer {}", ada.authentication_token.expose_secret());
    let call = scene
        .plain("GET /api/identity")
        .header("authorization", &bearer);
    call.send().await.status
}

async fn is_out(scene: &Scene, other: &Service, ada: &Ada, with: u32) {
    for service in [&scene.service, other] {
        assert_eq!(exchanged(service, &ada.token.secret).await, with);
        assert!(!holds(service, &ada.by).await, "the session is over");
    }
    assert_eq!(identity(scene, ada).await, 401);
    for secret in [&ada.token.secret, &ada.authentication_token] {
        let told = scene
            .service
            .introspect(&ada.gateway, secret)
            .await
            .unwrap();
        assert_eq!(told, None, "whoever introspects it is told the same");
    }
    // Offline verifiers learn of it by the status list.
    assert!(is_listed(scene, ada).await);
}

#[tokio::test]
async fn whom_the_directory_deactivates_is_out_on_every_server_until_it_says_otherwise() {
    let scene = Scene::new().await;
    let ada = ada(&scene).await;
    let other = scene.world.reopen().await.unwrap();
    assert_eq!(exchanged(&other, &ada.token.secret).await, 1);
    assert_eq!(identity(&scene, &ada).await, 200);
    let path = format!("/Users/{}", id(&ada.user));
    let active = |value: Value| json!([{"op": "Replace", "path": "active", "value": value}]);
    for _ in 0..2 {
        assert_eq!(scene.patch(&path, active(json!("False"))).await.status, 200);
        is_out(&scene, &other, &ada, 1205).await;
    }
    let refused = scene.sign_in("1", "ada").await;
    assert!(matches!(refused, Err(NotSignedIn::Disabled)));
    // Each party clears only its own mark.
    let operator = scene.service.operator();
    assert!(operator.enable_user("ada").await.unwrap().disabled);
    operator.disable_user("ada").await.unwrap();
    assert_eq!(scene.patch(&path, active(json!(true))).await.status, 200);
    assert_eq!(exchanged(&scene.service, &ada.token.secret).await, 1205);
    operator.enable_user("ada").await.unwrap();
    assert_eq!(exchanged(&scene.service, &ada.token.secret).await, 1);
    let told = scene.world.told("user.disabled").await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].event.details["By"], "Scim");
    scene.verified().await;
}

#[tokio::test]
async fn whom_the_directory_deletes_never_comes_back() {
    let scene = Scene::new().await;
    let ada = ada(&scene).await;
    let other = scene.world.reopen().await.unwrap();
    let path = format!("/Users/{}", id(&ada.user));
    assert_eq!(
        scene.call(&format!("DELETE {path}")).send().await.status,
        204
    );
    is_out(&scene, &other, &ada, 1203).await;
    // The names are free: a new user, who has nothing of the old one.
    let new = scene.provision("1", "ada").await;
    assert_ne!(id(&new), id(&ada.user));
    let by = scene.sign_in("1", "ada").await.unwrap();
    assert_eq!(by.user().id.to_string(), id(&new));
    let owned = scene
        .service
        .list_tokens(&by, ats_pat_domain::list::TokenQuery::of(None))
        .await;
    assert_eq!(owned.unwrap().total, 0);
    assert_eq!(exchanged(&scene.service, &ada.token.secret).await, 1203);
    // No administrator lets the old one in.
    let operator = scene.service.operator();
    let old: ats_pat_domain::UserId = id(&ada.user).parse().unwrap();
    let old = operator.enable_user(old).await.unwrap();
    assert!(old.disabled && old.user_name.starts_with("ada-deleted-"));
    scene.verified().await;
}

#[tokio::test]
async fn groups_of_the_directory_decide_what_the_policy_says_and_never_who_administers() {
    let scene = Scene::with(|settings| {
        settings.providers[0].administrator_groups = vec!["admins".to_owned()];
    })
    .await;
    let ada = scene.provision("1", "ada").await;
    let group = json!({"displayName": "admins", "members": [{"value": id(&ada)}]});
    let group = scene.call("POST /Groups").json(&group).expect(201).await;
    // A group of the directory that is called as one of the provider makes nobody an administrator.
    let person = ProvenIdentity {
        groups: Some(Vec::new()),
        ..somebody(CORP, "1", "ada")
    };
    let by = scene.prove(&scene.corp, person).await.unwrap();
    assert!(!by.user().is_admin);
    // To join or leave ends the sessions, because other rights hold from then on.
    let path = format!("/Groups/{}", id(&group));
    let leave = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", id(&ada))}]);
    assert_eq!(scene.patch(&path, leave).await.status, 200);
    assert!(!holds(&scene.service, &by).await);
    scene.verified().await;
}
