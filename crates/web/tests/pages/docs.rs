//! The page on which the interface is read.

use reqwest::header::CONTENT_SECURITY_POLICY;

use crate::fixture::{Site, document};

#[tokio::test]
async fn anybody_reads_every_operation_and_schema_of_the_document() {
    let site = Site::start().await;
    let page = site.browser().get("/docs").await;
    assert_eq!(page.status, 200);
    let administration = site.browser().get("/docs/administration").await;
    assert_eq!(administration.status, 200);
    assert!(page.text.contains("<a href=\"/docs/administration\">"));
    let users = site.browser().get("/docs/administration/users").await;
    assert_eq!(users.status, 200);
    assert!(
        page.text
            .contains("<a href=\"/docs/administration/users\">")
    );
    assert!(
        administration
            .text
            .contains("<a href=\"/docs/administration/users\">")
    );
    for of_administrators in [&administration, &users] {
        assert!(of_administrators.text.contains("<a href=\"/docs\">"));
    }
    let document = document();
    let (mut operations, mut of_administration) = (0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            operations += 1;
            let id = operation["operationId"].as_str().unwrap();
            let (page, others) = if operation["tags"][0] != "Administration" {
                (&page, [&administration, &users])
            } else if path.starts_with("/api/administration/users") {
                of_administration += 1;
                (&users, [&page, &administration])
            } else {
                of_administration += 1;
                (&administration, [&page, &users])
            };
            for other in others {
                assert!(!other.text.contains(&format!("id=\"{id}\"")), "{id} twice");
            }
            // What every operation answers is told once.
            let (_, everywhere) = page.text.split_once("id=\"answers\"").unwrap();
            let (everywhere, _) = everywhere.split_once("</dl>").unwrap();
            if let Some(other) = operation["x-like"].as_str() {
                let told = format!("{path}</code></th><td><a href=\"#{other}\">");
                assert!(page.text.contains(&told), "{id} is not told of");
                continue;
            }
            let (_, rest) = page
                .text
                .split_once(&format!("<h3 id=\"{id}\">"))
                .unwrap_or_else(|| panic!("{id} is not described"));
            let (part, _) = rest.split_once("</section>").unwrap();
            assert!(part.contains(path.as_str()), "{id}: {part}");
            for status in operation["responses"].as_object().unwrap().keys() {
                let status = format!("<span class=\"status\">{status}</span>");
                let is_told = part.contains(&status) || everywhere.contains(&status);
                assert!(is_told, "{id} lacks {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let field = format!("name=\"{}\"", parameter["name"].as_str().unwrap());
                assert!(part.contains(&field), "{id} lacks {field}");
            }
        }
    }
    assert!(operations > 10, "{operations}");
    assert!(of_administration > 1, "{of_administration}");
    let types = site.browser().get("/docs/types").await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        let is_told = types.text.contains(&format!("id=\"{name}\""));
        let is_elsewhere = name.ends_with("Envelope") || name.ends_with("Request");
        assert!(is_told != is_elsewhere, "{name}");
    }
    for from in [&page, &administration, &users, &types] {
        for (there, beginning) in [(from, "href=\"#"), (&types, "href=\"/docs/types#")] {
            for link in from.text.split(beginning).skip(1) {
                let target = link.split('"').next().unwrap();
                let leads = there.text.contains(&format!("id=\"{target}\""));
                assert!(leads, "#{target} leads nowhere");
            }
        }
    }
}

#[tokio::test]
async fn it_is_a_page_like_the_others() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let page = browser.get("/docs").await;
    assert!(page.text.contains("User options"), "{}", page.text);
    assert!(
        page.text
            .contains("You are signed in as <span id=\"person\">ada</span>"),
        "{}",
        page.text
    );
    let policy = page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for inline in ["<style", "style=\"", "<script>", "onclick"] {
        assert!(!page.text.contains(inline), "{inline}");
    }
    let request = browser.request("POST", "/docs");
    let posted = browser.send(request).await;
    assert_eq!(posted.status, 405);
    assert_eq!(posted.headers["allow"], "GET, HEAD");
}

#[tokio::test]
async fn a_page_asks_for_the_credentials_that_its_operations_need() {
    let site = Site::start().await;
    let mut browser = site.browser();
    for (path, asks) in [
        ("/docs", true),
        ("/docs/administration", false),
        ("/docs/administration/users", false),
    ] {
        let page = browser.get(path).await;
        for field in ["personalAccessToken", "bearer"] {
            let asked = page.text.contains(&format!("<input id=\"{field}\""));
            assert_eq!(asked, asks, "{path}: {field}");
        }
        let sign_in = format!("/signin?next={}", path.replace('/', "%2F"));
        assert!(page.text.contains(&sign_in), "{path}");
    }
}

#[tokio::test]
async fn what_is_sent_at_first_is_what_must_be_there() {
    let site = Site::start().await;
    let page = site.browser().get("/docs").await;
    let start = |operation: &str| {
        let id = format!("id=\"{operation}-body\"");
        let (_, rest) = page.text.split_once(&id).expect(operation);
        let (tag, rest) = rest.split_once('>').unwrap();
        let (body, _) = rest.split_once("</textarea>").unwrap();
        (tag.to_owned(), body.replace("&#34;", "\""))
    };
    let (tag, body) = start("createPersonalAccessToken");
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["ExpiresAt", "Name"]);
    assert!(tag.contains("data-times=\"ExpiresAt\""), "{tag}");
    let (tag, body) = start("regeneratePersonalAccessToken");
    assert_eq!(body, "");
    assert!(!tag.contains("data-times"), "{tag}");
}
