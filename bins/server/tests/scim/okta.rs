//! The steps of Okta's published test plan for SCIM 2.0, and the forms that Okta sends.

use serde_json::{Value, json};

use crate::scene::{GROUP, Scene, USER, id, refused};

/// A user as Okta sends it.
fn user(name: &str, external_id: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": name, "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": external_id,
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

#[tokio::test]
async fn the_steps_of_the_test_plan_for_users() {
    let scene = Scene::new().await;
    // Required test: Users exists and is a list.
    let list = scene
        .call("GET /Users?count=1&startIndex=1")
        .expect(200)
        .await;
    assert_eq!(
        list["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
    );
    assert_eq!(list["totalResults"], 0);
    // Required test: a user is not there before it is made.
    let unknown = "GET /Users/00919288221112222";
    assert_eq!(scene.call(unknown).send().await.refusal(), refused(404, ""));
    let filter =
        "GET /Users?filter=userName%20eq%20%22test.user@okta.local%22&startIndex=1&count=100";
    assert_eq!(scene.call(filter).expect(200).await["totalResults"], 0);
    // Required test: create a user, and look at it.
    let body = user("test.user@okta.local", "00ujl29u0le5T6Aj10h7");
    let made = scene.call("POST /Users").json(&body).expect(201).await;
    let path = format!("/Users/{}", id(&made));
    assert_eq!(made["active"], true);
    assert_eq!(made["schemas"], json!([USER]));
    assert_eq!(made["name"]["familyName"], "User");
    assert_eq!(made["name"]["givenName"], "Test");
    assert_eq!(made["password"], Value::Null);
    assert_eq!(scene.call(&format!("GET {path}")).expect(200).await, made);
    assert_eq!(scene.call(filter).expect(200).await["totalResults"], 1);
    // Expect failure when it is made again.
    let again = scene.call("POST /Users").json(&body).send().await;
    assert_eq!(again.refusal(), refused(409, "uniqueness"));
    // Update the user as a whole.
    let mut changed = made.clone();
    changed["userName"] = json!("renamed@okta.local");
    changed["name"]["givenName"] = json!("Another");
    let put = scene
        .call(&format!("PUT {path}"))
        .json(&changed)
        .expect(200)
        .await;
    assert_eq!(put["userName"], "renamed@okta.local");
    assert_eq!(put["name"]["givenName"], "Another");
    // Deactivate and activate.
    for active in [false, true, false] {
        let operations = json!([{"op": "replace", "value": {"active": active}}]);
        let patched = scene.patch(&path, operations).await;
        assert_eq!(
            (patched.status, &patched.json()["active"]),
            (200, &json!(active))
        );
    }
    // A user as a whole that leaves `active` out does not let anybody in.
    let mut silent = put.clone();
    silent.as_object_mut().unwrap().remove("active");
    let put = scene
        .call(&format!("PUT {path}"))
        .json(&silent)
        .expect(200)
        .await;
    assert_eq!(put["active"], false);
    silent["active"] = json!(true);
    let put = scene
        .call(&format!("PUT {path}"))
        .json(&silent)
        .expect(200)
        .await;
    assert_eq!(put["active"], true);
    scene.verified().await;
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    let scene = Scene::new().await;
    for number in 1..=5 {
        scene
            .provision(&number.to_string(), &format!("user{number}"))
            .await;
    }
    // Neither administrators nor others are counted.
    scene.world.add_user("carol").await;
    let mut names = Vec::new();
    for start in [1, 3, 5, 7] {
        let line = format!("GET /Users?startIndex={start}&count=2");
        let page = scene.call(&line).expect(200).await;
        assert_eq!(
            (&page["totalResults"], &page["startIndex"]),
            (&json!(5), &json!(start))
        );
        let resources = page["Resources"].as_array().unwrap().clone();
        assert_eq!(page["itemsPerPage"], resources.len());
        names.extend(
            resources
                .iter()
                .map(|it| it["userName"].as_str().unwrap().to_owned()),
        );
    }
    names.sort();
    assert_eq!(names, ["user1", "user2", "user3", "user4", "user5"]);
    let only = scene.call("GET /Users?count=0").expect(200).await;
    assert_eq!(
        (&only["totalResults"], &only["Resources"]),
        (&json!(5), &json!([]))
    );
}

#[tokio::test]
async fn the_steps_of_the_test_plan_for_groups() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let bob = scene.provision("2", "bob").await;
    let list = scene
        .call("GET /Groups?startIndex=1&count=100")
        .expect(200)
        .await;
    assert_eq!(list["totalResults"], 0);
    let made = json!({"schemas": [GROUP], "displayName": "Builders", "members": []});
    let made = scene.call("POST /Groups").json(&made).expect(201).await;
    let path = format!("/Groups/{}", id(&made));
    // Okta renames by a PATCH without a path that repeats the id.
    let rename = json!([{"op": "replace", "value": {"id": id(&made), "displayName": "Makers"}}]);
    assert_eq!(
        scene.patch(&path, rename).await.json()["displayName"],
        "Makers"
    );
    // And replaces members as a whole, by PATCH and by PUT.
    let both =
        json!([{"value": id(&ada), "display": "ada"}, {"value": id(&bob), "display": "bob"}]);
    let replace = json!([{"op": "replace", "path": "members", "value": both}]);
    let patched = scene.patch(&path, replace).await.json();
    assert_eq!(patched["members"].as_array().unwrap().len(), 2);
    let put = json!({"schemas": [GROUP], "id": id(&made), "displayName": "Makers", "members": [{"value": id(&bob)}]});
    let put = scene
        .call(&format!("PUT {path}"))
        .json(&put)
        .expect(200)
        .await;
    assert_eq!(put["members"][0]["value"], bob["id"]);
    assert_eq!(put["members"].as_array().unwrap().len(), 1);
    let several = json!([
        {"op": "remove", "path": format!("members[value eq \"{}\"]", id(&bob))},
        {"op": "add", "path": "members", "value": [{"value": id(&ada), "display": "ada"}]},
    ]);
    let patched = scene.patch(&path, several).await.json();
    assert_eq!(patched["members"][0]["value"], ada["id"]);
    assert_eq!(patched["members"].as_array().unwrap().len(), 1);
    assert_eq!(
        scene.call(&format!("DELETE {path}")).send().await.status,
        204
    );
    scene.verified().await;
}
