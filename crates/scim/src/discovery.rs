//! What the service says of itself (RFC 7643, sections 5 to 7): only what there is.

use serde_json::{Value, json};

use crate::list::{MAX_COUNT, everything};
use crate::route::{BASE, Route};
use crate::{group, user};

const CONFIGURATION: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// The document at a path. `None` if there is none. `origin` is the public URL.
pub fn document(route: &Route, origin: &str) -> Option<Value> {
    match route {
        Route::ServiceProviderConfig => Some(configuration(origin)),
        Route::ResourceTypes => Some(everything(&resource_types(origin))),
        Route::ResourceType(id) => of_id(resource_types(origin), id),
        Route::Schemas => Some(everything(&schemas(origin))),
        Route::Schema(id) => of_id(schemas(origin), id),
        _ => None,
    }
}

fn of_id(documents: Vec<Value>, id: &str) -> Option<Value> {
    let mut documents = documents.into_iter();
    documents.find(|document| document["id"] == id)
}

fn configuration(origin: &str) -> Value {
    let no = json!({"supported": false});
    json!({
        "schemas": [CONFIGURATION],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MAX_COUNT},
        "changePassword": no,
        "sort": no,
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Operator key",
            "description": "An operator key with the right scim, in the header Authorization: Bearer",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{origin}{BASE}/ServiceProviderConfig"),
        },
    })
}

fn resource_types(origin: &str) -> Vec<Value> {
    let of = |name: &str, endpoint: &str, description: &str, schema: &str| {
        json!({
            "schemas": [RESOURCE_TYPE],
            "id": name,
            "name": name,
            "endpoint": endpoint,
            "description": description,
            "schema": schema,
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("{origin}{BASE}/ResourceTypes/{name}"),
            },
        })
    };
    vec![
        of("User", "/Users", "A person", user::URN),
        of("Group", "/Groups", "A group of persons", group::URN),
    ]
}

/// An attribute of a schema: what most are, and what is different.
fn attribute(name: &str, description: &str, different: &Value) -> Value {
    let mut attribute = json!({
        "name": name,
        "type": "string",
        "multiValued": false,
        "description": description,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    });
    if let (Some(attribute), Some(different)) = (attribute.as_object_mut(), different.as_object()) {
        attribute.extend(different.clone());
        if attribute["type"] != "string" && attribute["type"] != "reference" {
            attribute.remove("caseExact");
            attribute.remove("uniqueness");
        }
    }
    attribute
}

fn schemas(origin: &str) -> Vec<Value> {
    let of = |urn: &str, name: &str, description: &str, attributes: Value| {
        json!({
            "schemas": [SCHEMA],
            "id": urn,
            "name": name,
            "description": description,
            "attributes": attributes,
            "meta": {
                "resourceType": "Schema",
                "location": format!("{origin}{BASE}/Schemas/{urn}"),
            },
        })
    };
    vec![
        of(user::URN, "User", "A person", user_attributes()),
        of(
            group::URN,
            "Group",
            "A group of persons",
            group_attributes(),
        ),
    ]
}

fn external_id(description: &str, mutability: &str, required: bool) -> Value {
    let different = json!({
        "caseExact": true, "mutability": mutability, "required": required, "uniqueness": "server",
    });
    attribute("externalId", description, &different)
}

fn user_attributes() -> Value {
    let text = |name, description| attribute(name, description, &json!({}));
    let read_only = json!({"mutability": "readOnly"});
    json!([
        external_id(
            "Who the person is at the identity provider",
            "immutable",
            true
        ),
        attribute(
            "userName",
            "The name that the person signs in with",
            &json!({
                "required": true, "uniqueness": "server",
            })
        ),
        attribute(
            "name",
            "The parts of the name",
            &json!({
                "type": "complex",
                "subAttributes": [
                    text("givenName", "The given name"),
                    text("familyName", "The family name"),
                ],
            })
        ),
        text("displayName", "The name that pages show"),
        attribute(
            "active",
            "Whether the directory lets the person in",
            // It may be left out, but not removed. A schema can say that only so.
            &json!({"type": "boolean", "required": true})
        ),
        attribute(
            "emails",
            "The one address for notices",
            &json!({
                "type": "complex",
                "multiValued": true,
                "subAttributes": [
                    text("value", "The address"),
                    attribute("type", "Always work", &json!({"canonicalValues": ["work"]})),
                ],
            })
        ),
        attribute(
            "groups",
            "The groups that the person is in",
            &json!({
                "type": "complex",
                "multiValued": true,
                "mutability": "readOnly",
                "subAttributes": [
                    attribute("value", "The id of the group", &read_only),
                    attribute("$ref", "The address of the group", &json!({
                        "type": "reference", "referenceTypes": ["Group"], "mutability": "readOnly",
                    })),
                    attribute("display", "The name of the group", &read_only),
                    attribute("type", "Always direct", &json!({
                        "mutability": "readOnly", "canonicalValues": ["direct"],
                    })),
                ],
            })
        ),
    ])
}

fn group_attributes() -> Value {
    json!([
        external_id("The id of the group in the directory", "readWrite", false),
        attribute(
            "displayName",
            "The name of the group",
            &json!({
                "required": true, "uniqueness": "server",
            })
        ),
        attribute(
            "members",
            "The persons in the group",
            &json!({
                "type": "complex",
                "multiValued": true,
                "subAttributes": [
                    attribute("value", "The id of the person", &json!({"mutability": "immutable"})),
                    attribute("$ref", "The address of the person", &json!({
                        "type": "reference", "referenceTypes": ["User"], "mutability": "immutable",
                    })),
                    attribute("type", "Always User", &json!({
                        "mutability": "immutable", "canonicalValues": ["User"],
                    })),
                ],
            })
        ),
    ])
}
