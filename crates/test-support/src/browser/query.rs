//! How elements are found: by what assistive technology is told of them.

use serde_json::{Value, json};

/// An accessible name to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The whole accessible name.
    Is(String),
    /// A part of it.
    Contains(String),
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::Is(name.to_owned())
    }
}

/// A part of an accessible name: `browser.button(containing("Revoke")).await`.
pub fn containing(part: &str) -> Name {
    Name::Contains(part.to_owned())
}

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// For messages: `button`, `field`.
    pub(super) kind: String,
    /// Which elements come into question, as a CSS selector.
    pub(super) selector: &'static str,
    /// Their roles; empty is any.
    pub(super) roles: Vec<String>,
    /// Whether they are told apart by their text, since Chromium gives them no name of their own.
    pub(super) by_text: bool,
    pub(super) name: Option<Name>,
}

impl Query {
    pub(super) fn role(role: &str, name: Option<Name>) -> Self {
        Self {
            kind: role.to_owned(),
            selector: "*",
            roles: vec![role.to_owned()],
            by_text: role == "row",
            name,
        }
    }

    /// What a label belongs to, whatever its role.
    pub(super) fn field(name: Option<Name>) -> Self {
        Self {
            kind: "field".to_owned(),
            selector: "input:not([type=submit], [type=button], [type=reset], [type=hidden]), select, textarea",
            roles: Vec::new(),
            by_text: false,
            name,
        }
    }

    /// Which elements come into question in engines whose scripts can't ask for roles: looking at
    /// each of them takes a request.
    pub(super) fn narrow_selector(&self) -> &'static str {
        match self.roles.first().map(String::as_str) {
            None => self.selector,
            Some("button") => "button, [role=button], summary, input[type=submit]",
            Some("link") => "a[href]:not([role])",
            Some("heading") => "h1, h2, h3, h4",
            Some("dialog") => "dialog[open]:not([role])",
            Some("alertdialog") => "dialog[open][role=alertdialog]",
            Some("radio" | "checkbox") => "input[type=radio], input[type=checkbox]",
            Some("rowheader") => "tbody th",
            Some(other) => panic!("{other} is looked for in Chromium only so far"),
        }
    }

    /// Whether an element of this role and name is the one.
    pub(super) fn is_met_by(&self, role: &str, name: &str) -> bool {
        let is_role = self.roles.is_empty() || self.roles.iter().any(|wanted| wanted == role);
        is_role
            && match &self.name {
                None => true,
                Some(Name::Is(whole)) => name == whole,
                Some(Name::Contains(part)) => name.contains(part),
            }
    }

    /// The arguments of [`FIND`], under `root`.
    pub(super) fn arguments(&self, root: Value) -> Vec<Value> {
        let (name, whole) = match &self.name {
            None => (Value::Null, false),
            Some(Name::Is(name)) => (json!(name), true),
            Some(Name::Contains(name)) => (json!(name), false),
        };
        vec![
            root,
            json!(self.selector),
            json!(self.roles),
            json!(self.by_text),
            name,
            json!(whole),
        ]
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            None => f.write_str(&self.kind),
            Some(Name::Is(name)) => write!(f, "{} {name:?}", self.kind),
            Some(Name::Contains(part)) => write!(f, "{} with {part:?} in its name", self.kind),
        }
    }
}

/// The name that the standard gives to references to elements (WebDriver, section 12.1).
pub(super) const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A name with single spaces.
pub(super) fn spaced(name: &Value) -> String {
    let words: Vec<_> = name
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    words.join(" ")
}

/// Elements and their names: `[[element, name], …]`. Those that a person can't see or
/// reach are left out: what is behind a modal dialog, say.
pub(super) const FIND: &str = r"
const [root, selector, roles, byText, wanted, whole] = arguments;
const found = [];
// Of several modal dialogs the one on top has the focus.
const modal = document.activeElement?.closest(':modal') ?? [...document.querySelectorAll(':modal')].at(-1);
for (const element of (root ?? document).querySelectorAll(selector)) {
  if (!element.checkVisibility({visibilityProperty: true})) continue;
  if (element.closest('[inert], [aria-hidden=true]') || (modal && !modal.contains(element))) continue;
  if (roles.length > 0 && !roles.includes(element.computedRole)) continue;
  const name = (byText ? element.innerText : element.computedName ?? '').replace(/\s+/g, ' ').trim();
  if (wanted !== null && (whole ? name !== wanted : !name.includes(wanted))) continue;
  found.push([element, name]);
}
return found;
";

/// As [`FIND`], but only what can be seen and reached: their roles and names are asked for one by
/// one.
pub(super) const FIND_SEEN: &str = r"
const [root, selector] = arguments;
const modal = document.activeElement?.closest(':modal') ?? [...document.querySelectorAll(':modal')].at(-1);
return [...(root ?? document).querySelectorAll(selector)].filter((element) =>
  element.checkVisibility({visibilityProperty: true})
  && !element.closest('[inert], [aria-hidden=true]') && !(modal && !modal.contains(element)));
";

/// The element that has the focus.
pub(super) const FOCUSED_ELEMENT: &str =
    "return document.activeElement === document.body ? null : document.activeElement";

/// What has the focus, as `role "name"`.
pub(super) const FOCUSED: &str = r#"
const element = document.activeElement;
if (element === null || element === document.body) return 'nothing';
const name = (element.computedName ?? '').replace(/\s+/g, ' ').trim();
// Fields for dates have no role.
return `${element.computedRole || element.type || element.localName} "${name}"`;
"#;

/// The texts of all live regions of a role.
pub(super) const LIVE_REGION: &str = r"
return [...document.querySelectorAll('*')]
  .filter(element => element.computedRole === arguments[0] && element.checkVisibility({visibilityProperty: true}))
  .map(element => element.innerText.trim())
  .filter(text => text !== '')
  .join('\n');
";

/// The same where scripts can't ask for roles: those that say their role.
pub(super) const LIVE_REGION_BY_ATTRIBUTE: &str = r"
return [...document.querySelectorAll(`[role=${arguments[0]}]`)]
  .filter(element => element.checkVisibility({visibilityProperty: true}))
  .map(element => element.innerText.trim())
  .filter(text => text !== '')
  .join('\n');
";
