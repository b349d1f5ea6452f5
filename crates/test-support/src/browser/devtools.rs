//! What WebDriver lacks and Chromium's developer tools have.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::view::Shown;
use super::{Browser, done, text_of};

const NO_DIALOG: &str = "return document.querySelector('dialog:modal') === null";
/// Waits until nothing moves, and what was asked for last is drawn.
const STILL: &str = "const done = arguments[0];
    const moving = document.getAnimations().map((it) => it.finished.catch(() => null));
    Promise.all(moving).then(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))));";
const CARET: &str = "document.documentElement.style.caretColor = arguments[0]";

impl Browser {
    /// Sets the system to dark or light colours; pages see it at once.
    pub async fn set_dark(&self, dark: bool) {
        self.view.change(|shown| shown.dark = dark);
        self.show_view().await;
    }

    /// Gives the page's area another size, in CSS pixels; pages see it at once.
    pub async fn set_size(&self, width: u32, height: u32) {
        self.view
            .change(|shown| (shown.width, shown.height) = (width, height));
        self.show_view().await;
    }

    /// Moves the person, such as to `Europe/Amsterdam`; the page must be loaded anew to see it for
    /// sure.
    pub async fn set_time_zone(&self, name: &str) {
        self.view
            .change(|shown| name.clone_into(&mut shown.time_zone));
        self.show_view().await;
    }

    /// Lets every answer come that much later.
    pub async fn set_latency(&self, latency: Duration) {
        let conditions = json!({
            "offline": false,
            "latency": u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        });
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// A picture as PNG, one pixel per CSS pixel: of the whole page, or of its area while a dialog
    /// is open; in other browsers than Chromium always of its area.
    pub async fn screenshot(&self) -> Vec<u8> {
        if !self.engine().is_chromium() {
            let still = self.client.execute_async(STILL, vec![]).await;
            done(still, "wait until nothing moves");
            return done(self.client.screenshot().await, "take a picture");
        }
        // A caret blinks: the picture would differ from time to time.
        self.script(CARET, vec![json!("transparent")]).await;
        let is_whole = self.script(NO_DIALOG, vec![]).await == true;
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let size = if is_whole {
            &metrics["cssContentSize"]
        } else {
            &metrics["cssLayoutViewport"]
        };
        let (width, height) = if is_whole {
            (&size["width"], &size["height"])
        } else {
            (&size["clientWidth"], &size["clientHeight"])
        };
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": is_whole, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", parameters).await;
        self.script(CARET, vec![json!("")]).await;
        let picture = STANDARD.decode(text_of(&picture["data"]));
        done(picture, "take a picture")
    }

    /// What the person would paste.
    pub async fn clipboard(&self) -> String {
        self.allow_clipboard().await;
        let script = "const done = arguments[0];
            navigator.clipboard.readText().then(done, error => done({error: String(error)}))";
        let text = self.client.execute_async(script, vec![]).await;
        match done(text, "read the clipboard") {
            Value::String(text) => text,
            other => panic!("cannot read the clipboard: {other}"),
        }
    }

    /// Lets pages read and write the clipboard without asking.
    pub async fn allow_clipboard(&self) {
        let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        self.devtools("Browser.grantPermissions", permissions).await;
    }

    /// Gives the window the size that leaves this room for the page; a browser with bars of its own
    /// may not become that narrow.
    async fn show_size(&self) {
        let Shown { width, height, .. } = self.view.shown();
        let around = "return [outerWidth - innerWidth, outerHeight - innerHeight]";
        let around = self.script(around, vec![]).await;
        let [wide, high] = [0, 1].map(|index| around[index].as_u64().unwrap_or_default());
        let rect = json!({"x": 0, "y": 0, "width": u64::from(width) + wide, "height": u64::from(height) + high});
        done(self.post("window/rect", rect).await, "size the window");
    }

    /// Says to the current tab how pages are shown.
    pub(super) async fn show_view(&self) {
        if !self.engine().is_chromium() {
            // Colours and motion are said when it starts.
            self.show_size().await;
            return;
        }
        let Shown {
            dark,
            width,
            height,
            time_zone,
        } = self.view.shown();
        let colours = if dark { "dark" } else { "light" };
        // Without motion nothing has to be waited for, and pictures are the same each time.
        let features = json!([
            {"name": "prefers-color-scheme", "value": colours},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
        // As phones and most desktops draw them: over the page, not beside it.
        self.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true}))
            .await;
        self.devtools(
            "Emulation.setTimezoneOverride",
            json!({"timezoneId": time_zone}),
        )
        .await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        assert!(self.engine().is_chromium(), "only Chromium can {command}");
        let body = json!({"cmd": command, "params": parameters});
        done(self.post("goog/cdp/execute", body).await, command)
    }
}
