//! The search texts of lists.

use ats_pat_domain::list::MAX_SEARCH;
use ats_pat_domain::name::fold;

use crate::query::Query;

/// The search text, as it was typed.
pub fn search_text(query: &Query, name: &str) -> String {
    let text = query.get(name).unwrap_or_default().trim();
    text.chars().take(MAX_SEARCH).collect()
}

/// The exact user name in a filter by owner. It is in quotation marks, as the list of users writes
/// it.
pub fn owner_named(text: &str) -> Option<&str> {
    let name = text.strip_prefix('"')?.strip_suffix('"')?;
    (!name.is_empty()).then_some(name)
}

/// The folded text that user names or display names must contain, in a filter by owner.
pub fn owner_called(text: &str) -> Option<String> {
    folded(text).filter(|_| owner_named(text).is_none())
}

/// The folded search text. `None` if nothing was typed.
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
