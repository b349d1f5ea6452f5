//! The form for the policy.

use askama::Template;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::errors::PolicyErrors;
use super::field::{Kind, PolicyField, choice as in_words};
use super::typed::{TypedPolicy, TypedRules, VERSION, emptied_name, place};
use crate::page::{Frame, Section, render};
use crate::visit::Visit;

/// The page with the form.
#[derive(Template)]
#[template(path = "policy.html")]
pub struct PolicyPage {
    frame: Frame,
    text: Text,
    /// The address of the page's own style sheet.
    style: String,
    /// The version that the form was made from.
    version: String,
    base: Vec<FieldView>,
    groups: Vec<GroupView>,
    /// An error of the whole form.
    error: Option<String>,
    /// Whether another policy came into force in the meantime.
    is_outdated: bool,
}

struct GroupView {
    number: usize,
    name: FieldView,
    fields: Vec<FieldView>,
}

/// A field for display.
struct FieldView {
    id: String,
    name: String,
    label: &'static str,
    hint: Option<&'static str>,
    value: String,
    input: Input,
    error: Option<String>,
    has_focus: bool,
}

enum Input {
    /// A line of text, or a whole number.
    Line { is_number: bool, is_required: bool },
    /// The values with their labels, and whether they are chosen.
    Choice(Vec<(&'static str, &'static str, bool)>),
    /// Several lines. A group also has a checkbox for an empty list: its name, its label, and
    /// whether it is checked.
    Lines(Option<(String, &'static str, bool)>),
}

/// What the page says about the form.
#[derive(Default)]
pub struct Said {
    /// The errors of its fields.
    pub errors: PolicyErrors,
    /// Whether another policy came into force in the meantime.
    pub is_outdated: bool,
    /// Whether the last group was just added.
    pub is_added: bool,
    /// Whether the entries were kept when the session had ended.
    pub is_kept: bool,
}

impl PolicyPage {
    /// The form with these entries.
    pub fn new(visit: &Visit<'_>, typed: &TypedPolicy, said: &Said) -> Self {
        let text = visit.text;
        let mut frame = Frame::new(visit, Section::Policy);
        if said.is_kept {
            frame.message = Some((text.token_entries_kept().to_owned(), false));
        }
        let fields = |group: Option<usize>, rules: &TypedRules| {
            let place = place(group);
            let field = |field| FieldView::new(field, &place, rules, &said.errors, text);
            PolicyField::of(group.is_none()).map(field).collect()
        };
        let groups = typed.groups.iter().enumerate();
        let mut page = Self {
            frame,
            text,
            style: visit.shared.assets.address("policy.css"),
            version: typed.version.clone(),
            base: fields(None, &typed.base),
            groups: groups
                .map(|(number, group)| GroupView {
                    number,
                    name: FieldView::group(number, &group.name, &said.errors, text),
                    fields: fields(Some(number), &group.rules),
                })
                .collect(),
            error: said.errors.at("Groups"),
            is_outdated: said.is_outdated,
        };
        page.set_focus(said.is_added);
        page
    }

    /// The answer with this page.
    pub fn answer(&self, status: StatusCode) -> Response {
        render(self, status)
    }

    /// Gives the focus to the first field with an error, otherwise to the name of a group that was
    /// added.
    fn set_focus(&mut self, is_added: bool) {
        let of_groups = self.groups.iter_mut();
        let of_groups =
            of_groups.flat_map(|group| std::iter::once(&mut group.name).chain(&mut group.fields));
        let mut fields = self.base.iter_mut().chain(of_groups);
        if let Some(first) = fields.find(|field| field.error.is_some()) {
            first.has_focus = true;
        } else if let Some(last) = self.groups.last_mut().filter(|_| is_added) {
            last.name.has_focus = true;
        }
    }
}

impl FieldView {
    fn new(
        field: PolicyField,
        place: &str,
        rules: &TypedRules,
        errors: &PolicyErrors,
        text: Text,
    ) -> Self {
        let is_base = place.is_empty();
        let name = format!("{place}{}", field.name());
        let value = rules.value(field);
        let input = match field.kind() {
            Kind::Number(_) => Input::Line {
                is_number: true,
                is_required: is_base,
            },
            Kind::Choice(choices) => {
                let as_everybody = ("", text.policy_as_for_everybody(), value.is_empty());
                let choices = choices.iter().map(|choice| {
                    let words = in_words(choice, text);
                    (*choice, words, *choice == value)
                });
                let first = (!is_base).then_some(as_everybody);
                Input::Choice(first.into_iter().chain(choices).collect())
            }
            Kind::Scopes | Kind::Networks => Input::Lines((!is_base).then(|| {
                let emptied = emptied_name(place, field);
                (emptied, field.empty_list(text), rules.is_emptied(field))
            })),
        };
        Self {
            id: id(&name),
            label: field.label(text),
            // Groups don't repeat the hints of the base.
            hint: is_base.then(|| field.hint(text)),
            value: value.to_owned(),
            input,
            error: errors.at(&name),
            has_focus: false,
            name,
        }
    }

    fn group(number: usize, group: &str, errors: &PolicyErrors, text: Text) -> Self {
        let name = format!("{}Group", place(Some(number)));
        Self {
            id: id(&name),
            label: text.policy_group(),
            hint: Some(text.policy_group_hint()),
            value: group.to_owned(),
            input: Input::Line {
                is_number: false,
                is_required: true,
            },
            error: errors.at(&name),
            has_focus: false,
            name,
        }
    }
}

/// An id that style sheets and checkers accept.
fn id(name: &str) -> String {
    name.replace("].", "-").replace('[', "-")
}
