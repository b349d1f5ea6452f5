//! Operator keys, by which programs administer.

use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{EventQuery, NewOperatorKey, PolicySource};
use ats_pat_test_support::world::DAY;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::fixture::{EXCHANGE, Server, TOKENS};

pub async fn server() -> Server {
    Server::with(|settings| settings.policy_source = PolicySource::Database).await
}

/// Every operation of the administration with a right, as the document has it: method, path, right.
const OPERATIONS: [(&str, &str, &str); 22] = [
    ("GET", "users", "users"),
    ("POST", "users", "users"),
    ("GET", "users/{user}", "users"),
    ("PATCH", "users/{user}", "users"),
    ("POST", "users/{user}/erase", "administrators"),
    ("POST", "users/{user}/disable", "users"),
    ("POST", "users/{user}/enable", "users"),
    ("POST", "users/{user}/revokeTokens", "users"),
    ("POST", "users/{user}/personalaccesstoken", "service-tokens"),
    ("GET", "users/{user}/personalaccesstoken", "tokens"),
    (
        "POST",
        "users/{user}/personalaccesstoken/{token}/regenerate",
        "service-tokens",
    ),
    (
        "POST",
        "users/{user}/personalaccesstoken/{token}/revoke",
        "tokens",
    ),
    ("GET", "personalaccesstoken", "tokens"),
    ("GET", "personalaccesstoken/{token}", "tokens"),
    ("POST", "personalaccesstoken/{token}/revoke", "tokens"),
    ("POST", "personalaccesstoken/revokeMatching", "tokens"),
    (
        "GET",
        "personalaccesstoken/revokeMatching/{token}",
        "tokens",
    ),
    ("GET", "events", "audit"),
    ("GET", "policy", "policy"),
    ("PUT", "policy", "policy"),
    ("GET", "signingkey", "keys"),
    ("POST", "signingkey/rotate", "keys"),
];

/// The operations that no operator key may call.
const OF_SESSIONS: [(&str, &str); 3] = [
    ("GET", "operatorkey"),
    ("POST", "operatorkey"),
    ("POST", "operatorkey/{token}/revoke"),
];

/// The secret of an operator key with these rights.
pub async fn operator_key(server: &Server, rights: &[&str], networks: Option<&str>) -> String {
    let new = NewOperatorKey {
        name: Some("Terraform".to_owned()),
        rights: rights.iter().map(ToString::to_string).collect(),
        expires_at: Some(server.world.now().after(DAY).to_string()),
        allowed_networks: networks.map(|network| vec![network.to_owned()]),
    };
    let operator = server.world.service.operator();
    let issued = operator.create_operator_key(new).await.unwrap();
    issued.secret.expose_secret().to_owned()
}

#[tokio::test]
async fn each_operation_requires_its_right_and_changes_nothing_without_it() {
    let server = server().await;
    let root = server.sign_in_administrator("root").await;
    let eve = server.sign_in("eve").await;
    let issued = server.create(&eve, "ci").await;
    let token = issued["Token"]["Id"].as_str().unwrap();
    let user = server.world.add_user("bob").await.id.to_string();
    let pat = issued["Secret"].as_str().unwrap();
    let exchanged = server.world.exchange(&pat.to_owned().into()).await.unwrap();
    let authentication_token = exchanged.token.expose_secret().to_owned();
    let far = operator_key(&server, &["users"], Some("192.0.2.0/24")).await;
    let path = |path: &str| {
        let path = path.replace("{user}", &user).replace("{token}", token);
        format!("/api/administration/{path}")
    };
    let rights: Vec<&str> = Right::ALL.map(Right::as_str).to_vec();
    let before = server.world.store.events().head().await.unwrap().seq;
    for (method, of, right) in OPERATIONS {
        // So that the wrong ones are never too many guesses.
        server.world.clock.advance(Duration::from_secs(5));
        let line = format!("{method} {}", path(of));
        let call = || server.call(&line);
        assert_eq!(call().code().await.1, Code::SignInRequired, "{line}");
        assert_eq!(
            call().cookie(&eve).code().await.1,
            Code::Forbidden,
            "{line}"
        );
        for wrong in [
            "Bearer atsop_x".to_owned(),
            "Basic cm9vdDp4".to_owned(),
            format!("Bearer {pat}"),
            format!("Bearer {authentication_token}"),
            format!("Bearer {far}"),
        ] {
            // The session of an administrator beside it doesn't count.
            let call = call().cookie(&root).header("Authorization", &wrong);
            let answer = call.send().await;
            assert_eq!(
                (answer.status, answer.code().number()),
                (401, 1209),
                "{line}"
            );
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{line}");
        }
        for other in &rights {
            let grants = *other == right || (right == "users" && *other == "administrators");
            if grants {
                continue;
            }
            let key = operator_key(&server, &[other], None).await;
            let call = call().header("Authorization", &format!("Bearer {key}"));
            assert_eq!(call.code().await.1, Code::Forbidden, "{line} by {other}");
        }
    }
    for (method, of) in OF_SESSIONS {
        let line = format!("{method} {}", path(of));
        let key = operator_key(&server, &rights, None).await;
        let call = server.call(&line).cookie(&root);
        let call = call.header("Authorization", &format!("Bearer {key}"));
        assert_eq!(call.code().await.1, Code::Forbidden, "{line}");
        let call = server.call(&line).cookie(&eve);
        assert_eq!(call.code().await.1, Code::Forbidden, "{line}");
    }
    let operator = server.world.service.operator();
    let all = EventQuery {
        limit: 1000,
        ..EventQuery::default()
    };
    let (happened, _) = operator.events_after(before, &all).await.unwrap();
    assert!(
        happened.len() > 90,
        "every right was tried at every operation"
    );
    assert!(
        happened
            .iter()
            .all(|event| event.kind == "operator_key.created")
    );
}

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

#[tokio::test]
async fn an_administrator_creates_a_key_that_works_until_it_is_revoked() {
    let server = server().await;
    let cookie = server.sign_in_administrator("root").await;
    let expires_at = server.world.now().after(DAY).to_string();
    let new = json!({"Name": "SIEM", "Rights": ["audit"], "ExpiresAt": expires_at});
    let call = server
        .call("POST /api/administration/operatorkey")
        .cookie(&cookie);
    let made = call.json(&new).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json()["Data"].clone();
    let bearer = format!("Bearer {}", made["Secret"].as_str().unwrap());
    let events = async || {
        let call = server.call("GET /api/administration/events");
        call.header("Authorization", &bearer)
            .send()
            .await
            .code()
            .number()
    };
    assert_eq!(events().await, 1);
    // It is not valid elsewhere.
    let own = server
        .call(&format!("GET {TOKENS}"))
        .header("Authorization", &bearer);
    assert_eq!(own.send().await.code().number(), 1100);
    let identity = server
        .call("GET /api/identity")
        .header("Authorization", &bearer);
    assert_eq!(identity.send().await.code().number(), 1206);
    let list = server
        .call("GET /api/administration/operatorkey")
        .cookie(&cookie);
    let listed = list.send().await.json()["Data"]["Items"][0].clone();
    assert_eq!(
        (&listed["Id"], &listed["MadeBy"]),
        (&made["Key"]["Id"], &json!("root"))
    );
    assert!(listed["LastUsedAt"].is_string(), "{listed}");
    let revoke = format!(
        "POST /api/administration/operatorkey/{}/revoke",
        listed["Id"].as_str().unwrap()
    );
    assert_eq!(
        server.call(&revoke).cookie(&cookie).send().await.status,
        200
    );
    assert_eq!(events().await, 1209);
}

#[tokio::test]
async fn every_wrong_operator_key_counts_as_a_guess() {
    let server = server().await;
    let users = || server.call("GET /api/administration/users");
    let shown = ["Basic cm9vdDp4", "Bearer", "Bearer atsop_x"];
    for wrong in shown.into_iter().cycle().take(100) {
        let answer = users().header("Authorization", wrong).code().await;
        assert_eq!(answer, (401, Code::OperatorKeyInvalid), "{wrong}");
    }
    let slowed = users().header("Authorization", "Basic cm9vdDp4");
    assert_eq!(slowed.code().await, (429, Code::TooManyRequests));
}
