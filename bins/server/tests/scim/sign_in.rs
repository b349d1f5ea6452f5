//! One person by SCIM and by sign-in is one user, in both orders.

use ats_pat_domain::port::ProvenIdentity;
use ats_pat_service::{Error, NotSignedIn, UserUpdate};
use ats_pat_test_support::scripted::somebody;
use ats_pat_test_support::world::PASSWORD;
use serde_json::json;

use crate::scene::{CORP, PARTNER, Scene, USER, id, refused};

#[tokio::test]
async fn whom_the_directory_made_signs_in_as_the_same_user() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada@example.com").await;
    let by = scene.sign_in("1", "another name").await.unwrap();
    assert_eq!(by.user().id.to_string(), id(&ada));
    assert_eq!(by.user().user_name, "ada@example.com");
    // Another subject is another person, whatever the name.
    let other = scene.sign_in("2", "ada@example.com").await.unwrap();
    assert_ne!(other.user().id.to_string(), id(&ada));
    scene.verified().await;
}

#[tokio::test]
async fn who_signed_in_before_is_taken_over_by_the_directory() {
    let scene = Scene::new().await;
    let by = scene.sign_in("1", "ada").await.unwrap();
    let user_id = by.user().id.to_string();
    // The directory sees the user before it takes the user over.
    let seen = scene
        .call(&format!("GET /Users/{user_id}"))
        .expect(200)
        .await;
    assert_eq!(
        (&seen["externalId"], &seen["userName"]),
        (&json!("1"), &json!("ada"))
    );
    let made = scene.provision("1", "ada@example.com").await;
    assert_eq!(id(&made), user_id);
    assert_eq!(made["userName"], "ada@example.com");
    // Only once.
    let again = json!({"schemas": [USER], "externalId": "1", "userName": "ada@example.com"});
    let again = scene.call("POST /Users").json(&again).send().await;
    assert_eq!(again.refusal(), refused(409, "uniqueness"));
    let again = scene.sign_in("1", "ada").await.unwrap();
    assert_eq!(again.user().id.to_string(), user_id);
    // A user whom the directory only changes is its from then on, too.
    let bob = scene
        .sign_in("2", "bob")
        .await
        .unwrap()
        .user()
        .id
        .to_string();
    let names = json!([{"op": "replace", "path": "name.givenName", "value": "Bob"}]);
    let patched = scene.patch(&format!("/Users/{bob}"), names).await.json();
    assert_eq!(patched["name"]["givenName"], "Bob");
    assert_eq!(patched["externalId"], "2");
    scene.verified().await;
}

#[tokio::test]
async fn a_claim_leads_to_the_user_in_both_orders() {
    let scene = Scene::by_claim().await;
    // First the directory, then the sign-in.
    let ada = scene.provision("oid-1", "ada").await;
    let by = scene.sign_in_as("sub-1", "oid-1", "ada").await.unwrap();
    assert_eq!(by.user().id.to_string(), id(&ada));
    // From then on, the subject is linked.
    let by = scene.sign_in_as("sub-1", "oid-1", "ada").await.unwrap();
    assert_eq!(by.user().id.to_string(), id(&ada));
    // First the sign-in, then the directory.
    let bob = scene.sign_in_as("sub-2", "oid-2", "bob").await.unwrap();
    let made = scene.provision("oid-2", "bob").await;
    assert_eq!(id(&made), bob.user().id.to_string());
    // A subject is no entry, and an entry no subject.
    let other = scene.sign_in_as("oid-1", "oid-3", "carol").await.unwrap();
    assert_ne!(other.user().id.to_string(), id(&ada));
    let dan = scene.provision("sub-1", "dan").await;
    assert_ne!(id(&dan), id(&ada));
    scene.verified().await;
}

#[tokio::test]
async fn who_is_two_users_and_who_is_none_does_not_sign_in() {
    let scene = Scene::by_claim().await;
    scene.provision("oid-1", "ada").await;
    scene.sign_in_as("sub-1", "oid-1", "ada").await.unwrap();
    scene.provision("oid-2", "bob").await;
    // The subject of one and the entry of another.
    let refused = scene.sign_in_as("sub-1", "oid-2", "ada").await;
    assert!(matches!(refused, Err(NotSignedIn::TwoUsers)));
    // Another subject of the same entry.
    let refused = scene.sign_in_as("sub-9", "oid-1", "ada").await;
    assert!(matches!(refused, Err(NotSignedIn::TwoUsers)));
    // Without the claim, nobody could say later that the person left.
    let refused = scene.sign_in("sub-3", "carol").await;
    assert!(matches!(refused, Err(NotSignedIn::DirectoryIdMissing)));
    let carol = scene.service.operator().user_called("carol").await;
    assert!(matches!(carol, Err(Error::UserNotFound { .. })));
    scene.verified().await;
}

#[tokio::test]
async fn a_user_of_the_directory_has_no_password() {
    for scene in [Scene::new().await, Scene::by_claim().await] {
        let ada = scene.provision("1", "ada").await;
        let operator = scene.service.operator();
        let password = UserUpdate {
            password: Some(PASSWORD.into()),
            ..UserUpdate::default()
        };
        let refused = operator
            .update_user(id(&ada).parse().unwrap(), password)
            .await;
        assert!(matches!(refused, Err(Error::SignsInElsewhere { .. })));
    }
}

#[tokio::test]
async fn groups_of_the_provider_and_of_the_directory_stand_side_by_side() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let group = json!({"displayName": "g", "members": [{"value": id(&ada)}]});
    let group = scene.call("POST /Groups").json(&group).expect(201).await;
    let person = ProvenIdentity {
        groups: Some(vec!["staff".to_owned()]),
        ..somebody(CORP, "1", "ada")
    };
    scene.prove(&scene.corp, person).await.unwrap();
    let user = scene.service.operator().user_called("ada").await.unwrap();
    let of_directory = format!("scim/{}", id(&group));
    assert_eq!(user.groups.names(), ["corp/staff", &of_directory]);
    // When an administrator unlinks the identity, the directory does not reach the user any more.
    scene
        .service
        .operator()
        .unlink_identity("ada", None)
        .await
        .unwrap();
    let gone = scene.call(&format!("GET /Users/{}", id(&ada))).send().await;
    assert_eq!(gone.refusal(), refused(404, ""));
    let user = scene.service.operator().user_called("ada").await.unwrap();
    assert!(user.groups.is_empty());
    scene.verified().await;
}

#[tokio::test]
async fn a_name_that_the_provider_told_stays_until_the_directory_tells_another() {
    let scene = Scene::new().await;
    let person = ProvenIdentity {
        display_name: Some("Ada Lovelace".to_owned()),
        ..somebody(CORP, "1", "ada")
    };
    let operator = scene.service.operator();
    let by = scene.prove(&scene.corp, person).await.unwrap();
    let path = format!("/Users/{}", by.user().id);
    let active = json!([{"op": "replace", "path": "active", "value": true}]);
    assert_eq!(scene.patch(&path, active).await.status, 200);
    let rename = json!([{"op": "replace", "path": "userName", "value": "ada@example.com"}]);
    let renamed = scene.patch(&path, rename).await;
    assert_eq!(renamed.json()["displayName"], serde_json::Value::Null);
    let user = operator.user_called("ada@example.com");
    assert_eq!(user.await.unwrap().display_name, "Ada Lovelace");
    let named = json!([{"op": "add", "value": {"name": {"givenName": "A", "familyName": "L"}}}]);
    scene.patch(&path, named).await;
    let user = operator.user_called("ada@example.com");
    assert_eq!(user.await.unwrap().display_name, "A L");
}

#[tokio::test]
async fn whom_the_directory_deleted_no_administrator_lets_in_by_unlinking() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let operator = scene.service.operator();
    operator.link_identity("ada", PARTNER, "9").await.unwrap();
    let line = format!("DELETE /Users/{}", id(&ada));
    assert_eq!(scene.call(&line).send().await.status, 204);
    let old = operator.user(id(&ada)).await.unwrap().user_name;
    operator.unlink_identity(&old, None).await.unwrap();
    assert!(operator.enable_user(&old).await.unwrap().disabled);
    // Of somebody who is only kept out, the administrator takes the mark over.
    let bob = scene.provision("2", "bob").await;
    let path = format!("/Users/{}", id(&bob));
    let out = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(scene.patch(&path, out).await.status, 200);
    assert!(operator.enable_user("bob").await.unwrap().disabled);
    operator.unlink_identity("bob", None).await.unwrap();
    assert!(!operator.enable_user("bob").await.unwrap().disabled);
    scene.verified().await;
}
