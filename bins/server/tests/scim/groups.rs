//! Groups: what the policy sees of them.

use ats_pat_domain::group::Group;
use ats_pat_domain::{GroupPolicy, Policies};
use ats_pat_test_support::world::{DAY, code};
use serde_json::json;

use crate::scene::{Scene, id, refused};

#[tokio::test]
async fn the_policy_of_a_group_holds_for_its_members_only_while_they_are() {
    let scene = Scene::new().await;
    let ada = scene.provision("1", "ada").await;
    let group = json!({"displayName": "builders", "members": [{"value": id(&ada)}]});
    let group = scene.call("POST /Groups").json(&group).expect(201).await;
    let name = format!("scim/{}", id(&group));
    let mut policies = Policies::default();
    policies.base.max_lifetime_days = 7;
    policies.base.default_lifetime_days = 7;
    policies.groups = vec![GroupPolicy {
        max_lifetime_days: Some(90),
        ..GroupPolicy::of(Group::new(&name).unwrap())
    }];
    scene.service.reload_policy(policies);
    let by = scene.sign_in("1", "ada").await.unwrap();
    let long = |name: &str| scene.world.new_token(name, DAY * 30);
    assert!(scene.service.create_token(&by, long("one")).await.is_ok());
    let path = format!("/Groups/{}", id(&group));
    assert_eq!(
        scene.call(&format!("DELETE {path}")).send().await.status,
        204
    );
    let by = scene.sign_in("1", "ada").await.unwrap();
    let refusal = scene.service.create_token(&by, long("two")).await;
    assert_eq!(code(refusal), 1302);
    let user = scene.service.operator().user_called("ada").await.unwrap();
    assert!(user.groups.is_empty());
    scene.verified().await;
}

#[tokio::test]
async fn a_group_has_a_name_of_its_own_and_only_users_of_the_directory() {
    let scene = Scene::new().await;
    let named = |name: &str| json!({"displayName": name});
    scene
        .call("POST /Groups")
        .json(&named("A"))
        .expect(201)
        .await;
    let b = scene
        .call("POST /Groups")
        .json(&named("B"))
        .expect(201)
        .await;
    for body in [named("a"), named(" A ")] {
        let taken = scene.call("POST /Groups").json(&body).send().await;
        assert_eq!(taken.refusal(), refused(409, "uniqueness"));
    }
    let path = format!("/Groups/{}", id(&b));
    let rename = json!([{"op": "replace", "path": "displayName", "value": "A"}]);
    assert_eq!(
        scene.patch(&path, rename).await.refusal(),
        refused(409, "uniqueness")
    );
    // A change that fails changes nothing.
    let ada = scene.provision("1", "ada").await;
    let half = json!([{"op": "add", "path": "members", "value": [
        {"value": id(&ada)}, {"value": "0193f2a0-7b1c-7d2e-8f00-0123456789ab"},
    ]}]);
    assert_eq!(
        scene.patch(&path, half).await.refusal(),
        refused(400, "invalidValue")
    );
    let seen = scene.call(&format!("GET {path}")).expect(200).await;
    assert_eq!(seen["members"], json!([]));
    let empty = scene
        .call("POST /Groups")
        .json(&json!({"displayName": " "}))
        .send()
        .await;
    assert_eq!(empty.refusal(), refused(400, "invalidValue"));
    scene.verified().await;
}
