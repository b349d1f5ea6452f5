//! Attempts to become somebody else by SCIM, or to see and change what is not the directory's.

use ats_pat_service::NewUser;
use ats_pat_test_support::scripted::somebody;
use ats_pat_test_support::world::person;
use serde_json::json;

use crate::scene::{PARTNER, Scene, USER, id, refused};

async fn administrator(scene: &Scene) -> String {
    let new = NewUser {
        email: Some("root@example.com".to_owned()),
        ..person("root", true)
    };
    scene
        .service
        .operator()
        .add_user(new)
        .await
        .unwrap()
        .id
        .to_string()
}

#[tokio::test]
async fn nobody_is_found_by_a_name_or_an_address() {
    let scene = Scene::new().await;
    administrator(&scene).await;
    let before = scene.service.operator().user_called("root").await.unwrap();
    for name in ["root", "ROOT", "ｒｏｏｔ"] {
        let body = json!({
            "schemas": [USER], "externalId": "1", "userName": name,
            "emails": [{"value": "root@example.com"}],
        });
        let taken = scene.call("POST /Users").json(&body).send().await;
        assert_eq!(taken.refusal(), refused(409, "uniqueness"), "{name}");
    }
    let other = scene.provision("1", "eve").await;
    let path = format!("/Users/{}", id(&other));
    let rename = json!([{"op": "replace", "path": "userName", "value": "root"}]);
    let taken = scene.patch(&path, rename).await;
    assert_eq!(taken.refusal(), refused(409, "uniqueness"));
    // The same address is no matter.
    let mail = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "root@example.com"}]);
    assert_eq!(scene.patch(&path, mail).await.status, 200);
    assert_eq!(
        scene.service.operator().user_called("root").await.unwrap(),
        before
    );
    for filter in ["userName%20eq%20%22root%22", "externalId%20eq%20%22root%22"] {
        let found = scene
            .call(&format!("GET /Users?filter={filter}"))
            .expect(200)
            .await;
        assert_eq!(found["totalResults"], 0, "{filter}");
    }
    scene.verified().await;
}

#[tokio::test]
async fn administrators_service_accounts_and_strangers_are_not_there() {
    let scene = Scene::new().await;
    let root = administrator(&scene).await;
    let local = scene.world.add_user("carol").await.id.to_string();
    let account = scene
        .world
        .add_service_account("ci", "carol")
        .await
        .id
        .to_string();
    // Somebody of the other provider, with the subject that the directory has for somebody else.
    let stranger = scene
        .prove(&scene.partner, somebody(PARTNER, "1", "dan"))
        .await
        .unwrap();
    let stranger = stranger.user().id.to_string();
    // A former user of the directory who administers now.
    let promoted = scene.provision("2", "grace").await;
    let operator = scene.service.operator();
    let update = ats_pat_service::UserUpdate {
        administrator: Some(true),
        ..ats_pat_service::UserUpdate::default()
    };
    operator
        .update_user(id(&promoted).parse().unwrap(), update)
        .await
        .unwrap();
    let group = scene
        .call("POST /Groups")
        .json(&json!({"displayName": "g"}))
        .expect(201)
        .await;
    let before = operator.users().await.unwrap();
    for id_of in [&root, &local, &account, &stranger, id(&promoted)] {
        let path = format!("/Users/{id_of}");
        let whole =
            json!({"schemas": [USER], "externalId": "1", "userName": "mallory", "active": false});
        for answer in [
            scene.call(&format!("GET {path}")).send().await,
            scene.call(&format!("PUT {path}")).json(&whole).send().await,
            scene
                .patch(
                    &path,
                    json!([{"op": "replace", "path": "active", "value": false}]),
                )
                .await,
            scene.call(&format!("DELETE {path}")).send().await,
        ] {
            assert_eq!(answer.refusal(), refused(404, ""));
        }
        let join = json!([{"op": "add", "path": "members", "value": [{"value": id_of}]}]);
        let refusal = scene.patch(&format!("/Groups/{}", id(&group)), join).await;
        assert_eq!(refusal.refusal(), refused(400, "invalidValue"));
    }
    let list = scene.call("GET /Users").expect(200).await;
    assert_eq!(list["totalResults"], 0, "{list}");
    // What an administrator is in the directory, nobody else becomes.
    let again = json!({"schemas": [USER], "externalId": "2", "userName": "mallory"});
    let taken = scene.call("POST /Users").json(&again).send().await;
    assert_eq!(taken.refusal(), refused(409, "uniqueness"));
    assert_eq!(operator.users().await.unwrap(), before);
    scene.verified().await;
}

#[tokio::test]
async fn an_external_id_stays_what_it_was() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let path = format!("/Users/{}", id(&ada));
    let without = json!({"schemas": [USER], "userName": "bob"});
    let refusal = scene.call("POST /Users").json(&without).send().await;
    assert_eq!(refusal.refusal(), refused(400, "invalidValue"));
    for value in ["2", "1 ", ""] {
        let other = json!([{"op": "replace", "path": "externalId", "value": value}]);
        let refusal = scene.patch(&path, other).await;
        assert_eq!(refusal.status, 400, "{value:?}");
    }
    let remove = json!([{"op": "remove", "path": "externalId"}]);
    assert_eq!(
        scene.patch(&path, remove).await.refusal(),
        refused(400, "mutability")
    );
    let mut whole = ada.clone();
    whole["externalId"] = json!("2");
    let put = scene.call(&format!("PUT {path}")).json(&whole).send().await;
    assert_eq!(put.refusal(), refused(400, "mutability"));
    assert_eq!(scene.call(&format!("GET {path}")).expect(200).await, ada);
    // The same again is no change.
    let same = json!([{"op": "replace", "path": "externalId", "value": "1"}]);
    assert_eq!(scene.patch(&path, same).await.json(), ada);
}

#[tokio::test]
async fn a_second_provider_does_not_lead_to_the_directory_s_users() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let other = scene
        .prove(&scene.partner, somebody(PARTNER, "1", "ada"))
        .await
        .unwrap();
    assert_ne!(other.user().id.to_string(), id(&ada));
    assert_eq!(other.user().user_name, "ada-2");
    // Nor do groups that it tells.
    let person = ats_pat_domain::port::ProvenIdentity {
        groups: Some(vec!["scim/0193f2a0-7b1c-7d2e-8f00-0123456789ab".to_owned()]),
        ..somebody(PARTNER, "1", "ada")
    };
    scene.prove(&scene.partner, person).await.unwrap();
    let user = scene.service.operator().user_called("ada-2").await.unwrap();
    assert!(
        user.groups
            .names()
            .iter()
            .all(|name| name.starts_with("partner/"))
    );
}
