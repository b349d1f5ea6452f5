//! How the browser is started.

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::driver::Driver;
use super::options::BrowserOptions;

/// Only pages of our own are opened, so root and containers may do without the sandbox. The rest
/// keeps Chromium from asking for what a closed network does not have, and makes pictures the same
/// everywhere.
const FLAGS: [&str; 17] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--lang=en-US",
    // A host that is no loopback address to Chromium, so that pages there are not in a secure
    // context.
    "--host-resolver-rules=MAP plain.test 127.0.0.1",
    // ChromeDriver talks through a pipe: when it is gone, so is Chromium.
    "--remote-debugging-pipe",
    // `computedRole` and `computedName`: what assistive technology is told, for our queries.
    "--enable-blink-features=ComputedAccessibilityInfo",
    // Keeps the accessibility tree between queries; built for each element anew, a table takes
    // seconds.
    "--force-renderer-accessibility",
];
/// Chromium's value for what a site may not do.
const BLOCKED: u8 = 2;

/// Starts the browser, with a profile of its own.
pub async fn begin(driver: &Driver, options: &BrowserOptions) -> Client {
    let engine = driver.engine();
    let capabilities = if engine.is_chromium() {
        chromium(driver, options)
    } else {
        assert!(options.script, "only Chromium is asked to run no script");
        engine.capabilities(&driver.launcher(), options.dark)
    };
    let Value::Object(capabilities) = capabilities else {
        unreachable!("they are written as one");
    };
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(driver.url())
        .await
        .unwrap_or_else(|error| panic!("{engine:?} does not start: {error}"));
    // It ends with its driver; a last command would find nobody.
    let _ = client.persist().await;
    client
}

fn chromium(driver: &Driver, options: &BrowserOptions) -> Value {
    let mut arguments: Vec<String> = FLAGS.map(str::to_owned).into();
    let profile = driver.folder().join("profile");
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.push(format!(
        "--window-size={},{}",
        options.width, options.height
    ));
    let mut preferences = json!({});
    if !options.script {
        preferences["profile.managed_default_content_settings.javascript"] = json!(BLOCKED);
    }
    json!({
        "browserName": "chrome",
        // Prompts are the test's to answer.
        "unhandledPromptBehavior": "ignore",
        "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
        "goog:chromeOptions": {"binary": "/usr/bin/chromium", "args": arguments, "prefs": preferences},
    })
}
