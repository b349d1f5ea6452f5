//! Puts the lines of a sentence together that its comment wraps.

use serde_json::Value;

/// Joins the lines of each paragraph in every description and summary. A reader of the document
/// wraps them by the width of a window.
pub fn join(document: &mut Value) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" || name == "summary" => {
                        *text = joined(text);
                    }
                    other => join(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(join),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn joined(text: &str) -> String {
    let paragraphs = text.split("\n\n");
    let joined: Vec<_> = paragraphs.map(|lines| lines.replace('\n', " ")).collect();
    joined.join("\n\n")
}
