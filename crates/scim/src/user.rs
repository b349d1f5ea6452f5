//! Users in JSON (RFC 7643, section 4.1).

use ats_pat_domain::GroupId;
use ats_pat_service::view::DirectoryUserView;
use ats_pat_service::{DirectoryUser, UserCondition};
use serde_json::{Map, Value, json};

use crate::answer::entity_tag;
use crate::filter::Comparison;
use crate::json::{boolean, member, objects, text};
use crate::patch::{Kind, Operation};
use crate::path::strip_urn;
use crate::refusal::Refusal;
use crate::route::{GROUPS, USERS};

/// The URN of the schema of users (RFC 7643, section 4.1).
pub const URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// A user as JSON. `origin` is the public URL, and `groups` are the names of groups.
pub fn written(user: &DirectoryUserView, origin: &str, groups: &[(GroupId, String)]) -> Value {
    let id = user.id.to_string();
    let mut name = Map::new();
    for (key, value) in [
        ("givenName", &user.given_name),
        ("familyName", &user.family_name),
    ] {
        if let Some(value) = value {
            name.insert(key.to_owned(), json!(value));
        }
    }
    let mut resource = json!({
        "schemas": [URN],
        "id": id,
        "userName": user.user_name,
        "active": user.active,
        "meta": {
            "resourceType": "User",
            "created": user.created_at.to_string(),
            "lastModified": user.updated_at.to_string(),
            "location": format!("{origin}{USERS}/{id}"),
            "version": entity_tag(&user.version()),
        },
    });
    if let Some(external_id) = &user.external_id {
        resource["externalId"] = json!(external_id);
    }
    if let Some(display_name) = &user.display_name {
        resource["displayName"] = json!(display_name);
    }
    if !name.is_empty() {
        resource["name"] = Value::Object(name);
    }
    if let Some(email) = &user.email {
        resource["emails"] = json!([{"value": email, "type": "work"}]);
    }
    let member_of: Vec<Value> = user
        .groups
        .iter()
        .map(|id| {
            let mut group = json!({
                "value": id.to_string(),
                "$ref": format!("{origin}{GROUPS}/{id}"),
                "type": "direct",
            });
            if let Some((_, name)) = groups.iter().find(|(known, _)| known == id) {
                group["display"] = json!(name);
            }
            group
        })
        .collect();
    if !member_of.is_empty() {
        resource["groups"] = Value::Array(member_of);
    }
    resource
}

/// The user that a body describes. What a whole resource leaves out is removed if it `replaces`
/// another. But nobody is let in because `active` is left out.
///
/// # Errors
/// `invalidValue`.
pub fn read(body: &Map<String, Value>, replaces: bool) -> Result<DirectoryUser, Refusal> {
    require_schema(body, URN)?;
    let of = |name| {
        member(body, name)
            .map(|value| text(value, name))
            .transpose()
    };
    let inside = member(body, "name").and_then(Value::as_object);
    let of_name = |name| {
        let value = inside.and_then(|inside| member(inside, name));
        value.map(|value| text(value, name)).transpose()
    };
    let active = member(body, "active");
    let mut user = DirectoryUser {
        external_id: of("externalId")?,
        user_name: of("userName")?,
        display_name: of("displayName")?.or(of_name("formatted")?),
        given_name: of_name("givenName")?,
        family_name: of_name("familyName")?,
        email: member(body, "emails").map(email).transpose()?.flatten(),
        active: active.map(|value| boolean(value, "active")).transpose()?,
    };
    if replaces {
        user.user_name.get_or_insert_default();
        user.display_name.get_or_insert_default();
        user.given_name.get_or_insert_default();
        user.family_name.get_or_insert_default();
        user.email.get_or_insert_default();
    }
    Ok(user)
}

/// Refuses a body that says it is something else.
///
/// # Errors
/// `invalidSyntax`.
pub fn require_schema(body: &Map<String, Value>, urn: &str) -> Result<(), Refusal> {
    let Some(schemas) = member(body, "schemas") else {
        return Ok(());
    };
    let schemas = schemas.as_array().into_iter().flatten();
    let mut schemas = schemas.filter_map(Value::as_str);
    if schemas.any(|schema| schema.eq_ignore_ascii_case(urn)) {
        Ok(())
    } else {
        let detail = format!("The schemas of the body do not have {urn}.");
        Err(Refusal::invalid_syntax(detail))
    }
}

/// The one address that is kept: the primary one, else the one for work, else the first.
fn email(value: &Value) -> Result<Option<String>, Refusal> {
    if let Value::String(address) = value {
        return Ok(Some(address.clone()));
    }
    let all = objects(value);
    let is_primary = |email: &&&Map<String, Value>| {
        member(email, "primary").is_some_and(|it| boolean(it, "primary").unwrap_or(false))
    };
    let is_for_work = |email: &&&Map<String, Value>| {
        let kind = member(email, "type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    let chosen = all
        .iter()
        .find(is_primary)
        .or_else(|| all.iter().find(is_for_work))
        .or_else(|| all.first());
    match chosen.and_then(|email| member(email, "value")) {
        Some(address) => text(address, "emails").map(Some),
        None if matches!(value, Value::Array(several) if several.is_empty()) => {
            Ok(Some(String::new()))
        }
        None if value.is_array() || value.is_object() => Ok(None),
        None => Err(Refusal::invalid_value("The value of emails is not a list.")),
    }
}

/// What the operations of a PATCH say, in their order.
///
/// # Errors
/// `invalidValue`, `mutability`.
pub fn patched(operations: &[Operation]) -> Result<DirectoryUser, Refusal> {
    let mut user = DirectoryUser::default();
    for operation in operations {
        apply(operation, &mut user)?;
    }
    Ok(user)
}

fn apply(operation: &Operation, user: &mut DirectoryUser) -> Result<(), Refusal> {
    let Operation { kind, path, value } = operation;
    let removes = *kind == Kind::Remove;
    let written = |name| {
        if removes {
            Ok(Some(String::new()))
        } else {
            text(value, name).map(Some)
        }
    };
    match (path.name(), path.sub.as_deref()) {
        ("username", None) => user.user_name = written("userName")?,
        ("externalid", None) if removes => {
            return Err(Refusal::immutable("externalId can't be removed."));
        }
        ("externalid", None) => user.external_id = written("externalId")?,
        ("id", None) => return Err(Refusal::immutable("id can't be changed.")),
        ("displayname", None) | ("name", Some("formatted")) => {
            user.display_name = written("displayName")?;
        }
        ("active", None) if removes => {
            return Err(Refusal::invalid_value("active can't be removed."));
        }
        ("active", None) => user.active = Some(boolean(value, "active")?),
        ("name", Some("givenname")) => user.given_name = written("name.givenName")?,
        ("name", Some("familyname")) => user.family_name = written("name.familyName")?,
        ("name", None) if removes => {
            user.given_name = Some(String::new());
            user.family_name = Some(String::new());
        }
        ("name", None) => {
            let Value::Object(inside) = value else {
                return Err(Refusal::invalid_value("The value of name is no object."));
            };
            let of = |name| member(inside, name).map(|it| text(it, name)).transpose();
            user.given_name = of("givenName")?.or(user.given_name.take());
            user.family_name = of("familyName")?.or(user.family_name.take());
            user.display_name = of("formatted")?.or(user.display_name.take());
        }
        ("emails", sub) if path.only.iter().all(is_kept) => match sub {
            None | Some("value") if removes => user.email = Some(String::new()),
            None => user.email = email(value)?.or(user.email.take()),
            Some("value") => user.email = written("emails")?,
            Some(_) => {}
        },
        // What is not kept is ignored, because directories send what others keep.
        _ => {}
    }
    Ok(())
}

/// Whether a comparison means the address that is kept.
fn is_kept(only: &Comparison) -> bool {
    match only.attribute.to_ascii_lowercase().as_str() {
        "type" => only.value.eq_ignore_ascii_case("work"),
        "primary" => only.value == "true",
        _ => true,
    }
}

/// The condition that a comparison asks for.
///
/// # Errors
/// `invalidFilter`.
pub fn condition(comparison: Comparison) -> Result<UserCondition, Refusal> {
    let Comparison { attribute, value } = comparison;
    let name = strip_urn(&attribute, URN).unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "id" => Ok(UserCondition::Id(value)),
        "username" => Ok(UserCondition::UserName(value)),
        "externalid" => Ok(UserCondition::ExternalId(value)),
        _ => Err(Refusal::invalid_filter(
            "Users can be found by userName, externalId and id.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::operations;

    fn patch(operations_of_body: &Value) -> Result<DirectoryUser, Refusal> {
        let body = json!({"Operations": operations_of_body});
        patched(&operations(body.as_object().unwrap(), URN)?)
    }

    #[test]
    fn entra_id_and_okta_are_understood() {
        let entra = json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Add", "path": "name.givenName", "value": "Ada"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada@example.com"},
            {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "X"},
        ]);
        let expected = DirectoryUser {
            active: Some(false),
            given_name: Some("Ada".to_owned()),
            email: Some("ada@example.com".to_owned()),
            ..DirectoryUser::default()
        };
        assert_eq!(patch(&entra).unwrap(), expected);
        let flat = json!([{"op": "replace", "value": {
            "active": false, "name.givenName": "Ada", "emails[type eq \"work\"].value": "ada@example.com",
            "title": "Countess",
        }}]);
        assert_eq!(patch(&flat).unwrap(), expected);
        let okta = json!([{"op": "replace", "value": {"active": true}}]);
        assert_eq!(patch(&okta).unwrap().active, Some(true));
    }

    #[test]
    fn an_address_of_another_kind_is_not_taken_for_the_one_that_is_kept() {
        let home = json!([
            {"op": "replace", "path": "emails[type eq \"home\"].value", "value": "a@home"},
            {"op": "remove", "path": "emails[type eq \"home\"]"},
        ]);
        assert_eq!(patch(&home).unwrap(), DirectoryUser::default());
        let list = json!({"emails": [
            {"value": "a@home", "type": "home"},
            {"value": "a@work", "type": "work"},
        ]});
        let read = read(list.as_object().unwrap(), false).unwrap();
        assert_eq!(read.email.as_deref(), Some("a@work"));
    }

    #[test]
    fn a_replaced_user_loses_what_is_left_out_but_is_not_let_in() {
        let body = json!({"schemas": [URN], "userName": "ada"});
        let user = read(body.as_object().unwrap(), true).unwrap();
        assert_eq!(user.active, None);
        assert_eq!(user.external_id, None);
        assert_eq!(user.email.as_deref(), Some(""));
        assert_eq!(user.display_name.as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for operation in [
            json!({"op": "replace", "path": "active", "value": "maybe"}),
            json!({"op": "replace", "path": "userName", "value": 7}),
            json!({"op": "remove", "path": "externalId"}),
            json!({"op": "remove", "path": "active"}),
            json!({"op": "replace", "path": "id", "value": "x"}),
            json!({"op": "replace", "path": "name", "value": "x"}),
        ] {
            assert!(patch(&json!([operation])).is_err(), "{operation}");
        }
    }
}
