//! Events as comma-separated values (RFC 4180).

use std::borrow::Cow;

use ats_pat_program::visible_in_json;
use ats_pat_service::view::EventView;
use serde_json::Value;

/// The first line, which names the columns.
pub const HEADER: &str = "Seq,Id,At,Actor,Owner,Kind,Subject,Details\r\n";

/// The event as a line. The details are JSON, without the tags of rows, which only `audit verify`
/// compares.
pub fn csv(event: &EventView) -> String {
    let fields = [
        event.seq.to_string(),
        event.id.to_string(),
        event.at.to_string(),
        event.actor.clone(),
        event
            .owner
            .map(|owner| owner.to_string())
            .unwrap_or_default(),
        event.kind.clone(),
        event.subject.clone(),
        details(&event.details),
    ];
    let fields: Vec<_> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",") + "\r\n"
}

/// JSON that no other separator can tear apart: a spreadsheet that separates by semicolons or tabs
/// must not find a formula behind one.
fn details(details: &Value) -> String {
    let mut details = details.clone();
    if let Some(object) = details.as_object_mut() {
        object.remove("Rows");
    }
    let text = details.to_string();
    // Only strings of JSON have semicolons. It escapes tabs and line ends itself.
    visible_in_json(&text).replace(';', "\\u003b")
}

/// The field as it is written. One that a spreadsheet would take for a formula begins with an
/// apostrophe.
fn quoted(field: &str) -> Cow<'_, str> {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    if field.contains(['"', ',', ';', '\t', '\r', '\n']) {
        Cow::Owned(format!("\"{guard}{}\"", field.replace('"', "\"\"")))
    } else if is_formula {
        Cow::Owned(format!("{guard}{field}"))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::{EventId, Timestamp};
    use serde_json::json;

    use super::*;

    fn event(subject: &str, details: Value) -> EventView {
        EventView {
            seq: 7,
            id: EventId::new(Timestamp::from_millis(0), [0; 10]),
            at: Timestamp::from_millis(0),
            actor: "operator".to_owned(),
            owner: None,
            kind: "user.created".to_owned(),
            subject: subject.to_owned(),
            details,
        }
    }

    /// A spreadsheet of another language separates by semicolons, and knows quotes only around a
    /// whole field.
    fn fields_by(separator: char, line: &str) -> Vec<&str> {
        line.split(separator).collect()
    }

    #[test]
    fn no_field_is_a_formula_in_any_spreadsheet() {
        let name = "x;=cmd|'/C calc'!A0\t=1+1\r\n=2+2,\"=3+3\"";
        let line = csv(&event("-k_id", json!({"UserName": name})));
        assert!(line.contains(",'-k_id,"), "{line}");
        for separator in [';', '\t', '\n', '\r'] {
            for field in fields_by(separator, line.trim_end()) {
                assert!(!field.starts_with(['=', '+', '-', '@']), "{line}");
            }
        }
    }

    #[test]
    fn the_details_are_the_same_json() {
        let details = json!({"Name": "a;b\"c,d\u{202e}\n", "Rows": [1], "Count": -1});
        let line = csv(&event("id", details));
        let (_, last) = line.split_once(",id,").unwrap();
        let json = last.trim_end().strip_prefix('"').unwrap();
        let json = json.strip_suffix('"').unwrap().replace("\"\"", "\"");
        assert!(!json.contains('\u{202e}'));
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read, json!({"Name": "a;b\"c,d\u{202e}\n", "Count": -1}));
    }
}
