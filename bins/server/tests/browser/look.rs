//! Every page and dialog: accessible, light and dark, on a phone; light in weight; nothing from
//! elsewhere.

use std::time::Duration;

use ats_pat_domain::scope::Scope;
use ats_pat_service::NewToken;
use ats_pat_test_support::browser::{Browser, BrowserOptions};
use ats_pat_test_support::world::DAY;

use crate::person::{TOKENS, add, sign_in};
use crate::site::Site;

/// The most that a page may weigh with all its files, uncompressed, in bytes.
const WEIGHT: u64 = 100_000;

/// A site with an administrator who has more than a page of tokens of every status.
async fn site() -> Site {
    let site = Site::start(|settings| {
        settings.policy.base.scopes = vec![
            Scope::new("orders:read", "Read orders").expect("a scope"),
            Scope::new("orders:write", "Place and change orders").expect("a scope"),
        ];
    })
    .await;
    site.add_people().await;
    let by = site.world.sign_in("root").await;
    let expired = site
        .world
        .create(&by, "expired", DAY)
        .await
        .expect("a token");
    site.world
        .exchange(&expired.secret)
        .await
        .expect("it works");
    site.world.service.flush().await;
    site.world.clock.advance(DAY * 2);
    let by = site.world.sign_in("root").await;
    let revoked = site
        .world
        .create(&by, "revoked", DAY)
        .await
        .expect("a token");
    let revoked = revoked.token.id.to_string();
    site.world
        .service
        .revoke_token(&by, &revoked)
        .await
        .expect("it is revoked");
    for number in 0_u32..30 {
        site.world.clock.advance(Duration::from_secs(1));
        let new = NewToken {
            name: Some(format!("the nightly build of line {number}")),
            expires_at: Some(site.world.now().after(DAY * (number + 1)).to_string()),
            description: Some(
                "What this token is for, said in a sentence that is neither long nor short. "
                    .repeat(2),
            ),
            scopes: Some(vec!["orders:read".to_owned(), "orders:write".to_owned()]),
            allowed_networks: Some(vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()]),
            ..NewToken::default()
        };
        site.world
            .service
            .create_token(&by, new)
            .await
            .expect("a token");
    }
    site
}

/// Looks at what is shown in light and dark, wide and narrow.
pub async fn assert_well(browser: &Browser, what: &str) {
    assert_well_at(browser, what, &[1280, 320]).await;
}

async fn assert_well_at(browser: &Browser, what: &str, widths: &[u32]) {
    for (dark, &width) in [false, true]
        .into_iter()
        .flat_map(|dark| widths.iter().map(move |width| (dark, width)))
    {
        browser.set_dark(dark).await;
        browser.set_size(width, 800).await;
        assert_eq!(
            browser.axe().await,
            [""; 0],
            "{what}, dark: {dark}, width: {width}"
        );
        assert!(
            browser.fits().await,
            "{what}: sideways scrolling at {width}"
        );
        assert_eq!(
            browser.layout_faults().await,
            [""; 0],
            "{what}, width: {width}"
        );
    }
    browser.set_dark(false).await;
    // Where tables have the least room before they become cards, and less.
    for width in [1024, 800, 360] {
        browser.set_size(width, 800).await;
        let faults = browser.layout_faults().await;
        assert_eq!(faults, [""; 0], "{what}, width: {width}");
    }
    browser.set_size(1280, 800).await;
}

async fn signed_in(site: &Site) -> Browser {
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(TOKENS)).await;
    sign_in(&browser, "root").await;
    browser.wait_for_path(TOKENS).await;
    browser
}

#[tokio::test]
async fn every_page_is_accessible_and_light_and_asks_nobody_else() {
    let site = site().await;
    let account = site.world.add_service_account("deploy", "root").await.id;
    let of_account = format!("/settings/service-accounts/{account}/tokens");
    let new_of_account = format!("{of_account}/new");
    let browser = signed_in(&site).await;
    for path in [
        "/",
        TOKENS,
        "/settings/service-accounts",
        &of_account,
        &new_of_account,
        "/settings/personal-access-tokens?status=Revoked&search=nothing",
        "/settings/personal-access-tokens?page=2",
        "/settings/password",
        "/settings/sessions",
        "/settings/users",
        "/settings/users/password?user=ada",
        "/settings/users/new-service-account",
        "/settings/users/responsible?user=deploy",
        "/settings/all-tokens",
        "/settings/all-tokens?expires_before=2099-01-01",
        "/settings/all-tokens/revoke-found?owner=ada",
        "/settings/operator-keys",
        "/settings/operator-keys/new",
        "/settings/policy",
        "/settings/audit",
        "/docs",
        "/docs/administration",
        "/docs/administration/users",
        "/docs/types",
        "/nowhere",
    ] {
        browser.goto(&site.url(path)).await;
        assert_well(&browser, path).await;
        let weight = browser.transferred().await;
        assert!(weight < WEIGHT, "{path} weighs {weight} bytes");
        for request in browser.requests().await {
            // The browser's own sign in a date field is a data URL, which asks nobody.
            let asks_nobody = request.starts_with("data:");
            let is_own = request.starts_with(&site.url("/"));
            assert!(is_own || asks_nobody, "{path} asks {request}");
        }
        let complaints = browser.console().await;
        let unexpected = complaints.iter().filter(|line| !line.contains("404"));
        assert_eq!(unexpected.count(), 0, "{path}: {complaints:?}");
    }
}

#[tokio::test]
async fn every_menu_and_dialog_of_the_tokens_is_accessible() {
    let site = site().await;
    let browser = signed_in(&site).await;
    browser
        .button("User options Ada Lovelace")
        .await
        .click()
        .await;
    // A menu covers a part of what is below: on a phone that may be a half of a link, as long as it
    // is open.
    assert_well_at(&browser, "user options", &[1280]).await;
    browser.goto(&site.url(TOKENS)).await;
    let line = "the nightly build of line 29";
    browser
        .button(format!("Actions for {line}").as_str())
        .await
        .click()
        .await;
    assert_well_at(&browser, "row menu", &[1280]).await;
    for entry in ["Regenerate", "Revoke"] {
        browser.goto(&site.url(TOKENS)).await;
        crate::person::choose(&browser, line, entry).await;
        assert_well(&browser, entry).await;
    }
    browser.goto(&site.url(TOKENS)).await;
    browser.link(line).await.click().await;
    browser.heading(line).await;
    browser.link("Edit").await.click().await;
    browser.heading(format!("Edit {line}").as_str()).await;
    assert_well(&browser, "edit").await;
    browser
        .link(format!("Back to {line}").as_str())
        .await
        .click()
        .await;
    browser.heading(line).await;
    let open = "for (const part of document.querySelectorAll('.acts details')) { part.removeAttribute('name'); part.open = true; }";
    browser.script(open, vec![]).await;
    assert_well(&browser, "details").await;
    let filled_in = "/new?name=x&expires=2026-12-31&scopes=orders:read,burn&networks=home";
    browser
        .goto(&site.url(&format!("{TOKENS}{filled_in}")))
        .await;
    assert_well(&browser, "filled-in form").await;
    browser.button("Save").await.click().await;
    browser.wait_for_text("Write addresses or networks").await;
    assert_well(&browser, "form with a mistake").await;
    browser.goto(&site.url(TOKENS)).await;
    add(&browser, "fresh").await;
    assert_well(&browser, "new token").await;
    browser.button("Done").await.click().await;
    browser.alert_dialog("Have you kept the token?").await;
    assert_well(&browser, "question before closing").await;
    browser.link("I have kept it").await.click().await;
}

#[tokio::test]
async fn every_dialog_of_the_other_pages_is_accessible() {
    let site = site().await;
    let browser = signed_in(&site).await;
    browser.goto(&site.url("/settings/users")).await;
    browser.button("Add").await.click().await;
    browser.dialog("New user").await;
    assert_well(&browser, "new user").await;
    let again = "/settings/users?add=yes&user_name=ada";
    browser.goto(&site.url(again)).await;
    browser.dialog("New user").await;
    assert_well(&browser, "new user, open from the start").await;
    browser.goto(&site.url("/settings/users")).await;
    browser.button("Actions for ada").await.click().await;
    browser.button("Disable").await.click().await;
    browser.button("Cancel").await;
    assert_well(&browser, "disable").await;
    browser.goto(&site.url("/settings/all-tokens")).await;
    browser
        .button("Revoke the nightly build of line 29 of root")
        .await
        .click()
        .await;
    assert_well(&browser, "revoke anybody's").await;
    browser.goto(&site.url("/settings/sessions")).await;
    browser
        .button("Sign out everywhere else")
        .await
        .click()
        .await;
    browser.alert_dialog("Sign out everywhere else?").await;
    assert_well(&browser, "sign out elsewhere").await;
}

#[tokio::test]
async fn a_fault_of_the_layout_is_found() {
    let site = site().await;
    let browser = signed_in(&site).await;
    browser.set_size(320, 800).await;
    for (planted, found) in [
        (
            "document.querySelector('.list').style.marginTop = '-3rem'",
            "overlap",
        ),
        (
            "document.querySelector('.filter').style.cssText = 'height: 2rem; overflow: auto'",
            "scrolls by itself",
        ),
        (
            "document.querySelector('h1').style.cssText = 'white-space: nowrap; width: 3rem'",
            "too wide",
        ),
        (
            "document.querySelector('td .badge').style.cssText = 'white-space: normal; display: block; width: 1.5rem; overflow-wrap: anywhere'",
            "is broken",
        ),
        (
            "const blade = document.querySelector('#new-token'); blade.showModal(); blade.style.height = '20rem'",
            "the window has",
        ),
        (
            "const blade = document.querySelector('#new-token'); blade.showModal(); blade.append(document.createElement('form'))",
            "empty",
        ),
    ] {
        browser.reload().await;
        browser.script(planted, vec![]).await;
        let faults = browser.layout_faults().await.join("\n");
        assert!(faults.contains(found), "{planted}: {faults}");
    }
}

/// How many rows are to be seen whole, how high the navigation is, and how a row is laid out.
const SEEN: &str = "
const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.getBoundingClientRect());
const seen = rows.filter((row) => row.top >= 0 && row.bottom <= innerHeight).length;
return [seen, document.querySelector('nav.side').offsetHeight, getComputedStyle(document.querySelector('tbody tr')).display];
";

#[tokio::test]
async fn small_windows_show_several_tokens_and_one_line_of_navigation() {
    let site = site().await;
    let browser = signed_in(&site).await;
    for (width, height, rows, is_table) in [
        (1024, 768, 8, true),
        (800, 600, 5, true),
        (360, 640, 3, false),
    ] {
        browser.set_size(width, height).await;
        browser.goto(&site.url(TOKENS)).await;
        let seen = browser.script(SEEN, vec![]).await;
        assert!(seen[0].as_u64() >= Some(rows), "{width}: {seen}");
        assert!(seen[1].as_u64() < Some(50), "{width}: {seen}");
        assert_eq!(seen[2] == "table-row", is_table, "{width}: {seen}");
        browser.goto(&site.url("/docs")).await;
        let side = "return document.querySelector('nav.side').offsetHeight";
        let side = browser.script(side, vec![]).await;
        assert!(side.as_u64() < Some(50), "{width}: {side}");
    }
    // The part of it where the person is can be seen.
    browser.goto(&site.url("/settings/audit")).await;
    let current =
        "const box = document.querySelector('.side [aria-current]').getBoundingClientRect();
        return box.left >= 0 && box.right <= innerWidth";
    assert_eq!(browser.script(current, vec![]).await, true);
}

/// How much of the blade's middle can't be seen without scrolling in it, and whether the blade
/// itself scrolls.
const MIDDLE: &str = "
const blade = document.querySelector('dialog[open]');
const body = blade.querySelector('.blade-body');
return [body.scrollHeight - body.clientHeight, blade.scrollHeight > blade.clientHeight];
";

#[tokio::test]
async fn at_400_percent_the_whole_blade_scrolls() {
    let site = site().await;
    let browser = signed_in(&site).await;
    browser.set_size(320, 256).await;
    browser.goto(&site.url(&format!("{TOKENS}/new"))).await;
    let blade = browser.dialog("New token").await;
    let middle = browser.script(MIDDLE, vec![]).await;
    assert_eq!(middle, serde_json::json!([0, true]));
    blade.field("Token name").await.type_text("fresh").await;
    blade.button("Save").await.click().await;
    browser.field("Personal access token").await;
    let middle = browser.script(MIDDLE, vec![]).await;
    assert_eq!(middle, serde_json::json!([0, true]));
}

#[tokio::test]
async fn pages_without_a_person_are_accessible() {
    let site = site().await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url("/signin")).await;
    assert_well(&browser, "sign in").await;
    browser.field("User name").await.type_text("root").await;
    browser
        .field("Password")
        .await
        .type_text("wrong-horse-1")
        .await;
    browser.button("Sign in").await.click().await;
    browser.alert().await;
    assert_well(&browser, "wrong sign-in").await;
}

/// How the page came: `navigate` or `reload`.
const CAME_BY: &str = "return performance.getEntriesByType('navigation')[0].type";

#[tokio::test]
async fn all_times_of_a_page_are_in_the_readers_zone() {
    let site = site().await;
    let browser = signed_in(&site).await;
    browser.set_time_zone("America/New_York").await;
    // Its cookie still says UTC.
    browser.goto(&site.url("/settings/audit")).await;
    browser
        .wait_for_text("Times are in America/New_York (now UTC-5).")
        .await;
    assert_eq!(browser.script(CAME_BY, vec![]).await, "reload");
    browser.goto(&site.url("/settings/audit")).await;
    assert_eq!(browser.script(CAME_BY, vec![]).await, "navigate");
    let text = browser.text().await;
    assert!(text.contains("24 Nov 2026, 05:20:30"), "{text}");
    assert!(!text.contains("10:20:30"), "{text}");
    let title = "return document.querySelector('time').title";
    let title = browser.script(title, vec![]).await;
    let title = title.as_str().expect("a title").to_owned();
    assert!(title.ends_with(" UTC-5"), "{title}");
}
