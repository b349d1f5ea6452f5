//! Settings that count without a restart.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json, program};

fn write(folder: &Path, settings: &str) {
    std::fs::write(folder.join("ats.toml"), settings).unwrap();
}

async fn max_lifetime(client: &Client) -> i64 {
    let policy = client.get("/api/personalaccesstoken/policy").await.1;
    policy["Data"]["MaxLifetimeDays"].as_i64().unwrap()
}

/// Waits until the server has logged `text`, but not in the first `after` bytes.
async fn logged(server: &Server, after: usize, text: &str) -> usize {
    loop {
        let log = server.log();
        if let Some(place) = log[after..].find(text) {
            return after + place;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn sighup_puts_another_policy_and_log_filter_into_force() {
    let folder = TempDir::new().unwrap();
    write(
        folder.path(),
        "connections = 100\n[policy]\nmax-lifetime-days = 90",
    );
    let mut command = Command::new(program());
    command.args(["--config", "ats.toml"]);
    let server = Server::start_by(command, folder.path(), &[]);
    let add = ["user", "add", "ada", "--password-stdin"];
    admin_json(folder.path(), &add, &format!("{PASSWORD}\n"));
    let client = Client::new(&server);
    client.sign_in("ada").await;
    assert_eq!(max_lifetime(&client).await, 90);
    assert_eq!(client.create("too long", 60 * 86_400).await.0, 201);

    let other = "log = 'info,access=debug'\nconnections = 200\n[policy]\nmax-lifetime-days = 30";
    write(folder.path(), other);
    server.signal(Signal::HUP);
    let told = logged(&server, 0, "these changes count from now on").await;
    assert_eq!(max_lifetime(&client).await, 30);
    assert_eq!(client.create("too long now", 60 * 86_400).await.0, 400);
    let log = server.log();
    assert!(
        log.contains("settings=\"policy.max-lifetime-days, log\""),
        "{log}"
    );
    assert!(
        log.contains("settings=\"connections\" SIGHUP")
            || log.contains("SIGHUP: these settings differ"),
        "{log}"
    );
    client.get("/health/live").await;
    logged(&server, told, "route=\"/health/live\"").await;

    write(folder.path(), "[policy]\nmax-lifetime-days = 'long'");
    server.signal(Signal::HUP);
    logged(&server, told, "those of before stay in force").await;
    assert_eq!(max_lifetime(&client).await, 30);
    server.stop();
}
