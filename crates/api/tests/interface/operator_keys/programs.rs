//! What programs do with operator keys.

use ats_pat_domain::operator_key::Right;
use serde_json::json;

use super::{operator_key, server};
use crate::fixture::EXCHANGE;

#[tokio::test]
async fn a_program_with_a_key_can_do_the_same_as_an_administrator_in_a_session() {
    let server = server().await;
    server.sign_in_administrator("root").await;
    let rights: Vec<&str> = Right::ALL.map(Right::as_str).to_vec();
    let key = operator_key(&server, &rights, None).await;
    let bearer = format!("Bearer {key}");
    let call = |line: &str| server.call(line).header("Authorization", &bearer);
    let ada = server.world.add_user("ada").await.id.to_string();
    let new = json!({"UserName": "deploy", "Kind": "Service", "ResponsibleId": ada});
    let added = call("POST /api/administration/users")
        .json(&new)
        .send()
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    let account = added.json()["Data"].clone();
    assert_eq!(account["Kind"], "Service");
    let location = added.header("location").to_owned();
    let got = call(&format!("GET {location}")).send().await.json();
    assert_eq!(got["Data"], account);
    let again = call("POST /api/administration/users")
        .json(&new)
        .send()
        .await;
    assert_eq!(
        (again.status, again.code().number(), &*again.parameters()),
        (409, 1311, "deploy")
    );
    let made = call(&format!("POST {location}/personalaccesstoken"));
    let made = made.json(&server.new_token("ci")).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let secret = made.json()["Data"]["Secret"].as_str().unwrap().to_owned();
    let exchange = async || {
        let call = server.call(&format!("GET {EXCHANGE}"));
        call.header("personalAccessToken", &secret)
            .send()
            .await
            .code()
            .number()
    };
    assert_eq!(exchange().await, 1);
    let listed = call("GET /api/administration/personalaccesstoken?Owner=deploy");
    let listed = listed.send().await.json()["Data"].clone();
    assert_eq!(
        (&listed["Total"], &listed["Items"][0]["OwnerName"]),
        (&json!(1), &json!("deploy"))
    );
    let token = listed["Items"][0]["Token"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (act, code) in [("disable", 1205), ("enable", 1)] {
        let answer = call(&format!("POST {location}/{act}")).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(exchange().await, code, "{act}");
    }
    let revoke = format!("POST /api/administration/personalaccesstoken/{token}/revoke");
    assert_eq!(call(&revoke).send().await.status, 200);
    assert_eq!(exchange().await, 1203);
    let all = call(&format!("POST {location}/revokeTokens"))
        .send()
        .await
        .json();
    assert_eq!(all["Data"]["Revoked"], 0);
    let users = call("GET /api/administration/users?Search=DEPL&PageSize=1")
        .send()
        .await;
    assert_eq!(users.json()["Data"]["Items"][0], account);
    for (line, status, code) in [
        ("GET /api/administration/users/x", 404, 1310),
        ("GET /api/administration/personalaccesstoken/x", 404, 1300),
        ("GET /api/administration/users?PageSize=0", 400, 1001),
        ("GET /api/administration/events?Wait=31", 400, 1001),
        (
            "GET /api/administration/personalaccesstoken?Owner=nobody",
            404,
            1310,
        ),
    ] {
        let answer = call(line).send().await;
        assert_eq!(
            (answer.status, answer.code().number()),
            (status, code),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_program_with_a_key_changes_and_erases_users() {
    let server = server().await;
    let key = operator_key(&server, &["administrators"], None).await;
    let bearer = format!("Bearer {key}");
    let call = |line: &str| server.call(line).header("Authorization", &bearer);
    let ada = server.world.add_user("ada").await.id.to_string();
    let account = server.world.add_service_account("deploy", "ada").await.id;
    let location = format!("/api/administration/users/{account}");
    let update =
        json!({"UserName": "release", "Email": "release@example.com", "Groups": ["corp/ci"]});
    let updated = call(&format!("PATCH {location}"))
        .json(&update)
        .send()
        .await;
    let updated = updated.json()["Data"].clone();
    for (name, value) in update.as_object().unwrap() {
        assert_eq!(&updated[name], value, "{updated}");
    }
    let bob = server.world.add_user("bob").await.id.to_string();
    let person = format!("/api/administration/users/{bob}");
    // What only a person has, and what only a service account has.
    for (of, body, wrong) in [
        (
            &location,
            json!({"Password": "plum-velvet-orbit-92"}),
            "Password",
        ),
        (&location, json!({"IsAdmin": true}), "IsAdmin"),
        (
            &location,
            json!({"ResponsibleId": account}),
            "ResponsibleId",
        ),
        (&location, json!({"ResponsibleId": "x"}), "ResponsibleId"),
        (&person, json!({"ResponsibleId": ada}), "ResponsibleId"),
        (&person, json!({"Groups": ["builders"]}), "Groups"),
    ] {
        let refused = call(&format!("PATCH {of}")).json(&body).send().await;
        assert_eq!(
            (
                refused.status,
                refused.code().number(),
                &*refused.parameters()
            ),
            (400, 1001, &*format!("{wrong}, unknown_value")),
            "{body}"
        );
    }
    let taken = call(&format!("PATCH /api/administration/users/{bob}"));
    let taken = taken.json(&json!({"UserName": "ADA"})).send().await;
    assert_eq!((taken.status, taken.code().number()), (409, 1311));
    let wrong = call(&format!("PATCH {location}"));
    let wrong = wrong.json(&json!({"UserName": "", "Email": "x", "ResponsibleId": ada}));
    let wrong = wrong.send().await;
    assert_eq!(
        (wrong.code().number(), &*wrong.parameters()),
        (1001, "UserName, empty, Email, bad_character")
    );
    let erased = call(&format!("POST /api/administration/users/{bob}/erase"));
    let erased = erased.send().await.json()["Data"].clone();
    assert_eq!(
        (&erased["Kind"], &erased["Email"]),
        (&json!("Erased"), &json!(null))
    );
    let gone = call(&format!("POST /api/administration/users/{bob}/enable"));
    assert_eq!(gone.send().await.code().number(), 1310);
}

#[tokio::test]
async fn a_program_with_a_key_revokes_matching_tokens_by_a_job() {
    let server = server().await;
    let key = operator_key(&server, &["tokens"], None).await;
    let bearer = format!("Bearer {key}");
    let call = |line: &str| server.call(line).header("Authorization", &bearer);
    let release = server.sign_in("release").await;
    let issued = server.create(&release, "ci").await;
    let secret = issued["Secret"].as_str().unwrap().to_owned();
    let matching = "POST /api/administration/personalaccesstoken/revokeMatching";
    let filter = json!({"Owner": "release", "CreatedBefore": "2999-01-01T00:00:00Z"});
    let preview = call(matching).json(&json!({"Filter": filter})).send().await;
    let preview = preview.json()["Data"].clone();
    assert_eq!(
        (&preview["Count"], &preview["Sample"][0]["Token"]["Name"]),
        (&json!(1), &json!("ci"))
    );
    for (body, code, parameters) in [
        (json!({"Filter": {}}), 1001, "Filter, empty"),
        (json!({}), 1001, "Filter, required"),
        (
            json!({"Filter": {"UnusedForDays": 0, "ExpiresBefore": "soon"}}),
            1001,
            "Filter.UnusedForDays, out_of_range, Filter.ExpiresBefore, not_a_time",
        ),
        (
            json!({"Filter": {"CreatedBefore": "2999-01-01T00:00:00Z", "Owner": "", "Scope": ""}}),
            1001,
            "Filter.Owner, empty, Filter.Scope, empty",
        ),
        (json!({"Filter": filter, "ConfirmCount": 2}), 1308, "2, 1"),
    ] {
        let answer = call(matching).json(&body).send().await;
        assert_eq!(
            (answer.code().number(), &*answer.parameters()),
            (code, parameters),
            "{body}"
        );
    }
    let begun = json!({"Filter": filter, "ConfirmCount": 1});
    let begun = call(matching).json(&begun).send().await.json()["Data"].clone();
    let job = begun["JobId"].as_str().unwrap().parse().unwrap();
    let service = &server.world.service;
    service.finish_bulk_job(job, |_, _| {}).await.unwrap();
    let job = call(&format!(
        "GET /api/administration/personalaccesstoken/revokeMatching/{job}"
    ));
    let job = job.send().await.json()["Data"].clone();
    assert_eq!((&job["Count"], &job["Done"]), (&json!(1), &json!(1)));
    assert!(job["FinishedAt"].is_string(), "{job}");
    let exchange = server.call(&format!("GET {EXCHANGE}"));
    let exchange = exchange.header("personalAccessToken", &secret).send();
    assert_eq!(exchange.await.code().number(), 1203);
}

#[tokio::test]
async fn a_program_follows_the_audit_trail_and_rotates_keys() {
    let server = server().await;
    server.world.signed_in("ada").await;
    let operator = server.world.service.operator();
    operator.disable_user("ada").await.unwrap();
    let key = operator_key(&server, &["audit", "keys"], None).await;
    let bearer = format!("Bearer {key}");
    let call = |line: &str| server.call(line).header("Authorization", &bearer);
    // The whole audit trail, in pages.
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let line = format!("GET /api/administration/events?After={after}&Limit=3");
        let part = call(&line).send().await.json()["Data"].clone();
        let items = part["Items"].as_array().unwrap().clone();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|event| event["Seq"].as_i64().unwrap()));
        after = part["Next"].as_i64().unwrap();
    }
    assert_eq!(seen, (1..=after).collect::<Vec<_>>());
    let actor = call("GET /api/administration/events?Kind=user.disabled")
        .send()
        .await;
    let actor = actor.json()["Data"]["Items"][0]["Actor"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(actor, "operator");
    // A caller who waits for an event is answered once there is one.
    let line = format!("GET /api/administration/events?After={after}&Wait=30");
    let (waited, ()) = tokio::join!(call(&line).send(), async {
        server.world.add_user("new").await;
    });
    assert_eq!(waited.json()["Data"]["Items"][0]["Kind"], "user.created");
    let keys = call("GET /api/administration/signingkey")
        .send()
        .await
        .json();
    assert_eq!(keys["Data"]["Items"][0]["State"], "Active");
    let rotate = call("POST /api/administration/signingkey/rotate");
    let rotated = rotate
        .json(&json!({"Rotation": "AtOnce"}))
        .send()
        .await
        .json();
    assert_eq!(rotated["Data"]["Items"].as_array().unwrap().len(), 2);
}
