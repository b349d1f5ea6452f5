//! Text for terminals and logs.

use std::borrow::Cow;

/// Whether a terminal obeys a character instead of showing it, or shows the text around it in
/// another order: control characters, line separators and bidirectional controls.
pub fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such characters written out, such as `\u{1b}`, so that a name can neither move the
/// cursor nor begin a line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let characters = text.chars().map(|character| {
        if is_obeyed(character) {
            character.escape_unicode().to_string()
        } else {
            character.to_string()
        }
    });
    Cow::Owned(characters.collect())
}

/// Like [`visible`], for a text that is JSON and stays JSON. Only its strings can have such
/// characters, except for line ends between its members.
pub fn visible_in_json(text: &str) -> Cow<'_, str> {
    let is_obeyed = |character: char| character != '\n' && is_obeyed(character);
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let characters = text.chars().map(|character| {
        if is_obeyed(character) {
            // All of them are in the first plane, so one unit is enough.
            format!("\\u{:04x}", u32::from(character))
        } else {
            character.to_string()
        }
    });
    Cow::Owned(characters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json() {
        let json = "{\n  \"a\": \"x\u{9b}y\u{202e}\"\n}";
        assert_eq!(visible_in_json(json), "{\n  \"a\": \"x\\u009by\\u202e\"\n}");
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(visible("Ada Lovelace — Ωμέγα"), "Ada Lovelace — Ωμέγα");
        assert_eq!(
            visible("a\u{1b}[2J\r\nb\u{9b}c\u{202e}d\u{7}"),
            "a\\u{1b}[2J\\u{d}\\u{a}b\\u{9b}c\\u{202e}d\\u{7}"
        );
    }
}
