//! The log of the real program: a line for each request, what concerns security, and never a
//! secret.

use serde_json::json;
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json, audit_key, text};

/// The lines of the log about this target.
fn lines_of<'a>(log: &'a str, target: &str) -> Vec<&'a str> {
    let target = format!(" {target}: ");
    log.lines().filter(|line| line.contains(&target)).collect()
}

fn add_user(folder: &TempDir, name: &str) {
    let add = ["user", "add", name, "--admin", "--password-stdin"];
    admin_json(folder.path(), &add, &format!("{PASSWORD}\n"));
}

#[tokio::test]
async fn each_request_has_a_line_without_the_path_but_exchanges_and_probes_only_if_asked() {
    for (filter, frequent) in [
        ("info", 0),
        ("info,access=debug", 2),
        ("info,access=off", 0),
    ] {
        let folder = TempDir::new().unwrap();
        let server = Server::start_with(folder.path(), &[("ATS_PAT_LOG", filter)]);
        add_user(&folder, "ada");
        let client = Client::new(&server);
        client.sign_in("ada").await;
        client.get("/api/personalaccesstoken/my-secret-path").await;
        client.get("/no-such-page?secret=query").await;
        client.get("/health/live").await;
        client.exchange("atspat_0").await;
        let log = server.stop();
        let access = lines_of(&log, "access");
        if filter.ends_with("off") {
            assert_eq!(access.len(), 0, "{log}");
            continue;
        }
        assert_eq!(access.len(), 3 + frequent, "{log}");
        let sign_in = access[0];
        for field in [
            "method=\"POST\"",
            "route=\"/api/session\"",
            "status=200",
            "code=1",
            "micros=",
            "address=127.0.0.1",
            "request_id=\"",
        ] {
            assert!(sign_in.contains(field), "{field}: {sign_in}");
        }
        assert!(access[1].contains("code=1300"), "{log}");
        assert!(access[2].contains("route=\"none\" status=404"), "{log}");
        assert!(
            !log.contains("my-secret-path") && !log.contains("secret=query"),
            "{log}"
        );
        let exchanges = access.iter().filter(|line| line.contains("code=1201"));
        assert_eq!(exchanges.count(), frequent / 2, "{log}");
    }
}

#[tokio::test]
async fn the_security_log_has_sign_ins_changes_and_dead_secrets() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(folder.path(), &[("ATS_PAT_LOG", "off,security=info")]);
    add_user(&folder, "ada");
    let client = Client::new(&server);
    assert_eq!(client.sign_in("nobody").await.0, 401);
    let ada = client.sign_in("ada").await.1;
    let ada = text(&ada["Data"]["Id"]);
    let created = client.create("build", 86_400).await.1;
    let id = text(&created["Data"]["Token"]["Id"]);
    client
        .revoke_as_holder(&text(&created["Data"]["Secret"]))
        .await;
    let disable = format!("/api/administration/users/{ada}/disable");
    client.post(&disable, &json!({"EvenTheLast": true})).await;
    let log = server.stop();
    for (event, rest) in [
        ("session.started", format!("actor=\"user:{ada}\"")),
        ("token.created", format!("subject=\"{id}\"")),
        ("token.revoked", format!("subject=\"{id}\"")),
    ] {
        let event = format!("security: recorded event=\"{event}\"");
        let line = log.lines().find(|line| line.contains(&event));
        assert!(
            line.is_some_and(|line| line.contains(&rest)),
            "{event} {rest}: {log}"
        );
    }
    assert!(log.contains("security: sign-ins failed sum=1"), "{log}");
    assert!(!log.contains(" access: "), "{log}");
}

#[tokio::test]
async fn no_secret_gets_into_the_log_whatever_is_logged() {
    const WRONG: &str = "wrong-canary-password";
    for format in ["text", "json"] {
        let folder = TempDir::new().unwrap();
        let settings = [("ATS_PAT_LOG", "trace"), ("ATS_PAT_LOG_FORMAT", format)];
        let server = Server::start_with(folder.path(), &settings);
        let link = server.setup_link.clone().unwrap();
        let (_, code) = link.split_once('#').unwrap();
        client_with_code(&server, code).await;
        add_user(&folder, "ada");
        let operator_key = audit_key(folder.path());
        let client = Client::new(&server);
        let wrong = json!({"UserName": "ada", "Password": WRONG});
        assert_eq!(client.post("/api/session", &wrong).await.0, 401);
        client.sign_in("ada").await;
        let session = session_of(&server).await;
        let created = client.create("build", 86_400).await.1;
        let id = text(&created["Data"]["Token"]["Id"]);
        let secret = text(&created["Data"]["Secret"]);
        let bearer = text(&client.exchange(&secret).await.1["Data"]);
        client.identity(&bearer).await;
        client.identity(&operator_key).await;
        // People paste secrets into the wrong place.
        client.get(&format!("/{secret}")).await;
        client
            .get(&format!("/api/personalaccesstoken/{secret}"))
            .await;
        client.get(&format!("/settings?token={secret}")).await;
        client.identity(&secret).await;
        let path = format!("/api/personalaccesstoken/{id}/regenerate");
        let again = client.post(&path, &json!({})).await.1;
        let newer = text(&again["Data"]["Secret"]);
        client.exchange(&secret).await;
        client.revoke_as_holder(&newer).await;
        client.exchange(&newer).await;
        let master_key = std::fs::read_to_string(folder.path().join("data/master.key")).unwrap();
        let log = server.stop();
        assert!(
            log.contains("token.revoked") && log.contains("TRACE"),
            "{format}"
        );
        for (name, canary) in [
            ("set-up code", code),
            ("password", PASSWORD),
            ("wrong password", WRONG),
            ("operator key", &operator_key),
            ("session", &session),
            ("secret", &secret),
            ("newer secret", &newer),
            ("authentication token", &bearer),
            ("master key", master_key.lines().next().unwrap()),
        ] {
            assert!(canary.len() > 8, "{name}");
            let line = log.lines().find(|line| line.contains(canary));
            assert!(line.is_none(), "{name} in {format}: {line:?}");
        }
    }
}

/// Shows a set-up code that is used up or wrong for other reasons.
async fn client_with_code(server: &Server, code: &str) {
    let client = Client::new(server);
    let form = json!({"Code": code, "UserName": "", "Password": ""});
    client.post("/setup", &form).await;
}

/// The id of a session of Ada's, which is the cookie of it.
pub async fn session_of(server: &Server) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({"UserName": "ada", "Password": PASSWORD});
    let signed_in = http.post(format!("{}/api/session", server.url)).json(&body);
    let signed_in = signed_in.send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}
