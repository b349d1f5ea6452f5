//! Takes pictures of the pages for the documentation. `cargo xtask screenshots` runs this.
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
use ats_pat_service::PolicySource;
use ats_pat_test_support::browser::{Browser, BrowserOptions, Engine};

use scenes::{SCENES, Scene, providers};
use site::Site;

/// How a scene is shown.
struct View {
    engine: Engine,
    dark: bool,
    width: u32,
    /// The file's name after the scene's.
    name: String,
}

const HEIGHT: u32 = 800;

/// The views of the documentation: Chromium, light and dark, and a phone.
fn documented() -> Vec<View> {
    let view = |name: &str, dark, width| View {
        engine: Engine::Chromium,
        dark,
        width,
        name: name.to_owned(),
    };
    vec![
        view("light", false, 1280),
        view("dark", true, 1280),
        view("360", false, 360),
    ]
}

/// Every engine, light and dark, in four widths.
fn every() -> Vec<View> {
    let mut views = Vec::new();
    for (engine, engine_name) in [
        (Engine::Chromium, "chromium"),
        (Engine::Firefox, "firefox"),
        (Engine::WebKit, "webkit"),
    ] {
        for (dark, colours) in [(false, "light"), (true, "dark")] {
            for width in [1280, 1024, 800, 360] {
                let name = format!("{engine_name}-{colours}-{width}");
                views.push(View {
                    engine,
                    dark,
                    width,
                    name,
                });
            }
        }
    }
    views
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from);
    let folder = folder.expect("name the folder of the pictures");
    let (flags, named): (Vec<_>, Vec<_>) = arguments.partition(|it| it == "--every-engine");
    let views = if flags.is_empty() {
        documented()
    } else {
        every()
    };
    // All scenes, or the named ones.
    let is_asked = |scene: &&Scene| named.is_empty() || named.iter().any(|name| name == scene.name);
    for scene in SCENES.iter().filter(is_asked) {
        for view in &views {
            let options = BrowserOptions {
                time_zone: "Europe/Berlin",
                engine: view.engine,
                script: true,
                dark: view.dark,
                width: view.width,
                height: HEIGHT,
            };
            let file = folder.join(format!("{}-{}.png", scene.name, view.name));
            take(scene, &options, &file).await;
        }
    }
}

async fn take(scene: &Scene, options: &BrowserOptions, file: &Path) {
    let site = Site::start(|settings| {
        settings.policy.base.scopes = vec![
            Scope::new("orders:read", "Read orders").expect("a scope"),
            Scope::new("orders:write", "Place and change orders").expect("a scope"),
        ];
        settings.policy.base.recent_sign_in_minutes = 15;
        settings.policy_source = PolicySource::Database;
        settings.providers = providers(scene);
    })
    .await;
    let browser = Browser::open(options).await;
    (scene.act)(&browser, &site).await;
    let picture = browser.screenshot().await;
    std::fs::write(file, picture).expect("the folder takes the picture");
}
