//! What lists are searched for.

use ats_pat_domain::list::MAX_SEARCH;
use ats_pat_domain::name::fold;

use crate::query::Query;

/// What is searched for, as it was typed.
pub fn search_text(query: &Query, name: &str) -> String {
    let text = query.get(name).unwrap_or_default().trim();
    text.chars().take(MAX_SEARCH).collect()
}

/// The user name that a filter by owner asks for exactly: one in quotation marks, as the list of
/// users writes it.
pub fn owner_named(text: &str) -> Option<&str> {
    let name = text.strip_prefix('"')?.strip_suffix('"')?;
    (!name.is_empty()).then_some(name)
}

/// What a filter by owner asks user names and display names to hold, as it is compared.
pub fn owner_called(text: &str) -> Option<String> {
    folded(text).filter(|_| owner_named(text).is_none())
}

/// What is searched for, as it is compared; nothing where nothing was typed.
pub fn folded(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| fold(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_in_quotation_marks_is_one_and_any_other_text_a_part_of_names() {
        for (text, named, called) in [
            ("", None, None),
            ("Ada", None, Some("ada")),
            ("\"ada\"", Some("ada"), None),
            ("\"\"", None, Some("\"\"")),
            ("\"", None, Some("\"")),
        ] {
            assert_eq!(owner_named(text), named, "{text}");
            assert_eq!(owner_called(text).as_deref(), called, "{text}");
        }
    }
}
