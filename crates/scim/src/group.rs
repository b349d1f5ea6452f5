//! Groups in JSON (RFC 7643, section 4.2).

use ats_pat_domain::UserId;
use ats_pat_service::view::DirectoryGroupView;
use ats_pat_service::{GroupChange, GroupCondition, MemberChange};
use serde_json::{Map, Value, json};

use crate::answer::entity_tag;
use crate::filter::Comparison;
use crate::json::{member, objects, text};
use crate::patch::{Kind, Operation};
use crate::path::{Path, strip_urn};
use crate::refusal::Refusal;
use crate::route::{GROUPS, USERS};
use crate::user::require_schema;

/// The URN of the schema of groups (RFC 7643, section 4.2).
pub const URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// A group as JSON. `origin` is the public URL.
pub fn written(group: &DirectoryGroupView, origin: &str) -> Value {
    let id = group.id.to_string();
    let mut resource = json!({
        "schemas": [URN],
        "id": id,
        "displayName": group.display_name,
        "meta": {
            "resourceType": "Group",
            "created": group.created_at.to_string(),
            "lastModified": group.updated_at.to_string(),
            "location": format!("{origin}{GROUPS}/{id}"),
            "version": entity_tag(&group.version()),
        },
    });
    if let Some(external_id) = &group.external_id {
        resource["externalId"] = json!(external_id);
    }
    if let Some(members) = &group.members {
        let members = members.iter().map(|id| {
            json!({
                "value": id.to_string(),
                "$ref": format!("{origin}{USERS}/{id}"),
                "type": "User",
            })
        });
        resource["members"] = members.collect();
    }
    resource
}

/// The group that a body describes, in place of what there is.
///
/// # Errors
/// `invalidValue`.
pub fn read(body: &Map<String, Value>) -> Result<GroupChange, Refusal> {
    require_schema(body, URN)?;
    let of = |name| {
        let value = member(body, name)
            .map(|value| text(value, name))
            .transpose();
        value.map(|value| Some(value.unwrap_or_default()))
    };
    let members = member(body, "members").map(ids).transpose()?;
    Ok(GroupChange {
        display_name: of("displayName")?,
        external_id: of("externalId")?,
        members: vec![MemberChange::Replace(members.unwrap_or_default())],
    })
}

/// The ids of users in a value of `members`.
///
/// # Errors
/// `invalidValue`.
fn ids(value: &Value) -> Result<Vec<UserId>, Refusal> {
    let is_list = value.is_array() || value.is_object();
    let of_objects = objects(value).into_iter().map(|object| {
        let id = member(object, "value").and_then(Value::as_str);
        id.and_then(|id| id.parse().ok()).ok_or_else(no_member)
    });
    let texts = value.as_array().into_iter().flatten();
    let of_texts = texts
        .filter_map(Value::as_str)
        .map(|id| id.parse().map_err(|_| no_member()));
    if is_list {
        of_objects.chain(of_texts).collect()
    } else {
        Err(no_member())
    }
}

/// Those of them that can be ids. Nobody else can be a member.
fn possible_ids(value: &Value) -> Vec<UserId> {
    let ids = objects(value).into_iter().filter_map(|object| {
        let id = member(object, "value").and_then(Value::as_str);
        id?.parse().ok()
    });
    let texts = value.as_array().into_iter().flatten();
    let texts = texts.filter_map(Value::as_str);
    ids.chain(texts.filter_map(|id| id.parse().ok())).collect()
}

fn no_member() -> Refusal {
    Refusal::invalid_value("The value of members names what is no user of this directory.")
}

/// What the operations of a PATCH say, in their order.
///
/// # Errors
/// `invalidValue`, `invalidPath`, `mutability`.
pub fn patched(operations: &[Operation]) -> Result<GroupChange, Refusal> {
    let mut group = GroupChange::default();
    for operation in operations {
        let Operation { kind, path, value } = operation;
        match (path.name(), *kind) {
            ("displayname", Kind::Remove) => {
                return Err(Refusal::immutable("displayName can't be removed."));
            }
            ("displayname", _) => group.display_name = Some(text(value, "displayName")?),
            ("externalid", Kind::Remove) => group.external_id = Some(String::new()),
            ("externalid", _) => group.external_id = Some(text(value, "externalId")?),
            ("members", kind) => group.members.push(members(kind, path, value)?),
            // Okta repeats the id. What is not kept is ignored.
            _ => {}
        }
    }
    Ok(group)
}

fn members(kind: Kind, path: &Path, value: &Value) -> Result<MemberChange, Refusal> {
    if !path.only.is_empty() {
        let is_value = |only: &Comparison| only.attribute.eq_ignore_ascii_case("value");
        let named = path.only.iter().filter(|only| is_value(only));
        let named: Vec<UserId> = named.filter_map(|only| only.value.parse().ok()).collect();
        return if kind == Kind::Remove && path.only.iter().all(is_value) {
            Ok(MemberChange::Remove(named))
        } else {
            Err(Refusal::invalid_path(
                "Members can be removed by members[value eq \"…\"].",
            ))
        };
    }
    Ok(match kind {
        Kind::Add => MemberChange::Add(ids(value)?),
        Kind::Replace => MemberChange::Replace(ids(value)?),
        Kind::Remove if value.is_null() => MemberChange::Replace(Vec::new()),
        Kind::Remove => MemberChange::Remove(possible_ids(value)),
    })
}

/// The condition that a comparison asks for.
///
/// # Errors
/// `invalidFilter`.
pub fn condition(comparison: Comparison) -> Result<GroupCondition, Refusal> {
    let Comparison { attribute, value } = comparison;
    let name = strip_urn(&attribute, URN).unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "id" => Ok(GroupCondition::Id(value)),
        "displayname" => Ok(GroupCondition::DisplayName(value)),
        "externalid" => Ok(GroupCondition::ExternalId(value)),
        "members" | "members.value" => Ok(GroupCondition::Member(value)),
        _ => Err(Refusal::invalid_filter(
            "Groups can be found by displayName, externalId, id and members.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::operations;

    const ADA: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";
    const BOB: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ac";

    fn patch(operation: &Value) -> Result<GroupChange, Refusal> {
        let body = json!({"Operations": [operation]});
        patched(&operations(body.as_object().unwrap(), URN)?)
    }

    fn members_of(operation: &Value) -> Vec<MemberChange> {
        patch(operation).unwrap().members
    }

    #[test]
    fn members_come_and_go_as_entra_id_and_okta_write_it() {
        let (ada, bob): (UserId, UserId) = (ADA.parse().unwrap(), BOB.parse().unwrap());
        let list = json!([{"value": ADA, "display": "ada"}, {"$ref": null, "value": BOB}]);
        let both = vec![ada, bob];
        let add = json!({"op": "Add", "path": "members", "value": list});
        assert_eq!(members_of(&add), [MemberChange::Add(both.clone())]);
        let flat = json!({"op": "add", "value": {"members": list}});
        assert_eq!(members_of(&flat), [MemberChange::Add(both.clone())]);
        let one = json!({"op": "add", "path": "members", "value": {"value": ADA}});
        assert_eq!(members_of(&one), [MemberChange::Add(vec![ada])]);
        let filtered = json!({"op": "Remove", "path": format!("members[value eq \"{ADA}\"]")});
        assert_eq!(members_of(&filtered), [MemberChange::Remove(vec![ada])]);
        let listed = json!({"op": "remove", "path": "members", "value": list});
        assert_eq!(members_of(&listed), [MemberChange::Remove(both.clone())]);
        let all = json!({"op": "remove", "path": "members"});
        assert_eq!(members_of(&all), [MemberChange::Replace(Vec::new())]);
        let others = json!({"op": "replace", "path": "members", "value": list});
        assert_eq!(members_of(&others), [MemberChange::Replace(both)]);
        let renamed = json!({"op": "replace", "value": {"id": ADA, "displayName": "B"}});
        let renamed = patch(&renamed).unwrap();
        assert_eq!(renamed.display_name.as_deref(), Some("B"));
        assert!(renamed.members.is_empty());
    }

    #[test]
    fn who_can_be_no_member_is_refused_and_leaves_without_a_word() {
        for value in [json!([{"value": "7"}]), json!(["x"]), json!("x"), json!(7)] {
            let add = json!({"op": "add", "path": "members", "value": value});
            assert!(patch(&add).is_err(), "{value}");
        }
        let gone = json!({"op": "remove", "path": "members", "value": [{"value": "7"}]});
        assert_eq!(members_of(&gone), [MemberChange::Remove(Vec::new())]);
        let filtered = json!({"op": "remove", "path": "members[value eq \"7\"]"});
        assert_eq!(members_of(&filtered), [MemberChange::Remove(Vec::new())]);
        let other = json!({"op": "remove", "path": "members[display eq \"ada\"]"});
        assert!(patch(&other).is_err(), "or everybody would leave");
    }
}
