//! What is on the site before a picture is taken.

use std::time::Duration;

use ats_pat_service::{NewToken, NewUser};
use ats_pat_test_support::browser::Browser;
use ats_pat_test_support::world::{DAY, person};

use crate::person::{TOKENS, sign_in};
use crate::site::Site;

pub const LINE: &str = "Nightly build";
/// After this time a sign-in is too old for what asks for a recent one.
pub const LATE: Duration = Duration::from_mins(16);

/// A site with three users, and the browser of an administrator of it.
pub async fn at_home(browser: &Browser, site: &Site) {
    people(site).await;
    enter(browser, site).await;
}

/// The same with tokens of every status, made over the last months.
pub async fn furnished(browser: &Browser, site: &Site) {
    people(site).await;
    let made = [
        ("ada", "Old laptop", "", 60, None, 90),
        (
            "ada",
            "Report export",
            "Monthly figures for the plant managers",
            30,
            None,
            60,
        ),
        ("grace", "Label printer", "", 30, None, 25),
        ("ada", "Line 4 telemetry", "", 365, Some("10.4.0.0/16"), 21),
        (
            "ada",
            "Deploy pipeline",
            "Rolls releases out to the test plant",
            90,
            None,
            7,
        ),
        ("ada", LINE, "", 15, Some("192.0.2.7"), 2),
    ];
    let now = site.world.now().after(DAY * 90);
    let mut in_use = None;
    for (owner, name, description, days, network, ago) in made {
        site.world.clock.set(now.before(DAY * ago));
        let by = site.world.sign_in(owner).await;
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(site.world.now().after(DAY * days).to_string()),
            description: Some(description.to_owned()),
            scopes: network.map(|_| vec!["orders:read".to_owned()]),
            allowed_networks: network.map(|network| vec![network.to_owned()]),
            ..NewToken::default()
        };
        let issued = site.world.service.create_token(&by, new).await;
        let issued = issued.expect("the token is made");
        if name == "Old laptop" {
            let id = issued.token.id.to_string();
            let revoked = site.world.service.revoke_token(&by, &id).await;
            revoked.expect("the token is revoked");
            // Somebody has a copy.
            let refused = site.world.exchange(&issued.secret).await;
            assert!(refused.is_err());
        }
        if name == "Deploy pipeline" {
            in_use = Some(issued.secret);
        }
    }
    site.world.add_service_account("deploy", "ada").await;
    site.world.clock.set(now.before(Duration::from_mins(3)));
    if let Some(secret) = in_use {
        site.world.exchange(&secret).await.expect("it works");
    }
    site.world.service.flush().await;
    site.world.sign_in("ada").await;
    site.world.clock.set(now);
    enter(browser, site).await;
    browser.goto(&site.url(TOKENS)).await;
}

pub async fn people(site: &Site) {
    for (name, display_name, administrator) in [
        ("ada", "Ada Lovelace", true),
        ("grace", "Grace Hopper", false),
        ("alan", "Alan Turing", false),
    ] {
        let new = NewUser {
            display_name: Some(display_name.to_owned()),
            ..person(name, administrator)
        };
        let added = site.world.service.operator().add_user(new).await;
        added.expect("the user is added");
    }
    let disabled = site.world.service.operator().disable_user("alan").await;
    disabled.expect("the user is disabled");
}

pub async fn enter(browser: &Browser, site: &Site) {
    browser.goto(&site.url("/")).await;
    sign_in(browser, "ada").await;
    browser.wait_for_path("/").await;
}
