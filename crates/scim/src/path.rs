//! Paths to attributes, in PATCH and in filters (RFC 7644, section 3.10).

use crate::filter::{Comparison, Filter};
use crate::refusal::Refusal;

/// The longest path. No attribute here needs more.
const LONGEST: usize = 1000;

/// The way to an attribute: `name.givenName`, `emails[type eq "work"].value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The name of the attribute, in small letters, without its URN. `None` for an attribute of
    /// another schema, which is not kept.
    pub attribute: Option<String>,
    /// What values of several it means. Empty: all.
    pub only: Vec<Comparison>,
    /// The name of the attribute inside of it, in small letters.
    pub sub: Option<String>,
}

impl Path {
    /// Reads a path to an attribute of the schema `urn`.
    ///
    /// # Errors
    /// `invalidPath`.
    pub fn parse(text: &str, urn: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return Err(malformed());
        }
        let Some(text) = strip_urn(text, urn) else {
            return Ok(Self {
                attribute: None,
                only: Vec::new(),
                sub: None,
            });
        };
        let (attribute, only, rest) = match text.split_once('[') {
            None => {
                let (attribute, rest) = text.split_once('.').map_or((text, ""), |parts| parts);
                (attribute, Vec::new(), rest)
            }
            Some((attribute, rest)) => {
                let (filter, rest) = rest.rsplit_once(']').ok_or_else(malformed)?;
                let filter = Filter::parse(filter).map_err(|_| malformed())?;
                let rest = match rest {
                    "" => "",
                    rest => rest.strip_prefix('.').ok_or_else(malformed)?,
                };
                (attribute, filter.0, rest)
            }
        };
        if text.ends_with('.') || !is_name(attribute) || !(rest.is_empty() || is_name(rest)) {
            return Err(malformed());
        }
        Ok(Self {
            attribute: Some(attribute.to_ascii_lowercase()),
            only,
            sub: (!rest.is_empty()).then(|| rest.to_ascii_lowercase()),
        })
    }

    /// The name of the attribute; empty for one of another schema.
    pub fn name(&self) -> &str {
        self.attribute.as_deref().unwrap_or_default()
    }
}

/// The text without the URN of its schema. `None` for an attribute of another schema.
pub fn strip_urn<'a>(text: &'a str, urn: &str) -> Option<&'a str> {
    if !text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
    {
        return Some(text);
    }
    let (start, rest) = text.split_at_checked(urn.len())?;
    let rest = rest.strip_prefix(':')?;
    start.eq_ignore_ascii_case(urn).then_some(rest)
}

/// Whether it can be the name of an attribute (RFC 7643, section 2.1).
pub fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    !text.is_empty() && text.bytes().all(is_part)
}

fn malformed() -> Refusal {
    Refusal::invalid_path("The path of an operation is not one of SCIM.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

    fn parts(text: &str) -> Option<(String, usize, String)> {
        let path = Path::parse(text, USER).ok()?;
        let sub = path.sub.clone().unwrap_or_default();
        Some((path.name().to_owned(), path.only.len(), sub))
    }

    #[test]
    fn a_path_has_a_name_a_filter_and_a_name_inside() {
        let is = |name: &str, only, sub: &str| Some((name.to_owned(), only, sub.to_owned()));
        assert_eq!(parts("userName"), is("username", 0, ""));
        assert_eq!(parts("name.givenName"), is("name", 0, "givenname"));
        let emails = "emails[type eq \"work\"].value";
        assert_eq!(parts(emails), is("emails", 1, "value"));
        assert_eq!(parts("members[value eq \"7\"]"), is("members", 1, ""));
        assert_eq!(parts(&format!("{USER}:active")), is("active", 0, ""));
        let other = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
        assert_eq!(parts(other), is("", 0, ""));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            " ",
            "a b",
            "name.",
            ".name",
            "name.a.b",
            "emails[type eq \"work\"",
            "emails[type]",
            "emails[type eq \"work\"]value",
            "emails[type eq \"work\"].",
            "[type eq \"work\"]",
        ] {
            assert_eq!(parts(text), None, "{text:?}");
        }
    }
}
