//! A real browser, driven as a person would: by roles and accessible names, with real key strokes.
//!
//! [`Browser::open`] starts a browser of its own, of the [`Engine`] that is asked for, and its
//! driver; both end with the value. Elements are found by what assistive technology is told of
//! them, which is also what a person sees: `browser.button("Add").await.click().await`. Whoever
//! asks for an element waits until exactly one is there, up to [`DEADLINE`]; nothing sleeps for a
//! fixed time. What can't be done panics with what was there instead, since a test that can't go on
//! has failed.

mod axe;
mod command;
mod deadline;
mod devtools;
mod driver;
mod element;
mod engine;
mod finders;
mod key;
mod layout;
mod log;
mod options;
mod query;
mod requests;
mod session;
mod tab;
mod view;

use std::path::Path;

use fantoccini::Client;
use fantoccini::error::CmdError;
use serde_json::{Value, json};
use url::Url;

pub use self::deadline::DEADLINE;
use self::deadline::TICK;
use self::driver::Driver;
pub use self::element::Element;
pub use self::engine::Engine;
pub use self::key::Key;
pub use self::options::BrowserOptions;
pub use self::query::{Name, containing};
use self::requests::Requests;
pub use self::tab::Tab;
use self::view::View;

/// A browser with one person before it.
pub struct Browser {
    client: Client,
    view: View,
    requests: Requests,
    // Last: it ends when nothing talks to it any more.
    driver: Driver,
}

/// A cookie as the browser holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The name, with a prefix such as `__Host-`.
    pub name: String,
    /// The value as it is stored, without attributes.
    pub value: String,
    /// Whether scripts can't read it.
    pub http_only: bool,
    /// Whether it goes over TLS only.
    pub secure: bool,
    /// `Strict`, `Lax` or `None`.
    pub same_site: String,
}

impl Browser {
    /// Starts a browser; it shows no page yet.
    pub async fn open(options: &BrowserOptions) -> Self {
        let driver = Driver::start(options.engine, options.time_zone).await;
        let client = session::begin(&driver, options).await;
        let browser = Self {
            client,
            view: View::new(options),
            requests: Requests::default(),
            driver,
        };
        browser.show_view().await;
        browser
    }

    /// The temporary folder of its profile.
    pub fn folder(&self) -> &Path {
        self.driver.folder()
    }

    /// Goes to an address, as if it had been typed; comes back once the page is loaded.
    pub async fn goto(&self, url: &str) {
        self.forget_requests().await;
        done(self.client.goto(url).await, &format!("go to {url}"));
    }

    /// The address in the address bar, fragment included.
    pub async fn url(&self) -> String {
        done(self.client.current_url().await, "read the address").into()
    }

    /// Goes one page back.
    pub async fn back(&self) {
        self.forget_requests().await;
        done(self.client.back().await, "go back");
    }

    /// Loads the page anew.
    pub async fn reload(&self) {
        self.forget_requests().await;
        done(self.client.refresh().await, "reload");
    }

    /// The title of the page, as tabs show it.
    pub async fn title(&self) -> String {
        done(self.client.title().await, "read the title")
    }

    /// The page's document as it stands now, as HTML.
    pub async fn source(&self) -> String {
        done(self.client.source().await, "read the source")
    }

    /// The text that can be read on the page.
    pub async fn text(&self) -> String {
        let text = self.try_script("return document.body.innerText", vec![]);
        done(text.await, "read the page")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Whether the page is no wider than its area: no scrolling sideways.
    pub async fn fits(&self) -> bool {
        let script =
            "const page = document.documentElement; return page.scrollWidth <= page.clientWidth";
        self.script(script, vec![]).await == true
    }

    /// Waits until the page says `text`.
    pub async fn wait_for_text(&self, text: &str) {
        let looked = self
            .wait(async || self.text_contains(text).await.then_some(()))
            .await;
        assert!(
            looked.is_some(),
            "the page does not say {text:?}, but:\n{}",
            self.text().await
        );
    }

    /// Waits until the address is `path` on the same site: path, query and fragment.
    pub async fn wait_for_path(&self, path: &str) {
        let looked = self
            .wait(async || {
                let url = self.client.current_url().await.ok()?;
                (path_of(&url) == path).then_some(())
            })
            .await;
        assert!(
            looked.is_some(),
            "the address does not become {path}, but is {}",
            self.url().await
        );
    }

    /// What the page says in its live regions of role `status`, once it says something.
    pub async fn status(&self) -> String {
        self.live_region("status").await
    }

    /// Waits until the page says this in its live regions of role `status`. What was said before
    /// may still stand there.
    pub async fn wait_for_status(&self, text: &str) {
        let looked = self
            .wait(async || self.status().await.contains(text).then_some(()))
            .await;
        assert!(
            looked.is_some(),
            "the page does not say {text:?}, but:\n{}",
            self.status().await
        );
    }

    /// What the page says in its live regions of role `alert`, once it says something.
    pub async fn alert(&self) -> String {
        self.live_region("alert").await
    }

    /// What has the focus: its role and accessible name, such as `button "Add"`, or `nothing`.
    pub async fn focused_name(&self) -> String {
        done(self.focus().await, "ask for the focus")
    }

    /// Waits until this has the focus: role and accessible name, such as `button "Add"`.
    pub async fn wait_for_focus(&self, what: &str) {
        let looked = self
            .wait(async || {
                let described = self.focus().await.ok()?;
                (described == what).then_some(())
            })
            .await;
        assert!(
            looked.is_some(),
            "the focus does not come to {what}, but is on {}",
            self.focused_name().await
        );
    }

    /// Presses and releases a key; what has the focus gets it.
    pub async fn press(&self, key: Key) {
        let pressed = self.client.perform_actions(key.actions()).await;
        done(pressed, &format!("press {key:?}"));
    }

    /// Runs a script in the page, which its Content-Security-Policy does not hinder; gives what it
    /// returns.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        done(self.try_script(script, arguments).await, script)
    }

    /// The cookies that the page's address would be sent.
    pub async fn cookies(&self) -> Vec<Cookie> {
        let cookies = done(self.get("cookie").await, "read the cookies");
        let cookie = |value: &Value| Cookie {
            name: text_of(&value["name"]),
            value: text_of(&value["value"]),
            http_only: value["httpOnly"] == true,
            secure: value["secure"] == true,
            same_site: text_of(&value["sameSite"]),
        };
        cookies
            .as_array()
            .into_iter()
            .flatten()
            .map(cookie)
            .collect()
    }

    /// Forgets the cookies of all sites.
    pub async fn delete_cookies(&self) {
        done(self.client.delete_all_cookies().await, "delete the cookies");
    }

    /// Says yes to the browser's own question (`confirm`, leaving a page), once it asks; gives its
    /// text.
    pub async fn accept_prompt(&self) -> String {
        let text = self
            .wait(async || self.client.get_alert_text().await.ok())
            .await;
        let text = text.expect("the browser asks nothing");
        done(self.client.accept_alert().await, "accept the prompt");
        text
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.driver.engine()
    }

    async fn focus(&self) -> Result<String, CmdError> {
        if self.engine().is_chromium() {
            let described = self.try_script(query::FOCUSED, vec![]).await?;
            return Ok(text_of(&described));
        }
        let focused = self.try_script(query::FOCUSED_ELEMENT, vec![]).await?;
        let Some(id) = focused[query::REFERENCE].as_str() else {
            return Ok("nothing".to_owned());
        };
        let role = self.get(&format!("element/{id}/computedrole")).await?;
        let name = self.get(&format!("element/{id}/computedlabel")).await?;
        Ok(format!("{} \"{}\"", text_of(&role), query::spaced(&name)))
    }

    async fn live_region(&self, role: &str) -> String {
        let said = self
            .wait(async || {
                let script = if self.engine().is_chromium() {
                    query::LIVE_REGION
                } else {
                    query::LIVE_REGION_BY_ATTRIBUTE
                };
                let texts = self.try_script(script, vec![json!(role)]).await.ok()?;
                let text = texts.as_str()?.trim().to_owned();
                (!text.is_empty()).then_some(text)
            })
            .await;
        match said {
            Some(text) => text,
            None => panic!(
                "nothing of role {role} says anything, but the page:\n{}",
                self.text().await
            ),
        }
    }

    async fn text_contains(&self, text: &str) -> bool {
        let page = self
            .try_script("return document.body.innerText", vec![])
            .await;
        page.is_ok_and(|page| page.as_str().is_some_and(|page| page.contains(text)))
    }

    /// Looks until there is something, or the deadline is over.
    async fn wait<T>(&self, look: impl AsyncFn() -> Option<T>) -> Option<T> {
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::time::sleep(TICK).await;
            }
        };
        tokio::time::timeout(DEADLINE, looking).await.ok()
    }
}

/// What a step gave; a step that can't be done has failed the test.
fn done<T, E: std::fmt::Display>(result: Result<T, E>, step: &str) -> T {
    result.unwrap_or_else(|error| panic!("cannot {step}: {error}"))
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What stands behind the origin.
fn path_of(url: &Url) -> &str {
    &url[url::Position::BeforePath..]
}
