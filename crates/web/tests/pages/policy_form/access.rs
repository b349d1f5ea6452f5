//! Who may see and change the policy, and with which sign-in.

use std::time::Duration;

use ats_pat_domain::GroupPolicy;
use ats_pat_domain::group::Group;
use ats_pat_test_support::world::PASSWORD;
use reqwest::header::{CONTENT_TYPE, ORIGIN};

use super::scene::{APPLY, GROUP, POLICY, in_force, site, typed};
use crate::fixture::{Site, form};
use crate::sent_form::{fields_of, unescaped, with};

#[tokio::test]
async fn it_is_for_administrators_only() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let refused = ada.get(POLICY).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("Administrators only"));
    assert!(!refused.text.contains("href=\"/settings/policy\""));
    for path in [POLICY, APPLY] {
        assert_eq!(
            ada.post(path, &[("act", "add")]).await.status,
            403,
            "{path}"
        );
    }
    let mut root = site.administrator("root").await;
    let page = root.get(POLICY).await;
    let entry = "<a href=\"/settings/policy\" aria-current=\"page\">Policy</a>";
    assert!(page.text.contains(entry), "{}", page.text);
    let led = root.get(APPLY).await;
    assert_eq!((led.status, led.leads_to()), (303, POLICY));
    assert_eq!(site.browser().get(POLICY).await.status, 303);
}

#[tokio::test]
async fn the_policy_of_the_settings_is_only_shown() {
    let site = Site::start_with(|settings| {
        settings.policy.base.revoke_unused_after_days = 60;
        settings.policy.groups = vec![GroupPolicy {
            max_lifetime_days: Some(7),
            required_networks: Some(Vec::new()),
            ..GroupPolicy::of(Group::new("corp/builders").unwrap())
        }];
    })
    .await;
    let mut root = site.administrator("root").await;
    let page = root.get(POLICY).await;
    assert_eq!(page.status, 200);
    for told in [
        "The policy is in the settings file of the servers.",
        "<code>policy-source = \"database\"</code>",
        "<th scope=\"row\">Revoke unused tokens, in days</th><td>60</td>",
        "<th scope=\"row\">Recent sign-in, in minutes</th><td>Never</td>",
        "<th scope=\"row\">Who may create tokens</th><td>Everyone</td>",
        "orders:read Read orders<br>orders:write Write orders</td>",
        "<h2>corp/builders</h2>",
        "<th scope=\"row\">Longest lifetime, in days</th><td>7</td>",
        "<th scope=\"row\">Required networks</th><td>From anywhere</td>",
    ] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!page.text.contains("action=\"/settings/policy"));
    let posted = [("MaxLifetimeDays", "7")];
    for path in [POLICY, APPLY] {
        let refused = root.post(path, &posted).await;
        assert!([400, 403].contains(&refused.status), "{path}");
    }
}

#[tokio::test]
async fn it_takes_a_recent_sign_in() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let fields = typed(&mut root).await;
    site.world.clock.advance(Duration::from_mins(16));
    // Neither looking nor changing the form asks.
    assert!(!root.get(POLICY).await.text.contains("your_password"));
    let question = root.post(POLICY, &with(&fields, GROUP)).await;
    assert!(question.text.contains("name=\"your_password\""));
    assert!(!question.text.contains("your_password-error"));
    let asked = fields_of(&question);
    for (password, status, error) in [
        ("", 403, "Enter your password."),
        ("wrong-horse-1", 401, "This is not your password."),
    ] {
        let sent = [("your_password", password), ("EnforceOnExisting", "yes")];
        let late = root.post(APPLY, &with(&asked, &sent)).await;
        assert_eq!(late.status, status);
        assert_eq!(late.error_at("your_password"), error);
        assert!(!late.text.contains("wrong-horse-1"));
        assert_eq!(
            with(&fields_of(&late), &[("your_password", "")]),
            with(&asked, &[("your_password", "")])
        );
    }
    assert_eq!(in_force(&site).await.version, "settings");
    let right = with(&asked, &[("your_password", PASSWORD)]);
    let there = root.post_and_follow(APPLY, &right).await;
    assert_eq!(there.says("status"), "The policy is in force.");
}

#[tokio::test]
async fn a_form_whose_session_has_ended_is_there_again_after_signing_in() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let fields = typed(&mut root).await;
    let question = root.post(POLICY, &with(&fields, GROUP)).await;
    let asked = fields_of(&question);
    for path in [POLICY, APPLY] {
        site.world.clock.advance(Duration::from_hours(24 * 30));
        let ended = root.post(path, &with(&asked, &[])).await;
        assert_eq!(ended.status, 401, "{}", ended.text);
        let kept = unescaped(ended.value("kept"));
        let sign_in = [
            ("user_name", "root"),
            ("password", PASSWORD),
            ("next", POLICY),
            ("kept", &kept),
        ];
        let again = root.post("/signin", &sign_in).await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert!(
            again
                .says("status")
                .starts_with("Your entries are here again")
        );
        assert_eq!(again.value("Groups[0].Group"), "corp/builders");
        assert_eq!(again.value("MaxActiveTokens"), "5");
    }
    assert_eq!(in_force(&site).await.version, "settings");
}

#[tokio::test]
async fn a_policy_from_another_site_is_not_put_into_force() {
    let site = site().await;
    let mut root = site.administrator("root").await;
    let fields = fields_of(&root.get(POLICY).await);
    let question = root.post(POLICY, &with(&fields, GROUP)).await;
    let asked = fields_of(&question);
    for path in [POLICY, APPLY] {
        let foreign = root
            .request("POST", path)
            .header(ORIGIN, "https://evil.example")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(&with(&asked, &[])));
        assert_eq!(root.send(foreign).await.status, 403, "{path}");
    }
    assert_eq!(in_force(&site).await.version, "settings");
    let there = root.post_and_follow(APPLY, &with(&asked, &[])).await;
    assert_eq!(there.says("status"), "The policy is in force.");
}
