//! How elements are found: by what assistive technology is told of them.

use serde_json::{Value, json};

/// An accessible name to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The whole name.
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
