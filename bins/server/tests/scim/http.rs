//! The surface: paths, methods, credentials, sizes, content types, versions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{Scene, USER, id, refused};

#[tokio::test]
async fn without_a_directory_in_the_settings_nothing_is_there() {
    let scene = Scene::with(|settings| settings.directory = None).await;
    for line in ["GET /Users", "GET /ServiceProviderConfig", "POST /Users"] {
        let answer = scene.call(line).send().await;
        assert_eq!(answer.status, 404, "{line}");
        assert_ne!(answer.header("content-type"), "application/scim+json");
    }
}

#[tokio::test]
async fn only_an_operator_key_with_the_right_is_let_in() {
    let scene = Scene::new().await;
    scene.provision("1", "ada").await;
    let far = scene
        .operator_key_for(&["scim"], Some("192.0.2.0/24"))
        .await;
    let all = [
        "users",
        "administrators",
        "tokens",
        "service-tokens",
        "audit",
        "policy",
        "keys",
    ];
    let other = scene.operator_key(&all).await;
    let before = scene.world.store.events().head().await.unwrap().seq;
    for line in [
        "GET /Users",
        "POST /Users",
        "DELETE /Users/x",
        "GET /Schemas",
        "PATCH /Groups/x",
    ] {
        scene.world.clock.advance(Duration::from_mins(1));
        let path = line.replacen(' ', " /scim/v2", 1);
        for key in ["", "atsop_x", &far] {
            let call = scene
                .plain(&path)
                .header("authorization", &format!("Bearer {key}"));
            let answer = call.send().await;
            assert_eq!(answer.refusal(), refused(401, ""), "{line} by {key}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        assert_eq!(scene.plain(&path).send().await.refusal(), refused(401, ""));
        let basic = scene.plain(&path).header("authorization", "Basic cm9vdDp4");
        assert_eq!(basic.send().await.refusal(), refused(401, ""));
        let answer = scene.call_by(&other, line).send().await;
        assert_eq!(answer.refusal(), refused(403, ""), "{line}");
    }
    assert_eq!(scene.world.store.events().head().await.unwrap().seq, before);
    // The key ends.
    scene.world.clock.advance(Duration::from_hours(25));
    assert_eq!(
        scene.call("GET /Users").send().await.refusal(),
        refused(401, "")
    );
}

#[tokio::test]
async fn a_request_of_another_site_and_one_that_is_too_large_change_nothing() {
    let scene = Scene::new().await;
    let body = json!({"schemas": [USER], "externalId": "1", "userName": "ada"});
    let foreign = scene
        .call("POST /Users")
        .header("origin", "https://evil.example")
        .json(&body);
    assert_eq!(foreign.send().await.refusal(), refused(403, ""));
    let large = format!("{{\"userName\": \"{}\"}}", "a".repeat(70_000));
    let large = scene
        .call("POST /Users")
        .body("application/scim+json", large);
    assert_eq!(large.send().await.refusal(), refused(413, ""));
    let form = scene
        .call("POST /Users")
        .body("text/plain", body.to_string());
    assert_eq!(form.send().await.refusal(), refused(415, ""));
    for text in ["", "[]", "{", "\"x\"", "{\"a\": 1}}"] {
        let broken = scene.call("POST /Users").body("application/json", text);
        assert_eq!(
            broken.send().await.refusal(),
            refused(400, "invalidSyntax"),
            "{text}"
        );
    }
    let group = json!({"schemas": ["urn:x"], "externalId": "1", "userName": "ada"});
    let group = scene.call("POST /Users").json(&group).send().await;
    assert_eq!(group.refusal(), refused(400, "invalidSyntax"));
    assert_eq!(
        scene.call("GET /Users").expect(200).await["totalResults"],
        0
    );
    // JSON under its plain name is taken.
    let plain = scene
        .call("POST /Users")
        .body("application/json", body.to_string());
    assert_eq!(plain.send().await.status, 201);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_refused_in_the_form_of_scim() {
    let scene = Scene::new().await;
    for line in ["GET ", "GET /", "GET /users", "GET /Users/a/b"] {
        let (status, _) = scene.call(line).send().await.refusal();
        assert!(status == 404 || status == 405, "{line}");
    }
    for line in [
        "GET /Me",
        "POST /Bulk",
        "POST /Users/.search",
        "POST /.search",
    ] {
        assert_eq!(scene.call(line).send().await.refusal(), refused(501, ""));
    }
    let answer = scene.call("PUT /Users").send().await;
    assert_eq!(answer.refusal(), refused(405, ""));
    assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    let answer = scene.call("HEAD /Users").send().await;
    assert_eq!((answer.status, &*answer.text), (200, ""));
    for filter in [
        "x",
        "userName%20co%20%22a%22",
        "title%20eq%20%22a%22",
        "userName%20eq%20%22a%22%20or%20id%20eq%20%22b%22",
    ] {
        let answer = scene
            .call(&format!("GET /Users?filter={filter}"))
            .send()
            .await;
        assert_eq!(answer.refusal(), refused(400, "invalidFilter"), "{filter}");
    }
}

#[tokio::test]
async fn a_version_keeps_changes_of_others() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let path = format!("/Users/{}", id(&ada));
    let old = scene.call(&format!("GET {path}")).send().await;
    let version = old.header("etag").to_owned();
    assert_eq!(version, ada["meta"]["version"].as_str().unwrap());
    let rename = |name: &str| json!({"Operations": [{"op": "replace", "path": "displayName", "value": name}]});
    let line = format!("PATCH {path}");
    let first = scene
        .call(&line)
        .header("if-match", &version)
        .json(&rename("A"));
    let first = first.send().await;
    assert_eq!(first.status, 200);
    assert_ne!(first.header("etag"), version);
    let second = scene
        .call(&line)
        .header("if-match", &version)
        .json(&rename("B"));
    assert_eq!(second.send().await.refusal(), refused(412, ""));
    let delete = scene
        .call(&format!("DELETE {path}"))
        .header("if-match", &version);
    assert_eq!(delete.send().await.refusal(), refused(412, ""));
    let any = scene.call(&line).header("if-match", "*").json(&rename("C"));
    assert_eq!(any.send().await.status, 200);
    // The same for groups.
    let group = scene
        .call("POST /Groups")
        .json(&json!({"displayName": "g"}))
        .send()
        .await;
    let line = format!("PATCH /Groups/{}", id(&group.json()));
    let version = group.header("etag").to_owned();
    let join =
        json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": id(&ada)}]}]});
    assert_eq!(
        scene
            .call(&line)
            .header("if-match", &version)
            .json(&join)
            .send()
            .await
            .status,
        200
    );
    let late = scene
        .call(&line)
        .header("if-match", &version)
        .json(&rename("h"));
    assert_eq!(late.send().await.refusal(), refused(412, ""));
}

#[tokio::test]
async fn only_the_attributes_that_are_asked_for_are_answered() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let line = format!("GET /Users/{}?attributes=userName", id(&ada));
    let seen = scene.call(&line).expect(200).await;
    assert_eq!(
        seen,
        json!({"schemas": [USER], "id": ada["id"], "userName": "ada"})
    );
    let line = "GET /Users?excludedAttributes=meta,active";
    let seen = scene.call(line).expect(200).await["Resources"][0].clone();
    assert_eq!(
        (&seen["meta"], &seen["active"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(seen["userName"], "ada");
}

#[tokio::test]
async fn the_service_says_what_it_can_do() {
    let scene = Scene::new().await;
    let config = scene.call("GET /ServiceProviderConfig").expect(200).await;
    assert_eq!(config["patch"]["supported"], true);
    assert_eq!(config["bulk"]["supported"], false);
    for (list, documents) in [("ResourceTypes", 2), ("Schemas", 2)] {
        let all = scene.call(&format!("GET /{list}")).expect(200).await;
        assert_eq!(all["totalResults"], documents);
        for document in all["Resources"].as_array().unwrap() {
            let line = format!("GET /{list}/{}", id(document));
            assert_eq!(&scene.call(&line).expect(200).await, document);
        }
        let unknown = scene.call(&format!("GET /{list}/x")).send().await;
        assert_eq!(unknown.refusal(), refused(404, ""));
    }
}
