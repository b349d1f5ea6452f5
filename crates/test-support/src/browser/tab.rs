//! Several pages at once.

use fantoccini::wd::WindowHandle;

use super::{Browser, done};

/// A tab of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab(WindowHandle);

impl Browser {
    /// The tab that is looked at.
    pub async fn tab(&self) -> Tab {
        Tab(done(self.client.window().await, "name the tab"))
    }

    /// Opens an empty tab and looks at it; it shares its cookies with the others.
    pub async fn new_tab(&self) -> Tab {
        let opened = done(self.client.new_window(true).await, "open a tab");
        let tab = Tab(opened.handle);
        self.switch_to(&tab).await;
        tab
    }

    /// Looks at another tab.
    pub async fn switch_to(&self, tab: &Tab) {
        let switched = self.client.switch_to_window(tab.0.clone()).await;
        done(switched, "switch to the tab");
        self.show_view().await;
    }

    /// All tabs, those that pages opened included.
    pub async fn tabs(&self) -> Vec<Tab> {
        let tabs = done(self.client.windows().await, "list the tabs");
        tabs.into_iter().map(Tab).collect()
    }
}
