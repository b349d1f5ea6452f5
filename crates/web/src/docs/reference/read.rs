//! Reads the content from the document.

use serde_json::{Map, Value};

use super::{Answer, Body, Credential, Group, Like, Operation, Parameter, Reference};
use crate::docs::prose::Prose;
use crate::docs::schema::{Kind, Model, referenced, text};

/// The methods of a path, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// The end of an envelope's name. The rest is the name of its content.
const ENVELOPE: &str = "Envelope";
/// The envelope of refusals.
const REFUSAL: &str = "ErrorEnvelope";
/// The tag of the administration.
const ADMINISTRATION: &str = "Administration";
/// The beginning of the paths of its operations on users.
const USERS: &str = "/api/administration/users";

impl Reference {
    /// Reads a document in the form of OpenAPI 3.0.
    pub fn read(document: &Value) -> Self {
        let tags = document["tags"].as_array().into_iter().flatten();
        let schemas = document["components"]["schemas"].as_object();
        let names = schemas.into_iter().flat_map(|schemas| schemas.keys());
        let everywhere = everywhere(document);
        let (of_administration, of_everybody): (Vec<_>, Vec<_>) =
            tags.partition(|tag| tag["name"] == ADMINISTRATION);
        let groups = |tags: &[&Value], is_told: &dyn Fn(&str) -> bool| {
            let tags = tags.iter();
            tags.map(|tag| group(document, tag, is_told, &everywhere))
                .collect()
        };
        let is_of_users = |path: &str| path.starts_with(USERS);
        Self {
            description: Prose::read(text(&document["info"]["description"])),
            groups: groups(&of_everybody, &|_| true),
            users: groups(&of_administration, &is_of_users),
            administration: groups(&of_administration, &|path| !is_of_users(path)),
            answers: everywhere
                .iter()
                .map(|(status, response)| answer(document, status, response))
                .collect(),
            envelope: Model::read(document, REFUSAL),
            models: names
                .filter(|name| !name.ends_with(ENVELOPE) && !name.ends_with("Request"))
                .map(|name| Model::read(document, name))
                .collect(),
        }
    }
}

/// Path, method and description of every operation.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
    })
}

/// The answers that all operations have in common.
fn everywhere(document: &Value) -> Map<String, Value> {
    let mut responses = operations(document).map(|(_, _, described)| &described["responses"]);
    let first = responses.next().and_then(Value::as_object);
    let mut common = first.cloned().unwrap_or_default();
    for of_another in responses {
        common.retain(|status, response| of_another.get(status.as_str()) == Some(response));
    }
    common
}

fn group(
    document: &Value,
    tag: &Value,
    is_told: &dyn Fn(&str) -> bool,
    everywhere: &Map<String, Value>,
) -> Group {
    let name = text(&tag["name"]);
    let (mut told, mut alike) = (Vec::new(), Vec::new());
    for (path, method, described) in operations(document) {
        if described["tags"][0] != name || !is_told(path) {
            continue;
        }
        match like(document, path, method, described) {
            Some(like) => alike.push(like),
            None => told.push(operation(document, path, method, described, everywhere)),
        }
    }
    Group {
        name: name.to_owned(),
        title: tag["x-displayName"].as_str().unwrap_or(name).to_owned(),
        description: Prose::read(text(&tag["description"])),
        operations: told,
        like: alike,
    }
}

fn operation(
    document: &Value,
    path: &str,
    method: &str,
    described: &Value,
    everywhere: &Map<String, Value>,
) -> Operation {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let responses = described["responses"].as_object().into_iter().flatten();
    let answers: Vec<_> = responses
        .filter(|(status, _)| !everywhere.contains_key(*status))
        .map(|(status, response)| answer(document, status, response))
        .collect();
    Operation {
        id: text(&described["operationId"]).to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&described["summary"]).to_owned(),
        description: Prose::read(text(&described["description"])),
        credential: credential(&described["security"]),
        parameters: parameters
            .map(|described| parameter(document, described))
            .collect(),
        body: body(document, &described["requestBody"]),
        brings: answers.iter().find_map(brings).unwrap_or_default(),
        answers,
    }
}

/// The operation, if it is like another.
fn like(document: &Value, path: &str, method: &str, described: &Value) -> Option<Like> {
    let other = described["x-like"].as_str()?;
    let (_, _, told) = operations(document).find(|(_, _, it)| it["operationId"] == other)?;
    Some(Like {
        method: method.to_uppercase(),
        path: path.to_owned(),
        other: other.to_owned(),
        summary: text(&told["summary"]).to_owned(),
    })
}

fn brings(answer: &Answer) -> Option<&'static str> {
    match &*answer.data.as_ref()?.name {
        "authentication token" => Some("bearer"),
        "IssuedPersonalAccessToken" => Some("personalAccessToken"),
        "SessionUser" => Some("session"),
        _ => {
            let mut headers = answer.headers.iter();
            headers
                .any(|(name, _)| name == "Set-Cookie")
                .then_some("session")
        }
    }
}

/// The credential that the page sends. If several are accepted, it is the session, because the
/// reader may have one.
fn credential(security: &Value) -> Credential {
    let schemes = security.as_array().into_iter().flatten();
    let mut names = schemes.filter_map(|scheme| scheme.as_object()?.keys().next());
    let first = names.clone().next().map(String::as_str);
    match first {
        None => Credential::None,
        _ if names.any(|name| name == "sessionCookie") => Credential::Session,
        Some("personalAccessToken") => Credential::PersonalAccessToken,
        Some(_) => Credential::Bearer,
    }
}

fn parameter(document: &Value, described: &Value) -> Parameter {
    let schema = &described["schema"];
    Parameter {
        name: text(&described["name"]).to_owned(),
        place: text(&described["in"]).to_owned(),
        kind: Kind::read(schema),
        is_required: described["required"] == true,
        description: Prose::read(text(&described["description"])),
        choices: referenced(schema)
            .map(|name| Model::read(document, name).values)
            .unwrap_or_default(),
    }
}

fn body(document: &Value, described: &Value) -> Option<Body> {
    let content = described["content"].get("application/json")?;
    let name = referenced(&content["schema"])?;
    let fields = Model::read(document, name).fields;
    let example = content.get("example").unwrap_or(&Value::Null);
    let required = || fields.iter().filter(|field| field.is_required);
    let start: Map<String, Value> = required()
        .map(|field| (field.name.clone(), example[&field.name].clone()))
        .collect();
    let times: Vec<_> = required()
        .filter(|field| field.kind.name == "time")
        .map(|field| &*field.name)
        .collect();
    Some(Body {
        is_required: described["required"] == true,
        example: shown(example),
        times: times.join(" "),
        start: if start.is_empty() {
            String::new()
        } else {
            format!("{:#}", Value::Object(start))
        },
        fields,
    })
}

fn answer(document: &Value, status: &str, response: &Value) -> Answer {
    let content = &response["content"]["application/json"];
    let headers = response["headers"].as_object().into_iter().flatten();
    Answer {
        status: status.to_owned(),
        description: Prose::read(text(&response["description"])),
        data: data(document, content),
        headers: headers
            .map(|(name, header)| (name.clone(), Prose::read(text(&header["description"]))))
            .collect(),
        example: content.get("example").map(shown),
    }
}

/// A value as HTML. To keep the page small, quotation marks are not escaped, because no example is
/// in an attribute, and lines are indented by tabs.
fn shown(value: &Value) -> String {
    let text = format!("{value:#}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let lines = text.lines().map(|line| {
        let rest = line.trim_start_matches(' ');
        let depth = (line.len() - rest.len()) / 2;
        format!("{}{rest}", "\t".repeat(depth))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The type of `Data` in the envelope of a success.
fn data(document: &Value, content: &Value) -> Option<Kind> {
    let envelope = referenced(&content["schema"]).filter(|name| *name != REFUSAL)?;
    let kind = Kind::read(&document["components"]["schemas"][envelope]["properties"]["Data"]);
    Some(match envelope {
        "AuthenticationTokenEnvelope" => Kind {
            name: "authentication token".to_owned(),
            ..kind
        },
        "EmptyEnvelope" => Kind {
            name: "null".to_owned(),
            ..Kind::default()
        },
        _ => kind,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_is_text_whatever_is_in_it() {
        let example = json!(["<script>", "&lt;", "it's"]);
        assert_eq!(
            shown(&example),
            "[\n\t\"&lt;script&gt;\",\n\t\"&amp;lt;\",\n\t\"it's\"\n]"
        );
    }
}
