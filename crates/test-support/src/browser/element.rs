//! One element of the page.

use fantoccini::elements::ElementRef;
use serde_json::{Value, json};

use super::query::{REFERENCE, spaced};
use super::{Browser, done, text_of};

impl Browser {
    pub(super) fn element(&self, reference: &Value, what: String) -> Option<Element<'_>> {
        let id = reference[REFERENCE].as_str()?;
        let id = ElementRef::from(id.to_owned());
        let inner = fantoccini::elements::Element::from_element_id(self.client.clone(), id);
        Some(Element::new(self, inner, what))
    }
}

/// An element that was found; it stays the same element until the page drops it.
pub struct Element<'a> {
    browser: &'a Browser,
    inner: fantoccini::elements::Element,
    /// How it was asked for, for messages.
    what: String,
}

impl<'a> Element<'a> {
    pub(super) fn new(
        browser: &'a Browser,
        inner: fantoccini::elements::Element,
        what: String,
    ) -> Self {
        Self {
            browser,
            inner,
            what,
        }
    }

    pub(super) fn browser(&self) -> &'a Browser {
        self.browser
    }

    /// The reference that scripts take as an argument.
    pub(super) fn root(&self) -> Value {
        json!(self.inner)
    }

    /// Scrolls to it and clicks it; comes back once a page that this loads is there.
    pub async fn click(&self) {
        done(self.inner.click().await, &format!("click {}", self.what));
    }

    /// Types into it, after what is there.
    pub async fn type_text(&self, text: &str) {
        let typed = self.inner.send_keys(text).await;
        done(typed, &format!("type into {}", self.what));
    }

    /// Types a date, written as HTML does (`2026-12-24`), into a field for dates.
    pub async fn type_date(&self, date: &str) {
        // The browser's language is American English: month, day, year.
        let parts: Vec<_> = date.split('-').collect();
        let [year, month, day] = parts[..] else {
            panic!("{date} is no date");
        };
        self.type_text(&format!("{month}{day}{year}")).await;
    }

    /// Empties the field, as a person would.
    pub async fn clear(&self) {
        done(self.inner.clear().await, &format!("clear {}", self.what));
    }

    /// Chooses the option with this text.
    pub async fn select(&self, option: &str) {
        let selected = self.inner.select_by_label(option).await;
        done(selected, &format!("select {option:?} in {}", self.what));
    }

    /// What is filled in.
    pub async fn value(&self) -> String {
        self.property("value").await.unwrap_or_default()
    }

    /// Its text as it can be read.
    pub async fn text(&self) -> String {
        done(self.inner.text().await, &format!("read {}", self.what))
    }

    /// Its accessible name, as a screen reader says it.
    pub async fn name(&self) -> String {
        if self.browser.engine().is_chromium() {
            return text_of(&self.ask("return arguments[0].computedName").await);
        }
        let path = format!("element/{}/computedlabel", self.inner.element_id());
        let name = self.browser.get(&path).await;
        spaced(&done(name, &format!("look at {}", self.what)))
    }

    /// An attribute as the document has it.
    pub async fn attribute(&self, name: &str) -> Option<String> {
        let value = self.inner.attr(name).await;
        done(value, &format!("read {name} of {}", self.what))
    }

    /// A property as scripts see it.
    pub async fn property(&self, name: &str) -> Option<String> {
        let value = self.inner.prop(name).await;
        done(value, &format!("read {name} of {}", self.what))
    }

    /// Whether it is checked or selected.
    pub async fn is_checked(&self) -> bool {
        let checked = self.inner.is_selected().await;
        done(checked, &format!("look at {}", self.what))
    }

    /// Whether it takes input.
    pub async fn is_enabled(&self) -> bool {
        let enabled = self.inner.is_enabled().await;
        done(enabled, &format!("look at {}", self.what))
    }

    /// Whether it has the focus.
    pub async fn is_focused(&self) -> bool {
        self.ask("return document.activeElement === arguments[0]")
            .await
            == true
    }

    /// Waits until it is not there any more, or not shown.
    pub async fn wait_until_hidden(&self) {
        let script = "return arguments[0].isConnected && arguments[0].checkVisibility({visibilityProperty: true})";
        let gone = self
            .browser
            .wait(async || {
                // An element of a page before is unknown to the driver.
                let shown = self.browser.try_script(script, vec![self.root()]).await;
                (!shown.is_ok_and(|shown| shown == true)).then_some(())
            })
            .await;
        assert!(gone.is_some(), "{} is still there", self.what);
    }

    async fn ask(&self, script: &str) -> Value {
        let answer = self.browser.try_script(script, vec![self.root()]).await;
        done(answer, &format!("look at {}", self.what))
    }
}
