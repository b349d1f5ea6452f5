//! The sequences that Microsoft publishes for the SCIM validator of Entra ID, and the forms that
//! its provisioning service sends.

use serde_json::{Value, json};

use crate::scene::{GROUP, Scene, USER, id, refused};

/// A user as Entra ID sends it.
fn user(name: &str, external_id: &str) -> Value {
    json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": external_id,
        "userName": name,
        "active": true,
        "displayName": "BobIsAmazing",
        "emails": [{"primary": true, "type": "work", "value": "kazuo@example.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Ryan Leenay", "familyName": "Leenay", "givenName": "Ryan"},
        "title": "Boss",
        "addresses": [{"type": "work", "locality": "Vienna"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D"},
        "roles": [],
    })
}

#[tokio::test]
async fn the_sequence_of_the_validator_for_users() {
    let scene = Scene::by_claim().await;
    // Create a new user.
    let made = scene
        .call("POST /Users")
        .json(&user("UserName123", "0a21f0f2"))
        .send()
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.header("content-type"), "application/scim+json");
    let made_user = made.json();
    let path = format!("/Users/{}", id(&made_user));
    assert_eq!(made.header("location"), made_user["meta"]["location"]);
    assert_eq!(made_user["userName"], "UserName123");
    assert_eq!(
        made_user["name"],
        json!({"givenName": "Ryan", "familyName": "Leenay"})
    );
    assert_eq!(made_user["emails"][0]["value"], "kazuo@example.com");
    assert_eq!(made_user["active"], true);
    assert_eq!(
        made_user["title"],
        Value::Null,
        "what is not kept is not answered"
    );
    // Create a duplicate user.
    let again = scene
        .call("POST /Users")
        .json(&user("UserName123", "0a21f0f2"));
    assert_eq!(again.send().await.refusal(), refused(409, "uniqueness"));
    // Filter for an existing user, in another case.
    for name in ["UserName123", "USERNAME123"] {
        let line = format!("GET /Users?filter=userName%20eq%20%22{name}%22");
        let found = scene.call(&line).expect(200).await;
        assert_eq!(found["totalResults"], 1);
        assert_eq!(found["Resources"][0]["id"], made_user["id"]);
    }
    // Filter for a user that does not exist.
    let line = "GET /Users?filter=userName+eq+%22non-existent%22";
    let found = scene.call(line).expect(200).await;
    assert_eq!(
        (&found["totalResults"], &found["Resources"]),
        (&json!(0), &json!([]))
    );
    // Update the user by replacing attributes.
    let patched = scene
        .patch(
            &path,
            json!([
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "updated@example.com"},
                {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
                {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "x"},
                {"op": "Replace", "value": {"displayName": "updated", "name.givenName": "G"}},
            ]),
        )
        .await;
    assert_eq!(patched.status, 200, "{}", patched.text);
    let seen = scene.call(&format!("GET {path}")).expect(200).await;
    assert_eq!(seen, patched.json());
    assert_eq!(seen["emails"][0]["value"], "updated@example.com");
    assert_eq!(
        seen["name"],
        json!({"givenName": "G", "familyName": "updatedFamilyName"})
    );
    assert_eq!(seen["displayName"], "updated");
    // Update the userName.
    let renamed = json!([{"op": "replace", "path": "userName", "value": "5b50642d"}]);
    assert_eq!(scene.patch(&path, renamed).await.status, 200);
    let line = "GET /Users?filter=userName%20eq%20%225b50642d%22";
    assert_eq!(scene.call(line).expect(200).await["totalResults"], 1);
    // Disable the user, as Entra ID writes it without its feature flag, and enable it again.
    for (value, active) in [
        (json!("False"), false),
        (json!("True"), true),
        (json!(false), false),
    ] {
        let disable = json!([{"op": "Replace", "path": "active", "value": value}]);
        let patched = scene.patch(&path, disable).await;
        assert_eq!(
            (patched.status, &patched.json()["active"]),
            (200, &json!(active))
        );
    }
    // Delete the user.
    let deleted = scene.call(&format!("DELETE {path}")).send().await;
    assert_eq!((deleted.status, &*deleted.text), (204, ""));
    let gone = scene.call(&format!("GET {path}")).send().await;
    assert_eq!(gone.refusal(), refused(404, ""));
    let gone = scene.call(&format!("DELETE {path}")).send().await;
    assert_eq!(gone.refusal(), refused(404, ""));
    // Its names are free for a new user.
    let new = scene
        .call("POST /Users")
        .json(&user("5b50642d", "0a21f0f2"));
    assert_ne!(id(&new.expect(201).await), id(&made_user));
    scene.verified().await;
}

#[tokio::test]
async fn the_sequence_of_the_validator_for_groups() {
    let scene = Scene::by_claim().await;
    let ada = scene.provision("1", "ada").await;
    let bob = scene.provision("2", "bob").await;
    let group = json!({
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "displayName": "displayName",
        "meta": {"resourceType": "Group"},
    });
    let made = scene.call("POST /Groups").json(&group).expect(201).await;
    let path = format!("/Groups/{}", id(&made));
    let again = scene.call("POST /Groups").json(&group).send().await;
    assert_eq!(again.refusal(), refused(409, "uniqueness"));
    // Entra ID asks for groups without their members.
    let line = "GET /Groups?excludedAttributes=members&filter=displayName%20eq%20%22DISPLAYNAME%22";
    let found = scene.call(line).expect(200).await;
    assert_eq!(found["totalResults"], 1);
    assert_eq!(found["Resources"][0]["members"], Value::Null);
    let renamed = json!([{"op": "Replace", "path": "displayName", "value": "1879db59"}]);
    assert_eq!(scene.patch(&path, renamed).await.status, 200);
    // Members join, and the same again.
    for _ in 0..2 {
        let add =
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": id(&ada)}]}]);
        assert_eq!(scene.patch(&path, add).await.status, 200);
    }
    let add = json!([{"op": "Add", "path": "members", "value": [{"value": id(&bob)}]}]);
    scene.patch(&path, add).await;
    // Entra ID asks whether somebody is a member.
    let line = format!(
        "GET /Groups?filter=id%20eq%20%22{}%22%20and%20members%20eq%20%22{}%22",
        id(&made),
        id(&ada)
    );
    assert_eq!(scene.call(&line).expect(200).await["totalResults"], 1);
    let seen = scene
        .call(&format!("GET /Users/{}", id(&ada)))
        .expect(200)
        .await;
    assert_eq!(seen["groups"][0]["value"], made["id"]);
    assert_eq!(seen["groups"][0]["display"], "1879db59");
    // Members leave, by a filter and by a list.
    let remove = json!([{"op": "Remove", "path": format!("members[value eq \"{}\"]", id(&ada))}]);
    assert_eq!(scene.patch(&path, remove).await.status, 200);
    assert_eq!(scene.call(&line).expect(200).await["totalResults"], 0);
    let members = scene.call(&format!("GET {path}")).expect(200).await["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 1);
    let remove = json!([{"op": "Remove", "path": "members", "value": [{"value": id(&bob)}]}]);
    assert_eq!(scene.patch(&path, remove).await.status, 200);
    let members = scene.call(&format!("GET {path}")).expect(200).await["members"].clone();
    assert_eq!(members, json!([]));
    assert_eq!(
        scene.call(&format!("DELETE {path}")).send().await.status,
        204
    );
    let gone = scene.call(&format!("GET {path}")).send().await;
    assert_eq!(gone.refusal(), refused(404, ""));
    scene.verified().await;
}
