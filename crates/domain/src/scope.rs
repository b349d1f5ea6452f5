//! Scopes: the part of its owner's rights that a token has.

use std::collections::BTreeSet;
use std::fmt;

use ats_pat_text::Text;
use serde::Serialize;

use crate::problem::Problem;
use crate::validation::Reason;

/// The reserved scope for all of the owner's rights. A token with it has no other scope.
pub const ALL: &str = "all";
/// The reserved scope for introspection (RFC 7662, section 4: not everybody may do it). Only
/// administrators may give it, and [`ALL`] doesn't include it.
pub const INTROSPECT: &str = "introspect";
/// The longest scope name, in characters.
const MAX_SCOPE: usize = 100;

/// The scopes of one token: never empty, sorted, without duplicates. `all` is never beside others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Only the scope [`ALL`]: every right of the owner.
    pub fn all() -> Self {
        Self(vec![ALL.to_owned()])
    }

    /// Takes these names, if the policy offers them. `offered` needn't contain `all`. Drops
    /// duplicates.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] on `Scopes`, with [`Reason::Empty`] without a name, and
    /// [`Reason::UnknownValue`] for `all` beside others. [`Problem::UnknownScope`] for a name that
    /// is not offered.
    pub fn choose(names: &[String], offered: &[Scope]) -> Result<Self, Problem> {
        let scopes = Self::distinct(names)?;
        scopes.require_offered(offered)?;
        Ok(scopes)
    }

    /// Takes these names, whether or not the policy offers them. Drops duplicates.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] on `Scopes`, with [`Reason::Empty`] without a name, and
    /// [`Reason::UnknownValue`] for `all` beside others.
    pub fn distinct(names: &[String]) -> Result<Self, Problem> {
        let chosen: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        if chosen.is_empty() {
            return Err(Problem::validation("Scopes", Reason::Empty));
        }
        if chosen.contains(ALL) && chosen.len() > 1 {
            return Err(Problem::validation("Scopes", Reason::UnknownValue));
        }
        Ok(Self(chosen.into_iter().map(ToOwned::to_owned).collect()))
    }

    /// Requires that all scopes are offered. `all` always is.
    ///
    /// # Errors
    /// [`Problem::UnknownScope`] for the first one that is not.
    pub fn require_offered(&self, offered: &[Scope]) -> Result<(), Problem> {
        let is_offered = |name: &str| name == ALL || offered.iter().any(|scope| scope.name == name);
        match self.0.iter().find(|name| !is_offered(name)) {
            Some(unknown) => Err(Problem::UnknownScope {
                scope: unknown.chars().take(MAX_SCOPE).collect(),
            }),
            None => Ok(()),
        }
    }

    /// Takes these space-separated names (RFC 6749, section 3.3), if this list has each of them.
    /// `all` has itself and the scopes of the catalogue. Drops duplicates.
    ///
    /// # Errors
    /// [`NotHeld`] for a name that is unknown, malformed or not in this list, and for `all` beside
    /// others.
    pub fn narrowed(&self, names: &str, catalogue: &[Scope]) -> Result<Self, NotHeld> {
        let chosen: BTreeSet<&str> = names.split(' ').collect();
        let is_held = |name: &&str| {
            self.contains(name)
                || (self.contains(ALL) && catalogue.iter().any(|scope| scope.name == **name))
        };
        if !chosen.iter().all(is_held) || (chosen.contains(ALL) && chosen.len() > 1) {
            return Err(NotHeld);
        }
        Ok(Self(chosen.into_iter().map(ToOwned::to_owned).collect()))
    }

    /// The claim that writes [`ALL`] out: first `all`, then the names of the catalogue in its
    /// order. [`INTROSPECT`] is never in it, because no catalogue has it.
    pub fn all_written_out(catalogue: &[Scope]) -> String {
        let names = catalogue.iter().map(|scope| scope.name.as_str());
        let names: Vec<&str> = std::iter::once(ALL).chain(names).collect();
        names.join(" ")
    }

    /// Whether the list has this name. `all` has only itself here.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|held| held == name)
    }

    /// Reads the stored, space-separated form. An empty one gives no rights.
    pub fn from_stored(text: &str) -> Self {
        Self(
            text.split(' ')
                .filter(|name| !name.is_empty())
                .map(ToOwned::to_owned)
                .collect(),
        )
    }

    /// The names of all scopes, in their order.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Scopes {
    /// Space-separated, as in the `scope` claim (RFC 9068, section 2.2.3; RFC 6749, section 3.3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// A requested scope is not in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is unknown, or more than the personal access token carries")]
pub struct NotHeld;

/// A scope that the policy offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Scope {
    /// The name in tokens: a scope-token of RFC 6749, which has no space.
    pub name: String,
    /// What it allows, for the person who chooses scopes.
    pub description: String,
}

impl Scope {
    /// The reserved scope [`ALL`] with its description.
    pub fn all() -> Self {
        Self {
            name: ALL.to_owned(),
            description: Text::ENGLISH.scope_all().to_owned(),
        }
    }

    /// The reserved scope [`INTROSPECT`] with its description.
    pub fn introspect() -> Self {
        Self {
            name: INTROSPECT.to_owned(),
            description: Text::ENGLISH.scope_introspect().to_owned(),
        }
    }

    /// A scope of the catalogue.
    ///
    /// # Errors
    /// [`InvalidScope`] if the name is not a scope-token (RFC 6749, section 3.3), has more than 100
    /// characters, or is reserved.
    pub fn new(name: &str, description: &str) -> Result<Self, InvalidScope> {
        let is_token = |c: char| matches!(c, '!' | '#'..='[' | ']'..='~');
        match name {
            ALL => return Err(InvalidScope::Reserved { name: ALL }),
            INTROSPECT => return Err(InvalidScope::Reserved { name: INTROSPECT }),
            _ => {}
        }
        if name.is_empty() || name.chars().count() > MAX_SCOPE || !name.chars().all(is_token) {
            return Err(InvalidScope::NotAToken {
                name: name.to_owned(),
            });
        }
        Ok(Self {
            name: name.to_owned(),
            description: description.to_owned(),
        })
    }
}

/// Why a scope can't be in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// `all` is always offered, and `introspect` to administrators.
    #[error("the scope `{name}` is reserved and always offered: leave it out")]
    Reserved {
        /// Which of the reserved names it is.
        name: &'static str,
    },
    /// The name is not a scope-token.
    #[error(
        "`{name}` is no scope name: write 1 to 100 printable ASCII characters without space, quote or backslash"
    )]
    NotAToken {
        /// The name as written.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Vec<Scope> {
        vec![
            Scope::new("orders:read", "Read orders").unwrap(),
            Scope::new("orders:write", "Write orders").unwrap(),
        ]
    }

    fn choose(names: &[&str]) -> Result<Scopes, Problem> {
        Scopes::choose(
            &names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            &catalogue(),
        )
    }

    #[test]
    fn duplicates_and_order_do_not_matter() {
        assert_eq!(
            choose(&["orders:write", "orders:read", "orders:write"])
                .unwrap()
                .to_string(),
            "orders:read orders:write"
        );
    }

    #[test]
    fn all_is_never_beside_others() {
        assert_eq!(choose(&["all", "all"]).unwrap(), Scopes::all());
        assert_eq!(
            choose(&["all", "nope"]),
            Err(Problem::validation("Scopes", Reason::UnknownValue))
        );
        assert_eq!(
            choose(&["all", "orders:read"]),
            Err(Problem::validation("Scopes", Reason::UnknownValue))
        );
    }

    #[test]
    fn no_scope_and_an_unknown_scope_are_refused() {
        assert_eq!(
            choose(&[]),
            Err(Problem::validation("Scopes", Reason::Empty))
        );
        assert_eq!(
            choose(&["ALL"]),
            Err(Problem::UnknownScope {
                scope: "ALL".to_owned()
            })
        );
    }

    #[test]
    fn narrowing_gives_only_scopes_of_the_list() {
        let some = Scopes::from_stored("introspect orders:read retired");
        for (held, asked, given) in [
            (&some, "orders:read", Some("orders:read")),
            (
                &some,
                "retired orders:read retired",
                Some("orders:read retired"),
            ),
            (&some, "introspect", Some("introspect")),
            (&some, "orders:write", None),
            (&some, "all", None),
            (&some, "", None),
            (&some, "orders:read ", None),
            (&some, "orders:read  introspect", None),
            (&some, "Orders:read", None),
            (&Scopes::all(), "all", Some("all")),
            (&Scopes::all(), "all all", Some("all")),
            (
                &Scopes::all(),
                "orders:write orders:read",
                Some("orders:read orders:write"),
            ),
            (&Scopes::all(), "all orders:read", None),
            (&Scopes::all(), "retired", None),
            (&Scopes::all(), "introspect", None),
            (&Scopes::from_stored(""), "", None),
        ] {
            let narrowed = held.narrowed(asked, &catalogue());
            assert_eq!(
                narrowed.ok().map(|scopes| scopes.to_string()).as_deref(),
                given,
                "{held} to {asked:?}"
            );
        }
    }

    #[test]
    fn all_is_written_out_before_the_names_of_the_catalogue() {
        let mut catalogue = catalogue();
        assert_eq!(
            Scopes::all_written_out(&catalogue),
            "all orders:read orders:write"
        );
        catalogue.reverse();
        assert_eq!(
            Scopes::all_written_out(&catalogue),
            "all orders:write orders:read"
        );
        assert_eq!(Scopes::all_written_out(&[]), "all");
    }

    #[test]
    fn only_scope_tokens_can_be_in_the_catalogue() {
        for name in ["", "a b", "a\"b", "a\\b", "é", "all", "introspect"] {
            assert!(Scope::new(name, "").is_err(), "{name}");
        }
    }
}
