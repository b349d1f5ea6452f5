//! Identity providers are checked before anybody signs in there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use ats_pat_test_support::provider::jwt::rsa;
use ats_pat_test_support::provider::{DISCOVERY, Hostile, KEYS, Reply, TOKEN, USER_INFO};
use serde_json::{Value, json};

use crate::program::{Admin, Run};

fn admin(corp: &Hostile, more: &str) -> Admin {
    let admin = Admin::in_an_empty_folder();
    let settings = format!(
        "public-url = 'https://pat.example.com'\n[oidc.corp]\nissuer = '{}'\nclient-id = 'ats'\n{more}\n",
        corp.issuer
    );
    std::fs::write(admin.path("ats.toml"), settings).unwrap();
    admin
}

const CHECK: [&str; 5] = ["--config", "ats.toml", "identity", "check", "corp"];

fn now() -> i64 {
    SystemClock.now().as_seconds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fits_is_told_with_what_to_register_there() {
    let corp = Hostile::start().await;
    let admin = admin(&corp, "groups-claim = 'realm_access.roles'");
    let report = admin.json(&CHECK);
    assert_eq!(report["Issuer"], json!(corp.issuer));
    assert_eq!(
        report["RedirectAddress"],
        "https://pat.example.com/signin/corp/callback"
    );
    assert_eq!(
        report["BackChannelLogoutAddress"],
        "https://pat.example.com/signin/corp/back-channel-logout"
    );
    assert_eq!(report["Keys"], 1);
    assert_eq!(report["Algorithms"], json!(["RS256"]));
    assert_eq!(report["GroupsClaim"], "realm_access.roles");
    assert_eq!(report["Faults"], json!([]));
    // The database is not needed, and none is made.
    assert_eq!(admin.left_on_disk(), ["ats.toml"]);
    let table = admin.run(&CHECK);
    assert_eq!(table.code, 0, "{}", table.errors);
    assert!(
        table.output.contains("realm_access.roles"),
        "{}",
        table.output
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_says_what_to_do() {
    let corp = Hostile::start().await;
    let of = |admin: &Admin| {
        let Run { code, errors, .. } = admin.run(&CHECK);
        assert_eq!(code, 1, "{errors}");
        errors
    };
    let es = admin(&corp, "signing-algorithms = ['ES256']");
    assert!(of(&es).contains("`signing-algorithms`"));
    let plain = admin(&corp, "");
    corp.publish(&[]);
    assert!(of(&plain).contains("publishes no key"));
    corp.reply(KEYS, Reply::Silence);
    corp.discovery(|document| document["issuer"] = json!("https://other.example"));
    let errors = of(&plain);
    assert!(
        errors.contains("https://other.example") && errors.contains("`issuer`"),
        "{errors}"
    );
    corp.reply(DISCOVERY, Reply::Redirect);
    assert!(of(&plain).contains("status"));
    let errors = plain.refusal(1, &["--config", "ats.toml", "identity", "check", "partner"]);
    assert!(
        errors.contains("[oidc.partner]") && errors.contains("`corp`"),
        "{errors}"
    );
    let elsewhere = [
        "--url",
        "https://pat.example.com",
        "identity",
        "check",
        "corp",
    ];
    assert!(plain.refusal(2, &elsewhere).contains("without `--url`"));
}

/// Signs in as a browser does, and pastes the address that it came back to, edited.
fn sign_in(corp: &Hostile, admin: &Admin, claims: &Value, edit: impl Fn(String) -> String) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ats-pat-admin"))
        .args(CHECK)
        .args(["--sign-in", "--output", "json"])
        .env_clear()
        .current_dir(admin.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let (mut told, mut line) = (String::new(), String::new());
    while !line.contains("/authorize?") {
        line.clear();
        assert_ne!(errors.read_line(&mut line).unwrap(), 0, "{told}");
        told.push_str(&line);
    }
    let url: url::Url = line.trim().parse().unwrap();
    let part = |name: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        found.unwrap().1.into_owned()
    };
    assert_eq!(
        part("redirect_uri"),
        "https://pat.example.com/signin/corp/callback"
    );
    let mut all = json!({
        "iss": corp.issuer, "sub": "1", "aud": "ats", "nonce": part("nonce"), "iat": now(),
        "exp": now() + 300,
    });
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    let token = rsa().token(&json!({"alg": "RS256", "kid": "rsa"}), &all);
    let answer = json!({"access_token": "a", "token_type": "Bearer", "id_token": token});
    corp.json(TOKEN, answer);
    corp.json(USER_INFO, json!({"sub": "1"}));
    let callback = format!("{}?code=c&state={}", part("redirect_uri"), part("state"));
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(format!("{}\n", edit(callback)).as_bytes())
        .unwrap();
    drop(input);
    errors.read_to_string(&mut told).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: told,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_prints_the_claims_as_they_would_be_used() {
    let corp = Hostile::start().await;
    let admin = admin(
        &corp,
        "allowed-groups = ['staff']\nadministrator-groups = ['admins']",
    );
    let claims = json!({
        "preferred_username": "ada", "email": "ada@example.com", "groups": ["staff", "admins"],
        "sid": "s1",
    });
    let run = sign_in(&corp, &admin, &claims, |address| address);
    assert_eq!(run.code, 0, "{}", run.errors);
    let told: Value = serde_json::from_str(&run.output).unwrap();
    assert_eq!(
        told,
        json!({
            "Issuer": corp.issuer, "Subject": "1", "UserName": "ada", "DisplayName": null,
            "Email": "ada@example.com", "Groups": ["staff", "admins"], "MaySignIn": true,
            "Administers": true, "AuthenticatedAt": null, "HasSessionId": true,
        })
    );
    let guest = sign_in(&corp, &admin, &json!({"groups": ["guests"]}), |it| it);
    let told: Value = serde_json::from_str(&guest.output).unwrap();
    assert_eq!(
        (&told["MaySignIn"], &told["Administers"]),
        (&json!(false), &json!(false))
    );
    // Groups that were not told are never no groups.
    let untold = sign_in(&corp, &admin, &json!({}), |it| it);
    let told: Value = serde_json::from_str(&untold.output).unwrap();
    assert_eq!(
        (&told["MaySignIn"], &told["Groups"]),
        (&json!(false), &json!(null))
    );
    // Nothing was made here.
    assert_eq!(admin.left_on_disk(), ["ats.toml"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_answer_to_this_sign_in_is_taken() {
    let corp = Hostile::start().await;
    let admin = admin(&corp, "");
    let claims = json!({});
    let refused = |edit: fn(String) -> String, advice: &str| {
        let run = sign_in(&corp, &admin, &claims, edit);
        assert_eq!((run.code, run.output.as_str()), (1, ""), "{}", run.errors);
        assert!(run.errors.contains(advice), "{}", run.errors);
    };
    refused(|_| "https://pat.example.com/".to_owned(), "address bar");
    refused(|it| format!("{it}&code=d"), "address bar");
    refused(|it| it.replace("state=", "state=x"), "not believed");
    refused(
        |it| it.replace("code=c", "error=access_denied"),
        "the person may use this application",
    );
}
