//! The entries of the form, as they were typed. They are made from a policy document, and give one.
//!
//! The fields of the form have the names that failures use (`Groups[0].MaxLifetimeDays`).

use std::collections::HashMap;

use ats_pat_domain::policy_document::MAX_GROUP_POLICIES;
use ats_pat_domain::problem::{Failure, Place, Problem, Reason};
use ats_pat_domain::{Policies, PolicyDocument};
use serde_json::{Map, Value, json};

use super::field::{Kind, PolicyField};

/// The field with the version that the form was made from.
pub const VERSION: &str = "Version";
/// The most groups that are read. It is more than a policy may have, so that the form can report
/// it.
const MAX_GROUPS: usize = MAX_GROUP_POLICIES + 10;

/// All entries of the form, as they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedPolicy {
    /// The version that the form was made from.
    pub version: String,
    /// What holds for everybody, if no group has another rule.
    pub base: TypedRules,
    /// What is different for groups.
    pub groups: Vec<TypedGroup>,
}

/// What is different for one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedGroup {
    /// The name of the group.
    pub name: String,
    /// The fields that it sets.
    pub rules: TypedRules,
}

/// The entries for everybody, or for a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedRules {
    /// The entry of each field, in the order of [`PolicyField::ALL`].
    values: [String; PolicyField::ALL.len()],
    /// Whether a group sets an empty list.
    is_emptied: [bool; PolicyField::ALL.len()],
}

/// The beginning of the fields' names, for everybody or for a group by its number.
pub fn place(group: Option<usize>) -> String {
    group.map_or_else(String::new, |number| format!("Groups[{number}]."))
}

/// The name of the checkbox for an empty list.
pub fn emptied_name(place: &str, field: PolicyField) -> String {
    format!("{place}{}.Empty", field.name())
}

impl TypedPolicy {
    /// The entries for a policy.
    pub fn of(policy: &PolicyDocument, version: String) -> Self {
        let document = serde_json::to_value(policy).unwrap_or_default();
        let groups = document["Groups"].as_array().into_iter().flatten();
        Self {
            version,
            base: TypedRules::of(&document),
            groups: groups
                .map(|group| TypedGroup {
                    name: group["Group"].as_str().unwrap_or_default().to_owned(),
                    rules: TypedRules::of(group),
                })
                .collect(),
        }
    }

    /// Reads a form that was posted or kept.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let fields: HashMap<&str, &str> = pairs.collect();
        let group = |number: usize| {
            let place = place(Some(number));
            let name = fields.get(format!("{place}Group").as_str())?;
            Some(TypedGroup {
                name: name.trim().to_owned(),
                rules: TypedRules::read(&place, &fields),
            })
        };
        Self {
            version: fields.get(VERSION).copied().unwrap_or_default().to_owned(),
            base: TypedRules::read("", &fields),
            groups: (0..MAX_GROUPS).map_while(group).collect(),
        }
    }

    /// The fields for posting the form again.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = vec![(VERSION.to_owned(), self.version.clone())];
        self.base.put("", &mut pairs);
        for (number, group) in self.groups.iter().enumerate() {
            let place = place(Some(number));
            pairs.push((format!("{place}Group"), group.name.clone()));
            group.rules.put(&place, &mut pairs);
        }
        pairs
    }

    /// The entries as a document and as a policy.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] with every field that is not valid.
    pub fn document(&self) -> Result<(PolicyDocument, Policies), Problem> {
        let mut failures = Vec::new();
        let mut document = self.base.document("", &mut failures);
        let groups = self.groups.iter().enumerate().map(|(number, group)| {
            let rules = &group.rules;
            let mut document = rules.document(&place(Some(number)), &mut failures);
            document.insert("Group".to_owned(), group.name.as_str().into());
            Value::Object(document)
        });
        let groups: Vec<Value> = groups.collect();
        document.insert("Groups".to_owned(), groups.into());
        let Ok(document) = serde_json::from_value::<PolicyDocument>(document.into()) else {
            // Can't happen, because each value was read as the type of its field.
            return Err(Problem::InvalidRequest {
                place: Place::Body,
                path: None,
            });
        };
        match document.read() {
            Ok(policies) if failures.is_empty() => Ok((document, policies)),
            Ok(_) => Err(Problem::ValidationFailed(failures)),
            Err(Problem::ValidationFailed(more)) => {
                failures.extend(more);
                Err(Problem::ValidationFailed(failures))
            }
            Err(other) => Err(other),
        }
    }
}

impl TypedRules {
    /// The entry of a field.
    pub fn value(&self, field: PolicyField) -> &str {
        &self.values[field as usize]
    }

    /// Whether the list of this field is set and empty.
    pub fn is_emptied(&self, field: PolicyField) -> bool {
        self.is_emptied[field as usize]
    }

    fn of(document: &Value) -> Self {
        let mut typed = Self::default();
        for field in PolicyField::ALL {
            let value = &document[field.name()];
            typed.values[field as usize] = match (field.kind(), value) {
                (_, Value::Null) => String::new(),
                (Kind::Scopes | Kind::Networks, Value::Array(lines)) => {
                    typed.is_emptied[field as usize] = lines.is_empty();
                    lines.iter().map(line).collect::<Vec<_>>().join("\n")
                }
                (_, Value::String(value)) => value.clone(),
                (_, value) => value.to_string(),
            };
        }
        typed
    }

    fn read(place: &str, fields: &HashMap<&str, &str>) -> Self {
        let mut typed = Self::default();
        for field in PolicyField::ALL {
            let name = format!("{place}{}", field.name());
            let value = fields.get(name.as_str()).copied().unwrap_or_default();
            let lines: Vec<&str> = value.lines().map(str::trim).collect();
            typed.values[field as usize] = lines.join("\n");
            let emptied = emptied_name(place, field);
            typed.is_emptied[field as usize] = fields.contains_key(emptied.as_str());
        }
        typed
    }

    fn put(&self, place: &str, pairs: &mut Vec<(String, String)>) {
        for field in PolicyField::ALL {
            let value = self.value(field);
            if !value.is_empty() {
                pairs.push((format!("{place}{}", field.name()), value.to_owned()));
            }
            if self.is_emptied(field) {
                pairs.push((emptied_name(place, field), "yes".to_owned()));
            }
        }
    }

    /// The fields of the document. Leaves out those that a group doesn't set.
    fn document(&self, place: &str, failures: &mut Vec<Failure>) -> Map<String, Value> {
        let mut document = Map::new();
        let is_base = place.is_empty();
        for field in PolicyField::of(is_base) {
            let failed = match self.read_field(field, is_base) {
                Ok(None) => continue,
                Ok(Some(value)) => {
                    document.insert(field.name().to_owned(), value);
                    continue;
                }
                Err(reason) => reason,
            };
            failures.push(Failure::new(format!("{place}{}", field.name()), failed));
        }
        document
    }

    fn read_field(&self, field: PolicyField, is_base: bool) -> Result<Option<Value>, Reason> {
        let value = self.value(field);
        let mut lines = value.lines().filter(|line| !line.is_empty());
        let list: Value = match field.kind() {
            Kind::Number(_) | Kind::Choice(_) if value.is_empty() => {
                return if is_base {
                    Err(Reason::Required)
                } else {
                    Ok(None)
                };
            }
            Kind::Number(_) => {
                let number: u32 = value.parse().map_err(|_| Reason::NotANumber)?;
                return Ok(Some(number.into()));
            }
            Kind::Choice(choices) => {
                let is_known = choices.contains(&value);
                return match value {
                    _ if !is_known => Err(Reason::UnknownValue),
                    "true" | "false" => Ok(Some((value == "true").into())),
                    name => Ok(Some(name.into())),
                };
            }
            Kind::Scopes => lines.by_ref().map(scope).collect(),
            Kind::Networks => lines.by_ref().collect(),
        };
        let is_empty = list.as_array().is_none_or(Vec::is_empty);
        match (is_empty, self.is_emptied(field)) {
            (true, false) if !is_base => Ok(None),
            // A list can't have entries and be empty.
            (false, true) if !is_base => Err(Reason::TooShort),
            _ => Ok(Some(list)),
        }
    }
}

/// The line for a scope or a network.
fn line(value: &Value) -> String {
    let Some(name) = value["Name"].as_str() else {
        return value.as_str().unwrap_or_default().to_owned();
    };
    let description = value["Description"].as_str().unwrap_or_default();
    // A text field can't have a line break inside a line, so those of a description become spaces.
    let words = description.split(['\r', '\n']).map(str::trim);
    let words = std::iter::once(name).chain(words);
    let words = words.filter(|words| !words.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn scope(line: &str) -> Value {
    let (name, description) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    json!({"Name": name, "Description": description.trim()})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> PolicyDocument {
        let written: PolicyDocument = serde_json::from_str(json).unwrap();
        (&written.read().unwrap()).into()
    }

    fn posted(typed: &TypedPolicy) -> TypedPolicy {
        let pairs = typed.pairs();
        TypedPolicy::read(pairs.iter().map(|(name, value)| (&**name, &**value)))
    }

    fn failures(typed: &TypedPolicy) -> Vec<(String, Reason)> {
        let Err(Problem::ValidationFailed(failures)) = typed.document() else {
            panic!("it is a policy");
        };
        let told = |failure: Failure| (failure.field.into_owned(), failure.reason);
        failures.into_iter().map(told).collect()
    }

    #[test]
    fn the_form_of_a_policy_means_that_policy() {
        let policy = read(
            r#"{
                "MaxLifetimeDays": 90, "MayCreate": "Nobody", "AllScopeAllowed": false,
                "Scopes": [{"Name": "orders:read", "Description": "Read orders"}, {"Name": "b"}],
                "RequiredNetworks": ["10.0.0.0/8", "192.0.2.7"], "RevokeUnusedAfterDays": 60,
                "Groups": [
                    {"Group": "corp/builders", "MayCreate": "Everyone", "RequiredNetworks": [], "Scopes": []},
                    {"Group": "scim/7", "MaxLifetimeDays": 366, "SelfRegenerateAllowed": false}
                ]
            }"#,
        );
        let typed = TypedPolicy::of(&policy, "7".to_owned());
        assert_eq!(
            typed.base.value(PolicyField::Scopes),
            "orders:read Read orders\nb"
        );
        let (document, policies) = posted(&typed).document().unwrap();
        assert_eq!(document, policy);
        assert_eq!(policies, policy.read().unwrap());
        assert_eq!(posted(&typed), typed);
    }

    #[test]
    fn a_description_is_one_line_of_the_form() {
        let described = |description| {
            let scope = json!({"Name": "b", "Description": description});
            line(&scope)
        };
        assert_eq!(described("Read  orders"), "b Read  orders");
        assert_eq!(described("Read\r\nall\n"), "b Read all");
        assert_eq!(described(""), "b");
        assert_eq!(scope("b Read  orders")["Description"], "Read  orders");
    }

    #[test]
    fn each_field_that_fails_is_named_as_in_the_form() {
        let mut typed = TypedPolicy::of(&read("{}"), String::new());
        typed.base.values[PolicyField::MaxActiveTokens as usize] = "many".to_owned();
        typed.base.values[PolicyField::MaxOverlapHours as usize] = String::new();
        let mut group = TypedGroup::default();
        group.rules.values[PolicyField::MayCreate as usize] = "Somebody".to_owned();
        group.rules.values[PolicyField::Scopes as usize] = "orders:read".to_owned();
        group.rules.is_emptied[PolicyField::Scopes as usize] = true;
        group.rules.values[PolicyField::RequiredNetworks as usize] = "here".to_owned();
        typed.groups = vec![TypedGroup::default(), group];
        let expected = [
            ("MaxActiveTokens", Reason::NotANumber),
            ("MaxOverlapHours", Reason::Required),
            ("Groups[1].MayCreate", Reason::UnknownValue),
            ("Groups[1].Scopes", Reason::TooShort),
            ("Groups[0].Group", Reason::UnknownValue),
            ("Groups[1].RequiredNetworks", Reason::NotANetwork),
            ("Groups[1].Group", Reason::UnknownValue),
        ];
        let expected = expected.map(|(field, reason)| (field.to_owned(), reason));
        assert_eq!(failures(&typed), expected);
    }
}
