//! Filters (RFC 7644, section 3.4.2.2): comparisons by `eq` that `and` joins, and nothing else.

use serde_json::Value;

use crate::refusal::Refusal;

/// The most comparisons. Nobody needs more than one for each attribute.
const MOST: usize = 8;
/// The longest filter, in bytes.
const LONGEST: usize = 4000;

/// Comparisons that must all be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(pub Vec<Comparison>);

/// An attribute that must have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The attribute as it was written.
    pub attribute: String,
    /// The value as text.
    pub value: String,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(malformed());
        }
        let mut rest = text.trim();
        let mut all = Vec::new();
        loop {
            let (comparison, after) = comparison(rest)?;
            all.push(comparison);
            if after.is_empty() {
                return Ok(Self(all));
            }
            let (word, after) = word(after);
            if !word.eq_ignore_ascii_case("and") || all.len() == MOST {
                return Err(unsupported());
            }
            rest = after;
        }
    }
}

/// The first comparison, and the text after it.
fn comparison(text: &str) -> Result<(Comparison, &str), Refusal> {
    let (attribute, rest) = word(text);
    let (operator, rest) = word(rest);
    if attribute.is_empty() || operator.is_empty() {
        return Err(malformed());
    }
    if !operator.eq_ignore_ascii_case("eq") {
        return Err(unsupported());
    }
    let (value, rest) = value(rest)?;
    let comparison = Comparison {
        attribute: attribute.to_owned(),
        value,
    };
    Ok((comparison, rest))
}

/// The first word, and the text after it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start())
}

/// The value in JSON at the beginning, and the text after it.
fn value(text: &str) -> Result<(String, &str), Refusal> {
    let text = text.trim_start();
    let end = if text.starts_with('"') {
        end_of_string(text).ok_or_else(malformed)?
    } else {
        text.find(char::is_whitespace).unwrap_or(text.len())
    };
    let (value, rest) = text.split_at(end);
    if !(rest.is_empty() || rest.starts_with(char::is_whitespace)) {
        return Err(malformed());
    }
    let value = match serde_json::from_str(value) {
        Ok(Value::String(text)) => text,
        Ok(Value::Bool(boolean)) => boolean.to_string(),
        Ok(Value::Number(number)) => number.to_string(),
        // Entra ID writes booleans as Python does.
        _ if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") => {
            value.to_ascii_lowercase()
        }
        _ => return Err(malformed()),
    };
    Ok((value, rest.trim_start()))
}

/// Where the text in quotes ends.
fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(place + 1),
            _ => {}
        }
    }
    None
}

fn malformed() -> Refusal {
    Refusal::invalid_filter("The filter is not one of SCIM.")
}

fn unsupported() -> Refusal {
    Refusal::invalid_filter("Filters can compare by eq, and join comparisons by and.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Option<Vec<(String, String)>> {
        let Filter(all) = Filter::parse(text).ok()?;
        let pairs = all.into_iter().map(|it| (it.attribute, it.value));
        Some(pairs.collect())
    }

    #[test]
    fn comparisons_are_read_with_escapes_and_in_any_case() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            parsed("userName eq \"a b\""),
            Some(vec![pair("userName", "a b")])
        );
        assert_eq!(
            parsed(" userName EQ \"a\\\"] and \\u0062\"  And externalId eq \"7\" "),
            Some(vec![
                pair("userName", "a\"] and b"),
                pair("externalId", "7")
            ])
        );
        assert_eq!(parsed("active eq True"), Some(vec![pair("active", "true")]));
        assert_eq!(
            parsed("primary eq true"),
            Some(vec![pair("primary", "true")])
        );
    }

    #[test]
    fn what_is_no_filter_or_another_one_is_refused() {
        for text in [
            "",
            "userName",
            "userName eq",
            "userName eq a",
            "userName eq \"a",
            "userName eq \"a\\\"",
            "userName eq \"a\"and externalId eq \"b\"",
            "userName eq \"a\" or externalId eq \"b\"",
            "userName eq \"a\" and",
            "userName co \"a\"",
            "userName pr",
            "not (userName eq \"a\")",
            "(userName eq \"a\")",
            "userName eq null",
            "userName eq [\"a\"]",
        ] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
        let many = ["a eq \"b\""; MOST + 1].join(" and ");
        assert_eq!(parsed(&many), None);
        assert!(parsed(&many["a eq \"b\" and ".len()..]).is_some());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fail_badly(text in "\\PC{0,60}") {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn no_text_of_the_right_pieces_makes_it_either(
            pieces in proptest::collection::vec(
                prop_oneof!["userName", " ", "eq", "\"", "\\\\", "and", "\\[", "\\]", "é", "\u{0}"], 0..20
            )
        ) {
            let _ = Filter::parse(&pieces.concat());
        }

        #[test]
        fn every_value_comes_back(value in any::<String>()) {
            let written = format!("userName eq {}", Value::from(value.clone()));
            if written.len() <= LONGEST {
                prop_assert_eq!(parsed(&written), Some(vec![("userName".to_owned(), value)]));
            }
        }
    }
}
