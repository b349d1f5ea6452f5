//! What callers do while a server is about to end is kept.

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json, text};

#[tokio::test]
async fn uses_while_a_server_is_about_to_end_are_written() {
    let folder = TempDir::new().unwrap();
    let settings = [("ATS_PAT_DRAIN_SECONDS", "3600")];
    let server = Server::start_with(folder.path(), &settings);
    let add = ["user", "add", "ada", "--password-stdin"];
    admin_json(folder.path(), &add, &format!("{PASSWORD}\n"));
    let client = Client::new(&server);
    client.sign_in("ada").await;
    let created = client.create("build", 86_400).await.1;
    let secret = text(&created["Data"]["Secret"]);
    server.signal(Signal::TERM);
    while client.get("/health/ready").await.0 == 200 {}
    assert_eq!(client.exchange(&secret).await.0, 200);
    let log = server.stop();
    assert!(log.contains("serving a little longer"), "{log}");
    let tokens = admin_json(folder.path(), &["token", "list"], "");
    assert!(tokens[0]["LastUsedAt"].is_string(), "{tokens}");
}
