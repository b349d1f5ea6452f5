//! The audit trail that administrators see, and its export.

use ats_pat_test_support::world::DAY;
use poem::Endpoint;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::fixture::Site;

#[tokio::test]
async fn the_audit_trail_is_filtered_and_exported_whole() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let by = site.world.signed_in("=ada").await;
    for number in 0..60 {
        site.world
            .create(&by, &format!("token {number}"), DAY)
            .await
            .unwrap();
    }
    let page = root.get("/settings/audit?kind=token.created").await;
    assert_eq!(
        page.text
            .matches("<span title=\"token.created\">Token created</span>")
            .count(),
        50
    );
    let (_, rest) = page
        .text
        .split_once("rel=\"next\"")
        .map_or(("", ""), |parts| parts);
    assert!(rest.contains("Older"));
    let (before, _) = page.text.split_once("\" rel=\"next\">Older").unwrap();
    let (_, older) = before.rsplit_once("href=\"").unwrap();
    let older = root.get(&older.replace("&#38;", "&")).await;
    assert_eq!(
        older
            .text
            .matches("<span title=\"token.created\">Token created</span>")
            .count(),
        10
    );
    assert!(older.text.contains(">Latest</a>"));
    let none = root.get("/settings/audit?owner=nobody").await;
    assert!(
        none.text
            .contains("No user name or display name contains “nobody”.")
    );
    assert!(!page.text.contains("Rows"));

    let file = root.get("/settings/audit.csv?owner=%3Dada").await;
    assert_eq!(file.status, 200);
    assert_eq!(file.headers[CONTENT_TYPE], "text/csv; charset=utf-8");
    let disposition = file.headers[CONTENT_DISPOSITION].to_str().unwrap();
    assert!(
        disposition.starts_with("attachment; filename=\"audit-"),
        "{disposition}"
    );
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(
        lines[0],
        "\u{feff}Seq,Id,At,Actor,ActorName,Owner,OwnerName,Kind,Subject,Details"
    );
    assert!(
        lines.iter().skip(1).all(|line| line.contains("'=ada")),
        "{}",
        lines[1]
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("token.created"))
            .count(),
        60
    );
}

#[tokio::test]
async fn administrators_are_shown_the_rows_that_differ_from_the_event_log() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let by = site.world.signed_in("ada").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    let differs = "1 row differs from the event log";
    let before = root.get("/settings/audit").await;
    assert!(!before.text.contains(differs));

    let planted = "UPDATE tokens SET generation = generation + 1";
    site.database.execute(planted).await;
    site.world.service.verify_rows().await.unwrap();

    for page in [
        "/settings/users",
        "/settings/all-tokens",
        "/settings/policy",
        "/settings/audit",
    ] {
        let page = root.get(page).await;
        assert!(page.text.contains(differs), "{}", page.text);
    }
    let audit = root.get("/settings/audit").await;
    let row = format!(
        "<li>row {} of tokens was planted or altered</li>",
        issued.token.id
    );
    assert!(audit.text.contains(&row), "{}", audit.text);
    let own = root.get("/settings/personal-access-tokens").await;
    assert!(
        !own.text.contains(differs),
        "it is no matter of one's own tokens"
    );
}

#[tokio::test]
async fn an_export_longer_than_one_read_has_every_event_once() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let by = site.world.signed_in("ada").await;
    for number in 0..520 {
        let name = format!("token {number}");
        site.world.create(&by, &name, DAY).await.unwrap();
    }
    let file = root.get("/settings/audit.csv").await;
    let mut seqs: Vec<i64> = file
        .text
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap().0.parse().unwrap())
        .collect();
    seqs.reverse();
    assert!(seqs.len() > 520);
    assert_eq!(
        seqs,
        (1..=i64::try_from(seqs.len()).unwrap()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn few_exports_are_sent_at_once() {
    let site = Site::start().await;
    let root = site.administrator("root").await;
    let pages = site.pages();
    let export = || pages.call(root.request_in_process("/settings/audit.csv"));
    // Nobody reads the first two: they stay under way.
    let first = export().await.unwrap();
    let second = export().await.unwrap();
    assert_eq!(
        (first.status().as_u16(), second.status().as_u16()),
        (200, 200)
    );
    let third = export().await.unwrap();
    assert_eq!(third.status(), 429);
    assert!(third.headers().contains_key("retry-after"));
    drop(second);
    assert_eq!(export().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_export_ends_with_the_rights_of_its_reader() {
    let site = Site::start().await;
    let root = site.administrator("root").await;
    let by = site.world.signed_in("ada").await;
    for number in 0..520 {
        let name = format!("token {number}");
        site.world.create(&by, &name, DAY).await.unwrap();
    }
    let pages = site.pages();
    let export = pages.call(root.request_in_process("/settings/audit.csv"));
    let export = export.await.unwrap();
    let operator = site.world.service.operator();
    let disabled = operator.disable_even_the_last("root").await;
    disabled.unwrap();
    assert!(
        export.into_body().into_string().await.is_err(),
        "broken off"
    );
}
