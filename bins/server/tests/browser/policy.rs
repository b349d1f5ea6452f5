//! An administrator puts another policy into force.

use std::time::Duration;

use ats_pat_service::PolicySource;
use ats_pat_test_support::browser::{Browser, BrowserOptions, Key, containing};
use ats_pat_test_support::world::{DAY, PASSWORD};

use crate::look::assert_well;
use crate::person::{WITHOUT_SCRIPT, sign_in};
use crate::site::Site;

const POLICY: &str = "/settings/policy";

/// A browser in which an administrator looks at the policy, which is in the database.
async fn at_policy(options: &BrowserOptions) -> (Site, Browser) {
    let site = Site::start(|settings| settings.policy_source = PolicySource::Database).await;
    site.add_people().await;
    let by = site.world.sign_in("ada").await;
    let token = site.world.create(&by, "ci", DAY * 90).await;
    token.expect("a token");
    let browser = Browser::open(options).await;
    browser.goto(&site.url("/settings")).await;
    sign_in(&browser, "root").await;
    browser.link("Policy").await.click().await;
    browser.wait_for_path(POLICY).await;
    (site, browser)
}

async fn write(browser: &Browser, field: &'static str, text: &str) {
    let everybody = browser.of_role("group", "For everybody").await;
    let field = everybody.field(field).await;
    field.clear().await;
    field.type_text(text).await;
}

/// The key Enter, with the focus on the name of the group.
async fn enter(browser: &Browser) {
    browser.field("Group").await.click().await;
    browser.press(Key::Enter).await;
}

/// Adds a group, makes a mistake and mends it, looks at what the policy does, and puts it into
/// force once the sign-in is too old.
async fn put_into_force(options: &BrowserOptions) {
    let (site, browser) = at_policy(options).await;
    write(&browser, "Longest lifetime, in days", "60").await;
    write(&browser, "Active tokens of one owner", "many").await;
    browser.button("Add a group").await.click().await;
    browser.wait_for_text("New group").await;
    let group = browser.field("Group").await;
    assert!(group.is_focused().await);
    group.type_text("corp/builders").await;
    browser.script("scrollTo(0, 0)", vec![]).await;
    // The key Enter checks, and removes no group.
    enter(&browser).await;
    browser
        .wait_for_text("Enter a whole number from 1 to 100,000.")
        .await;
    let everybody = browser.of_role("group", "For everybody").await;
    let wrong = everybody.field("Active tokens of one owner").await;
    assert!(wrong.is_focused().await);
    assert_eq!(wrong.value().await, "many");
    assert_eq!(browser.field("Group").await.value().await, "corp/builders");
    write(&browser, "Active tokens of one owner", "5").await;
    site.world.clock.advance(Duration::from_mins(16));
    browser
        .script(
            "[...document.querySelectorAll('.main')].at(-1).click()",
            vec![],
        )
        .await;

    browser
        .wait_for_text("This policy affects 1 of 1 active tokens")
        .await;
    browser
        .field("Also cut tokens that live longer")
        .await
        .click()
        .await;
    browser.button("Put into force").await;
    browser.button("Back").await.click().await;
    browser.wait_for_path(POLICY).await;
    assert_eq!(browser.field("Group").await.value().await, "corp/builders");
    enter(&browser).await;
    browser
        .wait_for_text("This policy affects 1 of 1 active tokens")
        .await;
    browser
        .field("Also cut tokens that live longer")
        .await
        .click()
        .await;
    for password in ["wrong-horse-1", PASSWORD] {
        browser
            .field("Your password")
            .await
            .type_text(password)
            .await;
        browser.button("Put into force").await.click().await;
        if password != PASSWORD {
            browser.wait_for_text("This is not your password.").await;
            let cuts = browser.field("Also cut tokens that live longer").await;
            assert!(cuts.is_checked().await);
        }
    }
    browser
        .wait_for_text("Tokens that lived longer than it allows were cut.")
        .await;
    browser.wait_for_path(POLICY).await;
    assert_eq!(browser.field("Group").await.value().await, "corp/builders");
    let remove = browser.button(containing("Remove this group")).await;
    assert_eq!(remove.name().await, "Remove this group corp/builders");
    remove.click().await;
    browser
        .wait_until_gone("button", containing("Remove this group"))
        .await;
    let policy = site.world.service.operator().policies().await;
    let policy = policy.expect("a policy").policy;
    assert_eq!(policy.max_active_tokens, Some(5));
    assert_eq!(policy.groups.len(), 1, "the removal is not in force yet");
    let complaints = browser.console().await;
    let unexpected = complaints.iter().filter(|line| !line.contains("40"));
    assert_eq!(unexpected.count(), 0, "{complaints:?}");
}

#[tokio::test]
async fn an_administrator_puts_a_policy_into_force() {
    put_into_force(&BrowserOptions::default()).await;
}

#[tokio::test]
async fn the_same_works_without_script() {
    put_into_force(&WITHOUT_SCRIPT).await;
}

#[tokio::test]
async fn the_form_and_the_question_are_accessible() {
    let (site, browser) = at_policy(&BrowserOptions::default()).await;
    assert_well(&browser, "policy").await;
    browser.button("Add a group").await.click().await;
    browser.field("Group").await.type_text("builders").await;
    enter(&browser).await;
    browser
        .wait_for_text("Write the name of the provider")
        .await;
    assert_well(&browser, "policy with a mistake").await;
    let group = browser.field("Group").await;
    group.clear().await;
    group.type_text("corp/builders").await;
    write(&browser, "Longest lifetime, in days", "60").await;
    site.world.clock.advance(Duration::from_mins(16));
    enter(&browser).await;
    browser.wait_for_text("Put into force").await;
    assert_well(&browser, "what a policy would do").await;
}
