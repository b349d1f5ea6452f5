//! Rows that somebody wrote behind the program's back: the directory takes rights away all the
//! same, and gives none.

use ats_pat_test_support::world::{ADDRESS, DAY, code};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::scene::{Scene, holds, id};

/// Ways to hide a user from the directory, or to make it another.
const ALTERED: [&str; 6] = [
    "UPDATE users SET is_admin = TRUE",
    "UPDATE users SET kind = 'service'",
    "UPDATE users SET directory = NULL, directory_issuer = NULL, directory_key = NULL",
    "UPDATE users SET directory = '2'",
    "UPDATE users SET disabled = TRUE, disabled_by = 2",
    "DELETE FROM identities",
];

#[tokio::test]
async fn an_altered_user_is_kept_out_for_good() {
    for (alter, deletes) in ALTERED.iter().flat_map(|it| [(it, false), (it, true)]) {
        let scene = Scene::new().await;
        let ada = scene.provision("1", "ada").await;
        let by = scene.sign_in("1", "ada").await.unwrap();
        let token = scene
            .service
            .create_token(&by, scene.world.new_token("ci", DAY))
            .await;
        let secret = token.unwrap().secret;
        scene.database.execute(alter).await;
        let path = format!("/Users/{}", id(&ada));
        let answer = if deletes {
            scene.call(&format!("DELETE {path}")).send().await
        } else {
            let active = json!([{"op": "Replace", "path": "active", "value": "False"}]);
            scene.patch(&path, active).await
        };
        assert!(
            answer.status < 300,
            "{alter}: {} {}",
            answer.status,
            answer.text
        );
        let presented = [secret.expose_secret().as_bytes()];
        let exchanged = scene.service.exchange(&presented, ADDRESS);
        assert_ne!(code(exchanged.await), 1, "{alter}, {deletes}");
        assert!(!holds(&scene.service, &by).await, "{alter}");
        assert!(scene.sign_in("1", "ada").await.is_err() || deletes || *alter == ALTERED[5]);
    }
}

#[tokio::test]
async fn an_altered_user_gets_nothing_by_the_directory() {
    for alter in &ALTERED[..5] {
        let scene = Scene::new().await;
        let ada = scene.provision("1", "ada").await;
        let group = scene
            .call("POST /Groups")
            .json(&json!({"displayName": "g"}))
            .expect(201)
            .await;
        scene.database.execute(alter).await;
        let path = format!("/Users/{}", id(&ada));
        let seen = scene.call(&format!("GET {path}")).send().await;
        assert_eq!(seen.status, 404, "{alter}");
        let active = json!([{"op": "replace", "path": "active", "value": true}]);
        assert!(scene.patch(&path, active).await.status >= 400, "{alter}");
        let join = json!([{"op": "add", "path": "members", "value": [{"value": id(&ada)}]}]);
        let join = scene.patch(&format!("/Groups/{}", id(&group)), join).await;
        assert!(join.status >= 400, "{alter}");
    }
}

#[tokio::test]
async fn an_altered_group_is_not_shown_and_its_members_leave_all_the_same() {
    for alter in [
        "UPDATE directory_groups SET display_name = 'admins'",
        "UPDATE directory_groups SET external_id = 'x'",
    ] {
        let scene = Scene::new().await;
        let ada = scene.provision("1", "ada").await;
        let group = json!({"displayName": "g", "members": [{"value": id(&ada)}]});
        let group = scene.call("POST /Groups").json(&group).expect(201).await;
        let path = format!("/Groups/{}", id(&group));
        scene.database.execute(alter).await;
        assert_eq!(
            scene.call("GET /Groups").expect(200).await["totalResults"],
            0
        );
        assert_eq!(scene.call(&format!("GET {path}")).send().await.status, 404);
        let join = json!([{"op": "add", "path": "members", "value": [{"value": id(&ada)}]}]);
        assert!(scene.patch(&path, join).await.status >= 400);
        let report = scene.service.operator().verify_audit().await.unwrap();
        assert!(
            report
                .findings
                .iter()
                .any(|it| it.contains("directory_groups"))
        );
        let leave =
            json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", id(&ada))}]);
        scene.patch(&path, leave).await;
        let user = scene.service.operator().user_called("ada").await.unwrap();
        assert!(user.groups.is_empty());
        assert_eq!(
            scene.call(&format!("DELETE {path}")).send().await.status,
            204
        );
    }
}
