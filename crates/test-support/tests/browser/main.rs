//! The browser does what it says: each of these would let a broken page pass.

#![expect(clippy::expect_used, reason = "a test that can't be set up has failed")]

mod page;

use ats_pat_test_support::browser::{Browser, BrowserOptions, Key, containing};
use page::serve;

/// Serves `html`, as strictly as our pages are, with `script` at `/page.js`, and opens it.
async fn open(options: &BrowserOptions, html: &'static str, script: &'static str) -> Browser {
    let origin = serve(html, script).await;
    let browser = Browser::open(options).await;
    browser.goto(&format!("{origin}/")).await;
    browser
}

#[tokio::test]
async fn scripts_run_only_where_they_may() {
    for (script, title) in [(true, "after"), (false, "before")] {
        let options = BrowserOptions {
            script,
            ..BrowserOptions::default()
        };
        let html = "<title>before</title><noscript>None here</noscript><p>Text</p>";
        let browser = open(&options, html, "document.title = 'after'").await;
        assert_eq!(browser.title().await, title);
        assert_eq!(browser.text().await.contains("None here"), !script);
    }
}

#[tokio::test]
async fn elements_are_found_by_role_and_name_if_they_can_be_seen() {
    let html = r#"
        <button aria-label="Add token">+</button><button hidden>Add token</button>
        <label>Token name <input value="ci"></label>
        <label for="scope">Scope</label><select id="scope"><option>all</option><option>orders</option></select>
        <dialog aria-label="New token"><button>Add token</button></dialog>
        <button>Open</button>"#;
    let script = "document.querySelectorAll('button')[3].onclick =
        () => document.querySelector('dialog').showModal()";
    let browser = open(&BrowserOptions::default(), html, script).await;
    assert_eq!(browser.button(containing("Add")).await.text().await, "+");
    let field = browser.field("Token name").await;
    field.type_text(" two").await;
    assert_eq!(field.value().await, "ci two");
    assert!(field.is_focused().await);
    let scope = browser.field("Scope").await;
    scope.select("orders").await;
    assert_eq!(scope.value().await, "orders");
    assert_eq!(browser.names("dialog").await, [""; 0]);

    browser.button("Open").await.click().await;
    let dialog = browser.dialog("New token").await;
    // What is behind a modal dialog is not there.
    assert_eq!(browser.button("Add token").await.text().await, "Add token");
    assert_eq!(browser.focused_name().await, r#"button "Add token""#);
    browser.press(Key::Escape).await;
    dialog.wait_until_hidden().await;
    browser.wait_until_gone("dialog", "New token").await;
    browser.wait_for_focus(r#"button "Open""#).await;
    browser.press(Key::ShiftTab).await;
    assert_eq!(browser.focused_name().await, r#"combobox "Scope""#);
}

#[tokio::test]
async fn a_row_of_a_long_table_is_found_by_its_text_and_its_menu_by_name() {
    let html = "<table><tbody></tbody></table>";
    let script = "document.querySelector('tbody').innerHTML = Array.from({length: 100}, (_, n) =>
        `<tr><th scope=row>token ${n}<td>Active<td><button popovertarget=p${n}>Actions for token ${n}</button>
        <div popover id=p${n}><button>Revoke</button></div>`).join('')";
    let browser = open(&BrowserOptions::default(), html, script).await;
    let row = browser.row(containing("token 42")).await;
    assert_eq!(row.names("cell").await, ["Active", "Actions for token 42"]);
    row.button(containing("Actions")).await.click().await;
    browser.button("Revoke").await;
    assert_eq!(browser.names("row").await.len(), 100);
}

#[tokio::test]
async fn dates_are_typed() {
    let html = "<label>Expires <input type=date></label>";
    let browser = open(&BrowserOptions::default(), html, "").await;
    let field = browser.field("Expires").await;
    field.type_date("2026-12-24").await;
    assert_eq!(field.value().await, "2026-12-24");
    assert_eq!(browser.focused_name().await, r#"date "Expires""#);
}

#[tokio::test]
async fn colours_width_and_time_zone_reach_the_page_and_its_tabs() {
    let script = "document.body.textContent = [
        matchMedia('(prefers-color-scheme: dark)').matches,
        matchMedia('(prefers-reduced-motion: reduce)').matches,
        innerWidth, new Date(0).getHours()].join(' ')";
    let options = BrowserOptions {
        dark: true,
        ..BrowserOptions::default()
    };
    let browser = open(&options, "<body></body>", script).await;
    assert_eq!(browser.text().await, "true true 1280 0");
    browser.set_dark(false).await;
    browser.set_size(360, 640).await;
    browser.set_time_zone("Asia/Tokyo").await;
    let (first, page) = (browser.tab().await, browser.url().await);
    browser.new_tab().await;
    browser.goto(&page).await;
    assert_eq!(browser.text().await, "false true 360 9");
    browser.switch_to(&first).await;
    assert_eq!(browser.text().await, "true true 1280 0");
    assert_eq!(browser.tabs().await.len(), 2);
    let picture = browser.screenshot().await;
    assert_eq!(&picture[16..24], [0, 0, 1, 104, 0, 0, 2, 128], "360 × 640");
}

#[tokio::test]
async fn a_breach_of_the_policy_stands_in_the_console() {
    let html = "<p style='color: red'>Red</p><img src='http://192.0.2.1/x.png' alt=''>";
    let browser = open(&BrowserOptions::default(), html, "").await;
    let complaints = browser.console().await;
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(
        complaints
            .iter()
            .all(|text| text.contains("Content Security Policy"))
    );
    assert_eq!(browser.console().await, [""; 0]);
}

#[tokio::test]
async fn requests_are_counted_from_the_last_navigation_on() {
    let browser = open(&BrowserOptions::default(), "<a href='/next'>Next</a>", "").await;
    let page = browser.url().await;
    let script = format!("{page}page.js");
    assert_eq!(browser.requests().await, [page.clone(), script.clone()]);
    browser.link("Next").await.click().await;
    browser.wait_for_path("/next").await;
    let next = format!("{page}next");
    let all = [page, script.clone(), next.clone(), script.clone()];
    assert_eq!(browser.requests().await, all);
    assert_eq!(browser.requests().await, all);
    browser.reload().await;
    assert_eq!(browser.requests().await, [next, script]);
    assert_eq!(browser.transferred().await, page::PREFIX.len() as u64 + 24);
}

#[tokio::test]
async fn what_pages_copy_and_ask_is_seen() {
    let html = "<button>Copy</button><button>Ask</button><p role='status'></p>";
    let script = "const [copy, ask] = document.querySelectorAll('button');
        copy.onclick = () => navigator.clipboard.writeText('atspat_x').then(
            () => { document.querySelector('p').textContent = 'Copied' });
        ask.onclick = () => { document.querySelector('p').textContent = confirm('Sure?') }";
    let browser = open(&BrowserOptions::default(), html, script).await;
    browser.allow_clipboard().await;
    browser.button("Copy").await.click().await;
    assert_eq!(browser.status().await, "Copied");
    assert_eq!(browser.clipboard().await, "atspat_x");
    browser.button("Ask").await.click().await;
    assert_eq!(browser.accept_prompt().await, "Sure?");
    browser.wait_for_text("true").await;
}

#[tokio::test]
async fn axe_tells_what_is_wrong_despite_the_policy() {
    let html =
        "<!doctype html><html lang='en'><title>A page</title><main><h1>A page</h1><input></main>";
    let browser = open(&BrowserOptions::default(), html, "").await;
    let violations = browser.axe().await;
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(
        violations[0].starts_with("label: [\"input\"]: "),
        "{violations:?}"
    );
    assert_eq!(browser.console().await, [""; 0]);
}

#[tokio::test]
async fn cookies_are_seen_and_forgotten() {
    let browser = open(&BrowserOptions::default(), "", "document.cookie = 'a=b'").await;
    let cookies = browser.cookies().await;
    assert_eq!(
        (cookies[0].name.as_str(), cookies[0].value.as_str()),
        ("a", "b")
    );
    browser.delete_cookies().await;
    assert_eq!(browser.cookies().await, []);
}

#[tokio::test]
async fn nothing_of_it_stays() {
    let browser = Browser::open(&BrowserOptions::default()).await;
    let folder = browser.folder().to_owned();
    assert!(folder.join("profile").is_dir());
    drop(browser);
    assert!(!folder.exists());
    let name = folder.to_string_lossy().into_owned();
    let left: Vec<_> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("cmdline")).ok())
        .filter(|line| line.contains(&name))
        .collect();
    assert_eq!(left, [""; 0]);
}
