//! One's tokens: the table, the form, the new token.

mod existing;

use ats_pat_domain::list::TokenQuery;
use ats_pat_service::view::TokenView;
use ats_pat_test_support::world::{DAY, code};
use reqwest::header::CACHE_CONTROL;

use crate::fixture::{Browser, Page, Site, TOKENS};

/// The fields of the form as it comes, with this name.
fn fields<'a>(key: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("form_key", key),
        ("name", name),
        ("description", ""),
        ("expiration", "30"),
        ("last_day", ""),
        ("networks", ""),
    ]
}

async fn key(browser: &mut Browser) -> String {
    browser.get(TOKENS).await.value("form_key").to_owned()
}

/// Makes a token by the page.
async fn create(browser: &mut Browser, name: &str) -> Page {
    let key = key(browser).await;
    let page = browser.post(TOKENS, &fields(&key, name)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page
}

async fn tokens(site: &Site, name: &str) -> Vec<TokenView> {
    let by = site.world.sign_in(name).await;
    let page = site
        .world
        .service
        .list_tokens(&by, TokenQuery::of(None))
        .await;
    page.unwrap().items
}

async fn works(site: &Site, secret: &str) -> bool {
    code(site.world.exchange(&secret.into()).await) == 1
}

#[tokio::test]
async fn a_new_token_is_shown_once_and_works() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let page = create(&mut browser, "nightly <build>").await;
    assert_eq!(page.headers[CACHE_CONTROL], "no-store");
    let secret = page.secret().unwrap().to_owned();
    assert!(page.text.contains("readonly value=\"atspat_"));
    assert!(page.text.contains("not be shown again"));
    assert_eq!(page.text.matches("atspat_").count(), 1);
    assert!(
        page.text
            .contains("https://pat.example.com/api/personalaccesstoken/getAuthenticationToken")
    );
    assert!(page.text.contains("nightly &#60;build&#62;") && !page.text.contains("<build>"));
    assert!(works(&site, &secret).await);
    let listed = browser.get(TOKENS).await;
    assert_eq!(listed.secret(), None);
    assert!(listed.text.contains(">nightly &#60;build&#62;</a>"));
    assert!(listed.text.contains("aria-labelledby=\"for t1\""));
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_token() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let key = key(&mut browser).await;
    let first = browser.post(TOKENS, &fields(&key, "ci")).await;
    let secret = first.secret().unwrap().to_owned();
    let again = browser.post(TOKENS, &fields(&key, "ci")).await;
    assert_eq!((again.status, again.secret()), (409, None));
    assert!(
        again
            .says("alert")
            .starts_with("ci exists: this form created it when you sent it the first time.")
    );
    assert_eq!(tokens(&site, "ada").await.len(), 1);
    assert!(works(&site, &secret).await);
    // Even where the name is free again.
    let id = tokens(&site, "ada").await[0].id;
    browser.post(&format!("{TOKENS}/{id}/revoke"), &[]).await;
    let again = browser.post(TOKENS, &fields(&key, "ci")).await;
    assert_eq!((again.status, again.secret()), (409, None));
    assert_eq!(tokens(&site, "ada").await.len(), 1);
}

#[tokio::test]
async fn a_token_whose_secret_was_lost_on_the_way_is_regenerated_or_revoked_at_once() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let key = key(&mut browser).await;
    // Nobody sees the answer.
    let lost = browser.post(TOKENS, &fields(&key, "ci")).await;
    let lost = lost.secret().unwrap().to_owned();
    let again = browser.post(TOKENS, &fields(&key, "ci")).await;
    assert!(again.says("alert").contains("can’t be shown again"));
    let id = tokens(&site, "ada").await[0].id;
    let acts = ["regenerate", "revoke"].map(|act| {
        let path = format!("{TOKENS}/{id}/{act}");
        let form = format!("<form method=\"post\" action=\"{path}\" data-once>");
        assert!(again.text.contains(&form), "{act}: {}", again.text);
        path
    });
    let generation = again.value("generation").to_owned();
    let new = browser.post(&acts[0], &[("generation", &generation)]).await;
    assert!(works(&site, new.secret().unwrap()).await);
    assert!(!works(&site, &lost).await);
    browser.post_and_follow(&acts[1], &[]).await;
    assert!(!works(&site, new.secret().unwrap()).await);
    let again = browser.post(TOKENS, &fields(&key, "ci")).await;
    assert!(again.says("alert").contains("It no longer works."));
    assert!(!again.text.contains("/revoke"), "{}", again.text);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    create(&mut browser, "taken").await;
    for (changed, error_id, error) in [
        (("name", ""), "name-error", "Enter a name."),
        (
            ("name", "Taken"),
            "name-error",
            "You already have an active token named “Taken”",
        ),
        (
            ("name", "a\u{202e}b"),
            "name-error",
            "Leave out control characters",
        ),
        (
            ("expiration", "367"),
            "expiration-error",
            "Choose a day from today until",
        ),
        (
            ("expiration", "0"),
            "expiration-error",
            "Choose a day from today until",
        ),
        (
            ("expiration", "date"),
            "last-day-error",
            "Choose the last day.",
        ),
        (
            ("expiration", "soon"),
            "expiration-error",
            "Choose the last day.",
        ),
        (
            ("networks", "10.0.0.0/8\r\nhome"),
            "networks-error",
            "home is not a network. Write addresses or networks",
        ),
    ] {
        let key = key(&mut browser).await;
        let mut fields = fields(&key, "kept <name>");
        fields.push(("scopes", "orders:write"));
        for field in &mut fields {
            if field.0 == changed.0 {
                field.1 = changed.1;
            } else if field.0 == "description" {
                field.1 = "kept description";
            }
        }
        let page = browser.post(TOKENS, &fields).await;
        assert!(
            matches!(page.status, 400 | 409),
            "{changed:?}: {}",
            page.status
        );
        let (_, at) = page
            .text
            .split_once(&format!("id=\"{error_id}\">"))
            .unwrap_or_else(|| panic!("{changed:?}: {}", page.text));
        assert!(
            at.starts_with(error),
            "{changed:?}: {}",
            at.split_once('<').unwrap().0
        );
        assert!(
            page.text.contains("<dialog id=\"new-token\"") && page.text.contains("open data-modal")
        );
        assert!(
            page.text.contains(">kept description</textarea>"),
            "{changed:?}"
        );
        assert!(
            page.text.contains("value=\"orders:write\" checked"),
            "{changed:?}"
        );
        if changed.0 != "name" {
            assert_eq!(page.value("name"), "kept &#60;name&#62;");
        }
        assert_eq!(tokens(&site, "ada").await.len(), 1, "{changed:?}");
    }
}

#[tokio::test]
async fn the_form_asks_for_what_was_chosen() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let key = key(&mut browser).await;
    let now = site.world.now();
    let last_day = now.after(DAY * 10).to_string()[..10].to_owned();
    let fields = [
        ("form_key", key.as_str()),
        ("name", " ci "),
        ("description", "for the build"),
        ("expiration", "date"),
        ("last_day", last_day.as_str()),
        ("scopes", "orders:write"),
        ("scopes", "orders:read"),
        ("networks", "10.1.2.3/8, 192.0.2.7"),
    ];
    let page = browser.post(TOKENS, &fields).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let token = tokens(&site, "ada").await.remove(0);
    assert_eq!(
        (token.name.as_str(), token.description.as_str()),
        ("ci", "for the build")
    );
    assert_eq!(token.scopes, ["orders:read", "orders:write"]);
    assert_eq!(
        token.allowed_networks.unwrap(),
        ["10.0.0.0/8", "192.0.2.7/32"]
    );
    assert_eq!(
        token.expires_at.to_string(),
        format!("{last_day}T23:59:59.999Z")
    );
}

#[tokio::test]
async fn a_link_fills_the_form_in_and_does_nothing_else() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let page = browser
        .get(&format!(
            "{TOKENS}/new?name=nightly&days=14&scopes=orders:read&description=d"
        ))
        .await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("This form was filled in by a link"));
    assert_eq!(page.value("name"), "nightly");
    assert!(page.text.contains("<option value=\"14\" selected"));
    assert!(page.text.contains("value=\"orders:read\" checked"));
    assert!(tokens(&site, "ada").await.is_empty());
    let page = browser
        .get(&format!("{TOKENS}/new?days=9999&scopes=orders:burn"))
        .await;
    assert!(
        page.text
            .contains("The link asks for 9999 days: choose 1 to 366.")
    );
    assert!(page.text.contains("There is no scope orders:burn"));
    // Nor does saving it as it is make a token with all rights.
    let key = page.value("form_key").to_owned();
    let mut fields = fields(&key, "burner");
    fields.push(("rights", "chosen"));
    let refused = browser.post(TOKENS, &fields).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("Choose at least one."));
    assert!(tokens(&site, "ada").await.is_empty());
    let page = browser.get(&format!("{TOKENS}/new")).await;
    assert!(!page.text.contains("This form was filled in by a link"));
}

#[tokio::test]
async fn a_form_that_was_open_for_long_is_shown_again_and_can_be_saved() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let old = key(&mut browser).await;
    site.world.clock.advance(DAY);
    let mut browser = site.browser().signed_in("ada").await;
    let page = browser.post(TOKENS, &fields(&old, "ci")).await;
    assert_eq!((page.status, page.value("name")), (400, "ci"));
    assert!(page.text.contains("This form was open for too long."));
    let fresh = page.value("form_key").to_owned();
    let page = browser.post(TOKENS, &fields(&fresh, "ci")).await;
    assert!(page.secret().is_some());
}

#[tokio::test]
async fn another_name_in_the_same_form_is_no_repetition() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let key = key(&mut browser).await;
    browser.post(TOKENS, &fields(&key, "first")).await;
    let page = browser.post(TOKENS, &fields(&key, "second")).await;
    assert_eq!((page.status, page.value("name")), (409, "second"));
    assert!(page.text.contains("This form already created first."));
    let fresh = page.value("form_key").to_owned();
    let page = browser.post(TOKENS, &fields(&fresh, "second")).await;
    assert!(page.secret().is_some());
}
