//! The schemas of the document: the types of values, and the fields of objects.

use ats_pat_text::Text;
use serde_json::Value;

use super::prose::Prose;

/// An object or an enumeration.
#[derive(Debug)]
pub struct Model {
    /// Its name in the document.
    pub name: String,
    /// What the document says of it.
    pub description: Prose,
    /// The fields, if it is an object.
    pub fields: Vec<Field>,
    /// The values, if it is an enumeration.
    pub values: Vec<String>,
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: String,
    /// The type of its value.
    pub kind: Kind,
    /// Whether it is required.
    pub is_required: bool,
    /// What the document says of it.
    pub description: Prose,
}

/// The type of a value.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Whether the value is a list of these.
    pub is_list: bool,
    /// The name of a plain type or of a model.
    pub name: String,
    /// Whether the name is that of a model.
    pub is_model: bool,
    /// Whether the value may be null.
    pub is_nullable: bool,
}

impl Model {
    /// A schema of the document by its name.
    pub fn read(document: &Value, name: &str) -> Self {
        let schema = &document["components"]["schemas"][name];
        let values = schema["enum"].as_array().into_iter().flatten();
        Self {
            name: name.to_owned(),
            description: Prose::read(text(&schema["description"])),
            fields: fields(schema),
            values: values
                .filter_map(|value| value.as_str().map(ToOwned::to_owned))
                .collect(),
        }
    }
}

impl Kind {
    /// The type of a schema, which may be a reference.
    pub fn read(schema: &Value) -> Self {
        let is_nullable = schema["nullable"] == true;
        // A nullable reference is inside `allOf`.
        if let Some(name) = referenced(schema).or_else(|| referenced(&schema["allOf"][0])) {
            return Self {
                is_list: false,
                name: name.to_owned(),
                is_model: true,
                is_nullable,
            };
        }
        if schema["type"] == "array" {
            return Self {
                is_list: true,
                is_nullable,
                ..Self::read(&schema["items"])
            };
        }
        let name = match (text(&schema["type"]), text(&schema["format"])) {
            ("string", "date-time") => "time",
            ("string", "uuid") => "UUID",
            ("string", "") => "string",
            ("string", format) => format,
            ("integer", _) => "integer",
            (kind, _) => kind,
        };
        Self {
            is_list: false,
            name: name.to_owned(),
            is_model: false,
            is_nullable,
        }
    }

    /// The words before and after its name: `list of `, ` or null`.
    pub fn around(&self, text: Text) -> [String; 2] {
        let said = |is_said, words| if is_said { words } else { ["", ""] };
        let [list_of, end] = said(self.is_list, text.docs_list_of());
        let [start, or_null] = said(self.is_nullable, text.docs_or_null());
        [[start, list_of].concat(), [end, or_null].concat()]
    }
}

/// The name of the schema that a reference names.
pub fn referenced(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

/// The text of a value, or nothing if it isn't a text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn fields(schema: &Value) -> Vec<Field> {
    let required = schema["required"].as_array();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| Field {
            name: name.clone(),
            kind: Kind::read(property),
            is_required: required.is_some_and(|names| names.iter().any(|other| other == name)),
            description: Prose::read(text(&property["description"])),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(schema: &Value) -> String {
        let kind = Kind::read(schema);
        let [before, after] = kind.around(Text::ENGLISH);
        let link = if kind.is_model { "#" } else { "" };
        format!("{before}{link}{}{after}", kind.name)
    }

    #[test]
    fn kinds_are_said_in_words() {
        let name = json!({"$ref": "#/components/schemas/Scope"});
        for (schema, said) in [
            (json!({"type": "string"}), "string"),
            (
                json!({"type": "string", "format": "date-time", "nullable": true}),
                "time or null",
            ),
            (
                json!({"type": "array", "items": {"type": "string"}, "nullable": true}),
                "list of string or null",
            ),
            (json!({"type": "array", "items": name}), "list of #Scope"),
            (
                json!({"type": "object", "allOf": [name], "nullable": true}),
                "#Scope or null",
            ),
            (json!({"type": "integer", "format": "int32"}), "integer"),
        ] {
            assert_eq!(words(&schema), said);
        }
    }
}
