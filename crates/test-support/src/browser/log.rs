//! What Chromium notes: requests, and complaints about the page.

use serde_json::{Value, json};

use super::{Browser, done, text_of};

impl Browser {
    /// The URLs of all requests that pages have made since the last [`Browser::goto`],
    /// [`Browser::back`] or [`Browser::reload`], which begin it.
    pub async fn requests(&self) -> Vec<String> {
        let read = self.read_requests().await;
        let mut requests = self.requests.so_far();
        requests.extend(read);
        requests.clone()
    }

    /// What Chromium complains of since the last call, warnings and errors: a breach of the
    /// Content-Security-Policy, a script that failed, an answer of status 400 and above.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.read("browser").await;
        entries
            .iter()
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")))
            .filter(|entry| !by_itself(entry))
            .map(|entry| text_of(&entry["message"]))
            .collect()
    }

    /// How many bytes the page's document, styles and scripts have, uncompressed.
    pub async fn transferred(&self) -> u64 {
        let script = "return performance.getEntries()
            .filter(entry => entry.entryType === 'navigation' || entry.entryType === 'resource')
            .reduce((sum, entry) => sum + entry.decodedBodySize, 0)";
        self.script(script, vec![])
            .await
            .as_u64()
            .unwrap_or_default()
    }

    /// Drops what the page before has requested.
    pub(super) async fn forget_requests(&self) {
        if !self.engine().is_chromium() {
            return;
        }
        self.read_requests().await;
        self.requests.so_far().clear();
    }

    async fn read_requests(&self) -> Vec<String> {
        let entries = self.read("performance").await;
        entries.iter().filter_map(request).collect()
    }

    async fn read(&self, kind: &str) -> Vec<Value> {
        assert!(self.engine().is_chromium(), "only ChromeDriver notes it");
        let log = self.post("se/log", json!({"type": kind})).await;
        match done(log, &format!("read the {kind} log")) {
            Value::Array(entries) => entries,
            _ => Vec::new(),
        }
    }
}

/// The URL of an entry that is a request of a page; Chromium's own page of new tabs makes some too.
fn request(entry: &Value) -> Option<String> {
    let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
    let (method, parameters) = (&message["message"]["method"], &message["message"]["params"]);
    let by_chromium = parameters["documentURL"].as_str()?.starts_with("chrome:");
    (method == "Network.requestWillBeSent" && !by_chromium)
        .then(|| text_of(&parameters["request"]["url"]))
}

/// Whether Chromium complains of what no page asked for: the icon of sites that name none.
fn by_itself(entry: &Value) -> bool {
    let message = entry["message"].as_str().unwrap_or_default();
    entry["source"] == "network" && message.contains("/favicon.ico ")
}
