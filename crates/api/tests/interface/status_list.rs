//! The status list over HTTP.

use crate::fixture::Server;

#[tokio::test]
async fn the_list_is_found_and_served_to_everybody_but_not_sent_twice() {
    let server = Server::start().await;
    let addresses = server.call("GET /status-lists").send().await;
    assert_eq!(
        (
            addresses.status,
            addresses.header("content-type"),
            addresses.header("access-control-allow-origin")
        ),
        (200, "application/json", "*")
    );
    let address = addresses.json()["status_lists"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let path = address.strip_prefix("https://pat.example.com").unwrap();
    let list = server.call(&format!("GET {path}")).send().await;
    assert_eq!(
        (
            list.status,
            list.header("content-type"),
            list.header("cache-control"),
            list.header("access-control-allow-origin")
        ),
        (200, "application/statuslist+jwt", "no-cache", "*")
    );
    assert_eq!(list.text.split('.').count(), 3);
    let tag = list.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");

    let again = server
        .call(&format!("GET {path}"))
        .header("if-none-match", &tag);
    let again = again.send().await;
    assert_eq!(
        (again.status, again.text.as_str(), again.header("etag")),
        (304, "", &*tag)
    );
    let head = server.call(&format!("HEAD {path}")).send().await;
    assert_eq!(
        (head.status, head.text.as_str(), head.header("etag")),
        (200, "", &*tag)
    );

    let cookie = server.sign_in("ada").await;
    let made = server.create(&cookie, "ci").await;
    let id = made["Token"]["Id"].as_str().unwrap();
    let revoked = server
        .call(&format!("POST /api/personalaccesstoken/{id}/revoke"))
        .cookie(&cookie);
    assert_eq!(revoked.send().await.status, 200);
    server
        .world
        .clock
        .advance(std::time::Duration::from_millis(200));
    let changed = server
        .call(&format!("GET {path}"))
        .header("if-none-match", &tag);
    assert_eq!(changed.send().await.status, 200);
}

#[tokio::test]
async fn other_lists_and_methods_are_refused() {
    let server = Server::start().await;
    for path in [
        "/status-lists/1",
        "/status-lists/",
        "/status-lists/0/",
        "/status-lists/0/1",
    ] {
        assert_eq!(
            server.call(&format!("GET {path}")).send().await.status,
            404,
            "{path}"
        );
    }
    let post = server.call("POST /status-lists/0").send().await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}
