//! The content of a catalogue, and the rules for it.
//!
//! The comment above a text declares its variables, one on each line: `$name (String)`,
//! `$count (Number)` or `$link (Slot)`. A slot is where a page puts an element of its own, such as
//! a link.

use fluent_syntax::ast::{Comment, Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

/// The kind of value that fills a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    String,
    /// A count, which may choose a plural; `NUMBER($count)` shows it with its digits in groups.
    Number,
    /// An element of the page.
    Slot,
}

/// A variable of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name, without the dollar sign.
    pub name: String,
    /// The kind of value that fills it.
    pub kind: Kind,
}

/// A text of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// Its variables, in the order of the comment.
    pub variables: Vec<Variable>,
    /// How the text uses variables, in order. A variable that is used twice is listed twice.
    pub uses: Vec<Variable>,
    /// The text, for its documentation.
    pub text: String,
}

/// The texts of one language.
#[derive(Default)]
pub struct Catalogue {
    /// In the order of the files.
    pub messages: Vec<Message>,
}

impl Catalogue {
    /// Adds the texts of a file.
    pub fn add(&mut self, source: &str) -> Result<(), String> {
        let resource = parser::parse(source).map_err(|(_, errors)| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            errors.join("; ")
        })?;
        for entry in resource.body {
            let message = match entry {
                Entry::Message(message) => message,
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
                Entry::Term(term) => {
                    return Err(format!("-{}: write the words themselves", term.id.name));
                }
                Entry::Junk { content } => return Err(format!("not a text: {content}")),
            };
            let id = message.id.name.to_owned();
            if self.messages.iter().any(|known| known.id == id) {
                return Err(format!("{id} is there twice"));
            }
            if !message.attributes.is_empty() {
                return Err(format!("{id} has attributes: write texts of their own"));
            }
            let Some(pattern) = message.value else {
                return Err(format!("{id} is empty"));
            };
            let read = Message {
                variables: message.comment.map(declared).unwrap_or_default(),
                uses: uses(&pattern).map_err(|wrong| format!("{id}: {wrong}"))?,
                text: shown(&pattern),
                id,
            };
            self.messages.push(read);
        }
        Ok(())
    }
}

/// Checks that each text of `first` uses its variables as it declares them, and that `other` has
/// the same texts with the same variables.
pub fn complete(first: &[Message], other: &[Message]) -> Result<(), String> {
    for message in first {
        let id = &message.id;
        let Some(same) = other.iter().find(|same| same.id == *id) else {
            return Err(format!("{id} is missing"));
        };
        let declared = &message.variables;
        for used in &same.uses {
            let Some(variable) = declared.iter().find(|known| known.name == used.name) else {
                return Err(format!("{id} uses ${}, which is not declared", used.name));
            };
            if used.kind == Kind::Number && variable.kind != Kind::Number {
                return Err(format!("{id} counts by ${}, which is no Number", used.name));
            }
        }
        for variable in declared {
            let is_used = |used: &&Variable| used.name == variable.name;
            match same.uses.iter().filter(is_used).count() {
                0 => return Err(format!("{id} does not use ${}", variable.name)),
                1 => {}
                _ if variable.kind == Kind::Slot => {
                    return Err(format!("{id} uses the slot ${} twice", variable.name));
                }
                _ => {}
            }
        }
        let slots = || declared.iter().filter(|known| known.kind == Kind::Slot);
        if slots().next().is_some() && slots().count() < declared.len() {
            return Err(format!("{id} has slots and other variables"));
        }
        let names = |variables: &[Variable]| -> Vec<String> {
            variables.iter().map(|known| known.name.clone()).collect()
        };
        if slots().next().is_some() && names(&same.uses) != names(declared) {
            return Err(format!("{id} has its slots in another order"));
        }
    }
    match other
        .iter()
        .find(|text| first.iter().all(|known| known.id != text.id))
    {
        Some(surplus) => Err(format!("{} is in no other language", surplus.id)),
        None => Ok(()),
    }
}

fn declared(comment: Comment<&str>) -> Vec<Variable> {
    let variable = |line: &str| {
        let (name, rest) = line.trim().strip_prefix('$')?.split_once(" (")?;
        let kind = match rest.split_once(')')?.0 {
            "String" => Kind::String,
            "Number" => Kind::Number,
            "Slot" => Kind::Slot,
            _ => return None,
        };
        let name = name.to_owned();
        Some(Variable { name, kind })
    };
    comment.content.into_iter().filter_map(variable).collect()
}

fn uses(pattern: &Pattern<&str>) -> Result<Vec<Variable>, String> {
    let mut found = Vec::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } if value.contains('\n') => {
                return Err("write the text on one line".to_owned());
            }
            PatternElement::TextElement { .. } => {}
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(inline) => found.extend(used(inline)?),
                Expression::Select { selector, variants } => {
                    let InlineExpression::VariableReference { id } = selector else {
                        return Err("choose by a variable".to_owned());
                    };
                    found.push(variable(id.name, Kind::Number));
                    for variant in variants {
                        found.extend(uses(&variant.value)?);
                    }
                }
            },
        }
    }
    Ok(found)
}

fn used(inline: &InlineExpression<&str>) -> Result<Option<Variable>, String> {
    match inline {
        InlineExpression::StringLiteral { .. } => Ok(None),
        InlineExpression::VariableReference { id } => Ok(Some(variable(id.name, Kind::String))),
        InlineExpression::FunctionReference { id, arguments } => {
            match (id.name, &*arguments.positional, &*arguments.named) {
                ("NUMBER", [InlineExpression::VariableReference { id }], []) => {
                    Ok(Some(variable(id.name, Kind::Number)))
                }
                _ => Err("the only function is NUMBER($variable)".to_owned()),
            }
        }
        _ => Err("write the words themselves, and variables".to_owned()),
    }
}

fn variable(name: &str, kind: Kind) -> Variable {
    let name = name.to_owned();
    Variable { name, kind }
}

/// The text as people read it, with the names of its variables.
fn shown(pattern: &Pattern<&str>) -> String {
    let mut text = String::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.push_str(value),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(InlineExpression::StringLiteral { value }) => {
                    text.push_str(value);
                }
                Expression::Inline(inline) => {
                    if let Ok(Some(variable)) = used(inline) {
                        text.push_str(&["{ $", &variable.name, " }"].concat());
                    }
                }
                Expression::Select { variants, .. } => {
                    let usual = variants.iter().find(|variant| variant.default);
                    text.push_str(&usual.map(|usual| shown(&usual.value)).unwrap_or_default());
                }
            },
        }
    }
    text
}
