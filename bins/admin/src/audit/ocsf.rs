//! Events in the Open Cybersecurity Schema Framework (OCSF), which SIEMs read without a parser.
//!
//! The attributes are those of <https://schema.ocsf.io/1.8.0>. `docs/operation.md` has the table.

use std::net::IpAddr;

use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_service::view::EventView;
use serde_json::{Map, Value, json};

/// The release of the schema.
const VERSION: &str = "1.8.0";
/// The category of all classes below.
const IAM: u32 = 3;
/// The activity of a kind that its class has no name for.
const OTHER: u32 = 99;

const SUCCESS: u32 = 1;
const FAILURE: u32 = 2;

/// How much an event deserves somebody's attention.
#[derive(Clone, Copy)]
enum Severity {
    Informational = 1,
    Medium = 3,
    High = 4,
}

/// A class of the category *Identity & Access Management*.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    AccountChange = 3001,
    Authentication = 3002,
    EntityManagement = 3004,
    UserAccess = 3005,
}

impl Class {
    const fn name(self) -> &'static str {
        match self {
            Self::AccountChange => "Account Change",
            Self::Authentication => "Authentication",
            Self::EntityManagement => "Entity Management",
            Self::UserAccess => "User Access Management",
        }
    }
}

/// What a kind of event is called in the schema.
struct Meaning {
    class: Class,
    /// The number and the name of the activity.
    activity: (u32, &'static str),
    severity: Severity,
    status: u32,
}

/// The members of the details that have a place of their own, and those that only `audit verify`
/// compares.
const MAPPED: [&str; 5] = ["Rows", "UserName", "DisplayName", "Address", "UserAgent"];

/// The event as one object of the schema.
pub fn ocsf(event: &EventView) -> Value {
    let details = Details(&event.details);
    let kind = EventKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == event.kind);
    let Some(kind) = kind else {
        // Of a later release.
        return base(event, details, None);
    };
    let meaning = meaning(kind, event, details);
    let mut object = base(event, details, Some(&meaning));
    match meaning.class {
        Class::AccountChange => object["user"] = changed_user(event, details),
        Class::Authentication => {
            object["service"] = json!({"name": PRODUCT});
            object["user"] = owner(event, details);
            if matches!(kind, EventKind::SessionStarted | EventKind::SessionEnded) {
                object["session"] = json!({"uid": event.subject});
            }
            if let Some(refused) = details.0.get("Refused") {
                object["count"] = refused.clone();
            }
        }
        Class::EntityManagement => object["entity"] = entity(kind, event, details),
        Class::UserAccess => {
            object["user"] = owner(event, details);
            // They must be there, and only a new token's event tells its scopes.
            let scopes = details.0.get("Scopes").cloned();
            object["privileges"] = scopes.unwrap_or_else(|| json!([TOKEN]));
            object["resources"] = json!([named(event, details, TOKEN)]);
        }
    }
    object
}

const PRODUCT: &str = "ATS Personal Access Tokens";
const TOKEN: &str = "Personal access token";

/// One match, so that a new kind gets its class before the program compiles.
fn meaning(kind: EventKind, event: &EventView, details: Details<'_>) -> Meaning {
    use Class::{AccountChange, Authentication, EntityManagement, UserAccess};
    use Severity::{High, Informational, Medium};
    let success = |class, activity, severity| Meaning {
        class,
        activity,
        severity,
        status: SUCCESS,
    };
    let medium_if = |says| if says { Medium } else { Informational };
    let high_if = |says| if says { High } else { Informational };
    let update = (3, "Update");
    match kind {
        EventKind::UserCreated => {
            let is_admin = details.says("IsAdmin");
            success(AccountChange, (1, "Create"), medium_if(is_admin))
        }
        EventKind::UserEnabled => success(AccountChange, (2, "Enable"), Informational),
        EventKind::PasswordSet if is_own(event) => {
            success(AccountChange, (3, "Password Change"), Informational)
        }
        EventKind::PasswordSet => success(AccountChange, (4, "Password Reset"), Medium),
        EventKind::UserDisabled => success(AccountChange, (5, "Disable"), Informational),
        EventKind::ResponsibleSet => {
            success(AccountChange, (OTHER, "Responsible Set"), Informational)
        }
        EventKind::GroupsSet => success(AccountChange, (OTHER, "Groups Set"), Informational),
        EventKind::UserUpdated => {
            let is_admin = details.says("IsAdmin");
            success(AccountChange, (OTHER, "Updated"), medium_if(is_admin))
        }
        EventKind::UserErased => success(AccountChange, (6, "Delete"), Informational),
        EventKind::SessionStarted => success(Authentication, (1, "Logon"), Informational),
        EventKind::IdentityLinked => success(AccountChange, (OTHER, "Identity Linked"), Medium),
        EventKind::IdentityUnlinked => {
            success(AccountChange, (OTHER, "Identity Unlinked"), Informational)
        }
        EventKind::SessionEnded | EventKind::SignedOutByProvider => {
            success(Authentication, (2, "Logoff"), Informational)
        }
        EventKind::SignInsRefused => Meaning {
            status: FAILURE,
            ..success(Authentication, (1, "Logon"), Medium)
        },
        EventKind::EndedSecretUsed => Meaning {
            status: FAILURE,
            ..success(Authentication, (1, "Logon"), High)
        },
        EventKind::TokenCreated => success(UserAccess, (1, "Assign Privileges"), Informational),
        EventKind::TokenRevoked => {
            let leaked = details.says("ReportedAsLeaked");
            success(UserAccess, (2, "Revoke Privileges"), high_if(leaked))
        }
        EventKind::TokenRegenerated
        | EventKind::TokenSelfRegenerated
        | EventKind::TokenConfirmed
        | EventKind::OverlapEnded
        | EventKind::TokenUpdated
        | EventKind::StatusPlaceGiven
        | EventKind::BulkRevoked
        | EventKind::BulkFinished
        | EventKind::KeysResealed
        | EventKind::DirectoryGroupUpdated
        | EventKind::DatabaseUpgraded => success(EntityManagement, update, Informational),
        EventKind::PolicyChanged => success(EntityManagement, update, Medium),
        EventKind::RestoreAccepted => success(EntityManagement, update, High),
        EventKind::SigningKeyCreated => {
            let compromised = details.says("Compromised");
            success(EntityManagement, (1, "Create"), high_if(compromised))
        }
        EventKind::SigningKeyPromoted => success(EntityManagement, (10, "Activate"), Informational),
        EventKind::EventsPruned => success(EntityManagement, (4, "Delete"), Medium),
        EventKind::SigningKeyDestroyed
        | EventKind::DirectoryGroupDeleted
        | EventKind::TokenRemoved => success(EntityManagement, (4, "Delete"), Informational),
        EventKind::SetupLinkCreated | EventKind::DirectoryGroupCreated => {
            success(EntityManagement, (1, "Create"), Informational)
        }
        EventKind::BulkStarted | EventKind::OperatorKeyCreated => {
            success(EntityManagement, (1, "Create"), Medium)
        }
        EventKind::OperatorKeyRevoked => {
            let leaked = details.says("ReportedAsLeaked");
            success(EntityManagement, (4, "Delete"), high_if(leaked))
        }
    }
}

/// What every event has. Without a meaning it is the schema's *Base Event*.
fn base(event: &EventView, details: Details<'_>, meaning: Option<&Meaning>) -> Value {
    let (class, category) = meaning.map_or((0, 0), |meaning| (meaning.class as u32, IAM));
    let (activity, name) = meaning.map_or((OTHER, &*event.kind), |meaning| meaning.activity);
    let severity = meaning.map_or(Severity::Informational, |meaning| meaning.severity);
    let mut object = json!({
        "category_uid": category,
        "class_uid": class,
        "class_name": meaning.map_or("Base Event", |meaning| meaning.class.name()),
        "activity_id": activity,
        "activity_name": name,
        "type_uid": class * 100 + activity,
        "severity_id": severity as u32,
        "status_id": meaning.map_or(SUCCESS, |meaning| meaning.status),
        "time": event.at.as_millis(),
        "message": event.kind,
        "metadata": {
            "version": VERSION,
            "product": {
                "name": PRODUCT,
                "vendor_name": "ATS",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "log_name": "events",
            "uid": event.id,
            "sequence": event.seq,
            "event_code": event.kind,
            "original_time": event.at,
        },
        "unmapped": unmapped(event, details),
    });
    if meaning.is_some() {
        object["actor"] = actor(event);
        if let Some(address) = details.text("Address") {
            // Of many refused sign-ins only the network is known.
            let is_address = address.parse::<IpAddr>().is_ok();
            object["src_endpoint"] = json!({if is_address { "ip" } else { "name" }: address});
        }
        if let Some(user_agent) = details.text("UserAgent") {
            object["http_request"] = json!({"user_agent": user_agent});
        }
    }
    object
}

/// What the schema has no place for, so that nothing is lost.
fn unmapped(event: &EventView, details: Details<'_>) -> Value {
    let mut unmapped = Map::new();
    unmapped.insert("Actor".to_owned(), json!(event.actor));
    unmapped.insert("Owner".to_owned(), json!(event.owner));
    unmapped.insert("Subject".to_owned(), json!(event.subject));
    let details = details.0.as_object().into_iter().flatten();
    let others = details.filter(|(name, _)| !MAPPED.contains(&&***name));
    unmapped.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(unmapped)
}

fn actor(event: &EventView) -> Value {
    match Actor::from_stored(&event.actor) {
        Some(Actor::User(id)) => json!({"user": {"uid": id, "type_id": 0}}),
        Some(Actor::OperatorKey(id)) => json!({"app_name": "operator key", "app_uid": id}),
        Some(Actor::Operator) => json!({"app_name": "ats-pat-admin"}),
        Some(Actor::System) => json!({"app_name": "ats-pat-server"}),
        // Whoever showed a secret: its owner, or somebody who found it.
        Some(Actor::Holder) => json!({
            "user": {"name": "holder", "type_id": 0, "credential_uid": event.subject},
        }),
        None => json!({"app_name": event.actor}),
    }
}

/// Whether a user did it to the own account.
fn is_own(event: &EventView) -> bool {
    let actor = Actor::from_stored(&event.actor);
    event
        .owner
        .is_some_and(|owner| actor == Some(Actor::User(owner)))
}

/// The user that an account's change is about.
fn changed_user(event: &EventView, details: Details<'_>) -> Value {
    let mut user = json!({"uid": event.subject});
    if let Some(name) = details.text("UserName") {
        user["name"] = json!(name);
    }
    if let Some(name) = details.text("DisplayName") {
        user["full_name"] = json!(name);
    }
    user["type_id"] = json!(match (details.text("Kind"), details.says("IsAdmin")) {
        (Some("service"), _) => 4,
        (_, true) => 2,
        _ => 0,
    });
    user
}

/// The user whose rights an event is about.
fn owner(event: &EventView, details: Details<'_>) -> Value {
    let mut user = json!({"type_id": 0});
    match event.owner {
        Some(owner) => user["uid"] = json!(owner),
        // Sign-ins of an address, by whatever names.
        None => user["name"] = json!("unknown"),
    }
    if let Some(name) = details.text("UserName") {
        user["name"] = json!(name);
    }
    user
}

/// What is managed, where it is no user.
fn entity(kind: EventKind, event: &EventView, details: Details<'_>) -> Value {
    let what = match kind.as_str().split_once('.') {
        Some(("token", _)) => TOKEN,
        Some(("signing_key", _)) => "Signing key",
        Some(("operator_key", _)) => "Operator key",
        Some(("setup_link", _)) => "Set-up link",
        Some(("group", _)) => "Directory group",
        Some(("policy", _)) => {
            return json!({
                "uid": event.subject, "type_id": 5, "type": "Policy",
                "policy": {"uid": event.subject, "name": "Policy of personal access tokens"},
            });
        }
        Some(("bulk", _)) => "Job that revokes many tokens",
        Some(("keys", _)) => "Master key",
        _ => "Database",
    };
    let mut entity = named(event, details, what);
    entity["type_id"] = json!(OTHER);
    entity
}

/// A thing with its id, its name where the event tells it, and what it is.
fn named(event: &EventView, details: Details<'_>, what: &str) -> Value {
    let mut named = json!({"uid": event.subject, "type": what});
    if let Some(name) = details.text("Name") {
        named["name"] = json!(name);
    }
    named
}

#[derive(Clone, Copy)]
struct Details<'a>(&'a Value);

impl<'a> Details<'a> {
    fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    fn says(self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }
}

#[cfg(test)]
mod tests;
