//! Pictures of the pages, for the documentation: `cargo xtask screenshots` runs this.
//!
//! Each picture has a site and a browser of its own, so that no scene depends on another.

#![expect(
    clippy::expect_used,
    reason = "a picture that can't be taken stops the program"
)]

#[path = "../../tests/browser/person.rs"]
#[allow(dead_code, reason = "tests need more of it")]
mod person;
mod scenes;
#[path = "../../tests/browser/site.rs"]
#[allow(dead_code, reason = "tests need more of it")]
mod site;

use std::path::{Path, PathBuf};

use ats_pat_domain::scope::Scope;
use ats_pat_test_support::browser::{Browser, BrowserOptions, Engine};

use scenes::{SCENES, Scene};
use site::Site;

/// What a scene is shown as: the end of the file's name, dark or not, and the width.
const VIEWS: [(&str, bool, u32); 3] = [
    ("light", false, 1280),
    ("dark", true, 1280),
    ("360", false, 360),
];
const HEIGHT: u32 = 800;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args();
    let folder = arguments.nth(1).map(PathBuf::from);
    let folder = folder.expect("name the folder of the pictures");
    // All scenes, or those that are named.
    let named: Vec<_> = arguments.collect();
    let is_asked = |scene: &&Scene| named.is_empty() || named.iter().any(|name| name == scene.name);
    for scene in SCENES.iter().filter(is_asked) {
        for (view, dark, width) in VIEWS {
            let options = BrowserOptions {
                time_zone: "Europe/Berlin",
                engine: Engine::Chromium,
                script: true,
                dark,
                width,
                height: HEIGHT,
            };
            let file = folder.join(format!("{}-{view}.png", scene.name));
            take(scene, &options, &file).await;
        }
    }
}

async fn take(scene: &Scene, options: &BrowserOptions, file: &Path) {
    let site = Site::start(|settings| {
        settings.policy.scopes = vec![
            Scope::new("orders:read", "Read orders").expect("a scope"),
            Scope::new("orders:write", "Place and change orders").expect("a scope"),
        ];
    })
    .await;
    let browser = Browser::open(options).await;
    (scene.act)(&browser, &site).await;
    let picture = browser.screenshot().await;
    std::fs::write(file, picture).expect("the folder takes the picture");
}
