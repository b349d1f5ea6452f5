//! Finding elements on the page and inside an element.

use serde_json::Value;

use super::query::{FIND, FIND_SEEN, Name, Query, REFERENCE, spaced};
use super::{Browser, Element, text_of};

/// The same finders for the page and for an element: `self.browser()` asks, `self.root()` bounds.
macro_rules! finders {
    () => {
            finders!(@one button "button" "A button.");
            finders!(@one link "link" "A link.");
            finders!(@one heading "heading" "A heading of any level.");
            finders!(@one dialog "dialog" "An open dialog.");
            finders!(@one alert_dialog "alertdialog" "An open dialog that asks to confirm something.");
            finders!(@one menu_item "menuitem" "An entry of a menu.");
            finders!(@one tab_item "tab" "A tab of a tab list.");
            finders!(@one checkbox "checkbox" "A check box.");
            finders!(@one radio "radio" "A radio button.");
            finders!(@one row "row" "A row of a table, by the text that stands in it.");
            finders!(@one region "region" "A named part of the page.");
            finders!(@one navigation "navigation" "A named group of links.");

            /// What is filled in under this label: an input, a list, a text area.
            pub async fn field(&self, label: impl Into<Name>) -> Element<'_> {
                self.browser().find(self.root(), &Query::field(Some(label.into()))).await
            }

            /// The only element of a role, where the functions above know none.
            pub async fn of_role(&self, role: &str, name: impl Into<Name>) -> Element<'_> {
                self.browser().find(self.root(), &Query::role(role, Some(name.into()))).await
            }

            /// The names of all elements of a role that are there right now.
            pub async fn names(&self, role: &str) -> Vec<String> {
                self.browser().names_of(self.root(), &Query::role(role, None)).await
            }

            /// Waits until nothing of this role has this name.
            pub async fn wait_until_gone(&self, role: &str, name: impl Into<Name>) {
                self.browser().gone(self.root(), &Query::role(role, Some(name.into()))).await;
            }
    };
    (@one $name:ident $role:literal $doc:literal) => {
        #[doc = $doc]
        pub async fn $name(&self, name: impl Into<Name>) -> Element<'_> {
            self.browser().find(self.root(), &Query::role($role, Some(name.into()))).await
        }
    };
}

impl Browser {
    finders!();
}

impl Element<'_> {
    finders!();
}

impl Browser {
    fn browser(&self) -> &Self {
        self
    }

    #[expect(clippy::unused_self, reason = "as an element's, for the macro above")]
    fn root(&self) -> Value {
        Value::Null
    }

    /// Waits until exactly one is there.
    async fn find(&self, root: Value, query: &Query) -> Element<'_> {
        let found = self
            .wait(
                async || match self.matches(&root, query).await?.as_slice() {
                    [(element, _)] => self.element(element, query.to_string()),
                    _ => None,
                },
            )
            .await;
        if let Some(element) = found {
            return element;
        }
        let same = Query {
            name: None,
            ..query.clone()
        };
        panic!(
            "there is not exactly one {query} at {}, but of this kind: {:?}",
            self.url().await,
            self.names_of(root, &same).await
        );
    }

    async fn gone(&self, root: Value, query: &Query) {
        let gone = self
            .wait(async || self.matches(&root, query).await?.is_empty().then_some(()))
            .await;
        assert!(
            gone.is_some(),
            "there still is a {query} at {}",
            self.url().await
        );
    }

    async fn names_of(&self, root: Value, query: &Query) -> Vec<String> {
        let found = self.matches(&root, query).await.unwrap_or_default();
        found.into_iter().map(|(_, name)| name).collect()
    }

    /// The elements and their names; none while the page is changing.
    async fn matches(&self, root: &Value, query: &Query) -> Option<Vec<(Value, String)>> {
        if !self.engine().is_chromium() {
            return self.matches_one_by_one(root, query).await;
        }
        let found = self
            .try_script(FIND, query.arguments(root.clone()))
            .await
            .ok()?;
        let pair = |pair: &Value| Some((pair[0].clone(), pair[1].as_str()?.to_owned()));
        found.as_array()?.iter().map(pair).collect()
    }
    async fn matches_one_by_one(
        &self,
        root: &Value,
        query: &Query,
    ) -> Option<Vec<(Value, String)>> {
        let arguments = vec![root.clone(), query.narrow_selector().into()];
        let seen = self.try_script(FIND_SEEN, arguments).await.ok()?;
        let mut found = Vec::new();
        for element in seen.as_array()? {
            let id = element[REFERENCE].as_str()?;
            let name = self.get(&format!("element/{id}/computedlabel")).await;
            let name = spaced(&name.ok()?);
            // The name first: it rules out most.
            let role = match query.roles.first() {
                Some(role) if query.is_met_by(role, &name) => {
                    let role = self.get(&format!("element/{id}/computedrole")).await;
                    text_of(&role.ok()?)
                }
                _ => String::new(),
            };
            if query.is_met_by(&role, &name) {
                found.push((element.clone(), name));
            }
        }
        Some(found)
    }
}
