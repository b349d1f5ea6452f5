//! The scenes: what is done before each picture. A new one is a line in [`SCENES`] and a function.

use std::pin::Pin;

use ats_pat_test_support::browser::Browser;

use crate::site::Site;

/// What is to be seen.
pub struct Scene {
    /// What the file's name begins with.
    pub name: &'static str,
    /// Brings a new browser before a new site to where the picture is taken.
    pub act: for<'a> fn(&'a Browser, &'a Site) -> Act<'a>,
}

type Act<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// All of them.
pub const SCENES: &[Scene] = &[Scene {
    name: "set-up",
    act: |browser, site| Box::pin(set_up(browser, site)),
}];

async fn set_up(browser: &Browser, site: &Site) {
    browser.goto(&site.setup_link().await).await;
    browser.wait_for_path("/setup").await;
    browser.field("User name").await.type_text("ada").await;
}
