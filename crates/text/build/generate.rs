//! The catalogue as Rust.

use std::path::{Path, PathBuf};

use crate::catalogue::{Kind, Message, Variable};

/// A method of `Text` for each message.
pub fn methods(messages: &[Message]) -> String {
    let (mut plain, mut slotted) = (0.., 0..);
    let mut methods = String::new();
    for message in messages {
        let (id, variables) = (&message.id, &message.variables);
        let name = id.replace('-', "_");
        let method = if variables.is_empty() {
            let index = plain.next().unwrap_or_default();
            format!("{name}(self) -> &'static str {{ self.plain({index}) }}")
        } else if has_slots(message) {
            let (index, pieces) = (slotted.next().unwrap_or_default(), variables.len() + 1);
            format!("{name}(self) -> [&'static str; {pieces}] {{ self.pieces({index}) }}")
        } else {
            let taken = list(variables, taken);
            let given = list(variables, given);
            format!("{name}(self, {taken}) -> String {{ self.filled({id:?}, [{given}]) }}")
        };
        let says = format!("```text\n{}\n```", message.text);
        methods.push_str(
            &[
                "#[doc = ",
                &format!("{says:?}"),
                "]\npub fn ",
                &method,
                "\n",
            ]
            .concat(),
        );
    }
    format!("impl Text {{\n{methods}}}\n")
}

/// The lists that the catalogue is read by: the ids of texts without variables, the ids of texts
/// with slots, and the `languages` with their files.
pub fn lists(messages: &[Message], languages: &[(&str, &[PathBuf])]) -> String {
    let plain = messages.iter().filter(|text| text.variables.is_empty());
    let plain = list(plain, |text| format!("{:?}", text.id));
    let slotted = list(messages.iter().filter(|text| has_slots(text)), |text| {
        let slots = list(&text.variables, |slot| format!("{:?}", slot.name));
        format!("({:?}, &[{slots}])", text.id)
    });
    let languages = list(languages, |(tag, files)| {
        format!("({tag:?}, &[{}])", list(*files, |file| included(file)))
    });
    format!(
        "const PLAIN: &[&str] = &[{plain}];\n\
         const SLOTTED: &[(&str, &[&str])] = &[{slotted}];\n\
         const LANGUAGES: &[(&str, &[&str])] = &[{languages}];\n"
    )
}

fn list<T>(of: impl IntoIterator<Item = T>, write: impl Fn(T) -> String) -> String {
    let written: Vec<String> = of.into_iter().map(write).collect();
    written.join(", ")
}

fn has_slots(message: &Message) -> bool {
    let mut variables = message.variables.iter();
    variables.any(|variable| variable.kind == Kind::Slot)
}

/// The parameter for a variable.
fn taken(variable: &Variable) -> String {
    let bound = match variable.kind {
        Kind::Number => "Number",
        Kind::String | Kind::Slot => "Display",
    };
    format!("{}: impl {bound}", parameter(variable))
}

/// The variable as it is handed on.
fn given(variable: &Variable) -> String {
    let value = match variable.kind {
        Kind::Number => "number()",
        Kind::String | Kind::Slot => "to_string()",
    };
    let (name, parameter) = (&variable.name, parameter(variable));
    format!("({name:?}, FluentValue::from({parameter}.{value}))")
}

fn parameter(variable: &Variable) -> String {
    variable.name.replace('-', "_")
}

fn included(file: &Path) -> String {
    let path = file.display();
    format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{path}\"))")
}
