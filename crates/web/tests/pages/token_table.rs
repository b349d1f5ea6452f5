//! The table of one's tokens: badges, views and sizes.

use std::time::Duration;

use ats_pat_test_support::statements::counted;
use ats_pat_test_support::world::DAY;
use poem::Endpoint;

use crate::fixture::{Page, Site, TOKENS};

#[tokio::test]
async fn badges_tell_what_is_near_its_end() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    let day = |days: u32| DAY * days;
    for (name, lifetime) in [
        ("long", day(15)),
        ("soon", day(14) + Duration::from_hours(23)),
        ("five", day(5)),
        ("last", Duration::from_hours(3)),
    ] {
        site.world.create(&by, name, lifetime).await.unwrap();
    }
    let badge = |page: &Page, name: &str| {
        let (_, row) = page.text.split_once(&format!(">{name}</a>")).unwrap();
        let (_, badge) = row.split_once("<span class=\"badge ").unwrap();
        let (badge, _) = badge.split_once("</span>").unwrap();
        badge.split_once("\">").unwrap().1.to_owned()
    };
    let page = browser.get(TOKENS).await;
    assert_eq!(badge(&page, "long"), "Active");
    assert_eq!(badge(&page, "soon"), "Expires in 15 days");
    assert_eq!(badge(&page, "five"), "Expires in 5 days");
    assert_eq!(badge(&page, "last"), "Expires in 3 hours");
    site.world.clock.advance(Duration::from_mins(25));
    browser.get("/").await;
    site.world.clock.advance(Duration::from_mins(25));
    site.world.clock.advance(Duration::from_hours(3));
    let mut browser = site.browser().signed_in("ada").await;
    assert_eq!(badge(&browser.get(TOKENS).await, "last"), "Expired");
}

#[tokio::test]
async fn the_view_stands_in_the_address() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    for number in 1..=60 {
        let name = format!("token {number:02}");
        site.world.create(&by, &name, DAY * 20).await.unwrap();
        site.world.clock.advance(Duration::from_millis(1));
    }
    let names = |page: &Page| -> Vec<String> {
        page.text
            .split("<a class=\"title\"")
            .skip(1)
            .map(|rest| rest.split_once('>').unwrap().1)
            .map(|rest| rest.split_once('<').unwrap().0.to_owned())
            .collect()
    };
    let first = browser.get(TOKENS).await;
    assert_eq!(names(&first).len(), 15);
    assert_eq!(names(&first)[0], "token 60");
    assert!(first.text.contains("1–15 of 60"));
    assert!(
        first
            .text
            .contains(&format!("href=\"{TOKENS}?page=2\" rel=\"next\""))
    );
    let third = browser.get(&format!("{TOKENS}?sort=Name&page=3")).await;
    assert_eq!(names(&third).first().unwrap(), "token 31");
    assert!(third.text.contains("aria-sort=\"ascending\""));
    assert!(third.text.contains("31–45 of 60"));
    let found = browser.get(&format!("{TOKENS}?search=N+07")).await;
    assert_eq!(names(&found), ["token 07"]);
    assert_eq!(found.value("search"), "N 07");
    let none = browser.get(&format!("{TOKENS}?status=Revoked")).await;
    assert!(none.text.contains("Nothing found"));
    assert!(none.text.contains("<option value=\"Revoked\" selected"));
    let past = browser.get(&format!("{TOKENS}?sort=Name&page=99")).await;
    assert_eq!(
        (past.status, past.leads_to()),
        (303, format!("{TOKENS}?sort=Name&page=4").as_str())
    );
}

/// 10,000 more rows for one owner, older than those that are there.
const MORE_ROWS: &str = "
    WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 10000)
    INSERT INTO tokens (id, owner_id, name, name_folded, name_key, description, description_folded, scopes,
        allowed_networks, generation, created_at, expires_at, regenerated_at, revoked_at, key_id, tag)
    SELECT randomblob(16), owner_id, name, name_folded, name_key, description, description_folded, scopes,
        allowed_networks, generation, created_at - number, expires_at, regenerated_at, revoked_at, key_id, tag
    FROM (SELECT * FROM tokens ORDER BY created_at LIMIT 1), numbers";

#[tokio::test]
async fn the_first_view_of_ten_thousand_tokens_is_one_statement_and_one_page() {
    let site = Site::start().await;
    let browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    for number in 0..30 {
        let name = format!("token {number}");
        site.world.create(&by, &name, DAY).await.unwrap();
        site.world.clock.advance(Duration::from_millis(1));
    }
    site.database.execute(MORE_ROWS).await;
    let pages = site.pages();
    let request = browser.request_in_process(TOKENS);
    let (answer, statements) = counted(Box::pin(pages.call(request))).await;
    let text = answer.unwrap().into_body().into_string().await.unwrap();
    assert_eq!(
        statements, 3,
        "one for the session, one for the navigation, one for the tokens"
    );
    assert!(text.contains("1–15 of 10,030"), "{text}");
    assert_eq!(text.matches("<a class=\"title\"").count(), 15);
}

#[tokio::test]
async fn a_page_full_of_the_longest_is_under_100_kb_with_all_its_files() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    for number in 10..40 {
        let new = ats_pat_service::NewToken {
            name: Some(format!("{}{number}", "𒀀".repeat(98))),
            expires_at: Some(site.world.now().after(DAY * 5).to_string()),
            description: Some("𒀀".repeat(500)),
            scopes: Some(vec!["orders:read".to_owned(), "orders:write".to_owned()]),
            allowed_networks: Some(
                (0..50)
                    .map(|part| format!("2001:db8:{part}::/48"))
                    .collect(),
            ),
            ..ats_pat_service::NewToken::default()
        };
        site.world.service.create_token(&by, new).await.unwrap();
    }
    let page = browser.get(TOKENS).await;
    let mut bytes = page.text.len();
    for part in page.text.split("\"/assets/").skip(1) {
        let (name, _) = part.split_once('"').unwrap();
        bytes += browser.get(&format!("/assets/{name}")).await.text.len();
    }
    assert!(bytes < 100_000, "{bytes}");
}
