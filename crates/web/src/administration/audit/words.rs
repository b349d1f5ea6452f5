//! Writes events in words that people know.

use ats_pat_domain::Timestamp;
use ats_pat_domain::event::EventKind;
use ats_pat_text::Text;
use serde_json::Value;

use crate::words::date_and_time;
use crate::zone::Zone;

/// The kind of an event in words.
pub fn label_of(stored: &str, text: Text) -> String {
    EventKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == stored)
        .map_or_else(|| stored.to_owned(), |kind| label(kind, text).to_owned())
}

/// The same for a known kind.
pub fn label(kind: EventKind, text: Text) -> &'static str {
    match kind {
        EventKind::UserCreated => text.event_user_created(),
        EventKind::BulkStarted => text.event_bulk_started(),
        EventKind::BulkRevoked => text.event_bulk_revoked(),
        EventKind::BulkFinished => text.event_bulk_finished(),
        EventKind::UserUpdated => text.event_user_updated(),
        EventKind::UserErased => text.event_user_erased(),
        EventKind::UserDisabled => text.event_user_disabled(),
        EventKind::UserEnabled => text.event_user_enabled(),
        EventKind::ResponsibleSet => text.event_responsible_set(),
        EventKind::GroupsSet => text.event_groups_set(),
        EventKind::DirectoryGroupCreated => text.event_directory_group_created(),
        EventKind::DirectoryGroupUpdated => text.event_directory_group_updated(),
        EventKind::DirectoryGroupDeleted => text.event_directory_group_deleted(),
        EventKind::PasswordSet => text.event_password_set(),
        EventKind::IdentityLinked => text.event_identity_linked(),
        EventKind::IdentityUnlinked => text.event_identity_unlinked(),
        EventKind::SignedOutByProvider => text.event_signed_out_by_provider(),
        EventKind::SessionStarted => text.event_session_started(),
        EventKind::SessionEnded => text.event_session_ended(),
        EventKind::SignInsRefused => text.event_sign_ins_refused(),
        EventKind::TokenCreated => text.event_token_created(),
        EventKind::TokenRegenerated => text.event_token_regenerated(),
        EventKind::TokenSelfRegenerated => text.event_token_self_regenerated(),
        EventKind::TokenConfirmed => text.event_token_confirmed(),
        EventKind::OverlapEnded => text.event_overlap_ended(),
        EventKind::TokenUpdated => text.event_token_updated(),
        EventKind::EndedSecretUsed => text.event_ended_secret_used(),
        EventKind::TokenRevoked => text.event_token_revoked(),
        EventKind::TokenRemoved => text.event_token_removed(),
        EventKind::StatusPlaceGiven => text.event_status_place_given(),
        EventKind::SigningKeyCreated => text.event_signing_key_created(),
        EventKind::SigningKeyPromoted => text.event_signing_key_promoted(),
        EventKind::SigningKeyDestroyed => text.event_signing_key_destroyed(),
        EventKind::KeysResealed => text.event_keys_resealed(),
        EventKind::SetupLinkCreated => text.event_setup_link_created(),
        EventKind::PolicyChanged => text.event_policy_changed(),
        EventKind::OperatorKeyCreated => text.event_operator_key_created(),
        EventKind::OperatorKeyRevoked => text.event_operator_key_revoked(),
        EventKind::RestoreAccepted => text.event_restore_accepted(),
        EventKind::DatabaseUpgraded => text.event_database_upgraded(),
        EventKind::EventsPruned => text.event_events_pruned(),
    }
}

/// The details that are not in the columns. Leaves out the rows' tags, the places in the status
/// list and the hash of a request, because those are for machines.
pub fn details(details: &Value, zone: &Zone, text: Text) -> String {
    let words: Vec<String> = details
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "Rows" | "PlacesGiven" | "PlacesRevoked" | "Request"
            )
        })
        .map(|(name, value)| text.audit_detail(spaced(name), in_words(value, zone, text)))
        .collect();
    words.join(" · ")
}

/// `ExpiresAt` as `Expires at`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

fn in_words(value: &Value, zone: &Zone, text: Text) -> String {
    match value {
        Value::String(value) => Timestamp::parse(value)
            .map_or_else(|_| value.clone(), |time| date_and_time(time, zone, text)),
        Value::Array(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|value| in_words(value, zone, text))
                .collect();
            values.join(", ")
        }
        Value::Bool(true) => text.audit_detail_yes().to_owned(),
        Value::Bool(false) => text.audit_detail_no().to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_told_in_words_and_without_the_rows() {
        let value = serde_json::json!({
            "Name": "ci",
            "IsAdmin": true,
            "ExpiresAt": "2026-12-25T10:20:30.123Z",
            "Scopes": ["a", "b"],
            "Rows": [{"Tag": "ff"}]
        });
        assert_eq!(
            details(
                &value,
                &Zone::named("Europe/Berlin").unwrap(),
                Text::ENGLISH
            ),
            "Expires at: 25 Dec 2026, 11:20:30 · Is admin: yes · Name: ci · Scopes: a, b"
        );
    }
}
