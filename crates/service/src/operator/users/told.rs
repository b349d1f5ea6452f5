//! What events tell of a user that changed.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{User, UserId};

use crate::change::Draft;
use crate::ledger::Entry;

/// What is said of the change, an entry for each subject. The first tells of the row.
pub(crate) fn changed_user(
    draft: &Draft<'_>,
    before: &User,
    after: &User,
    ended: Option<u64>,
) -> Vec<Entry> {
    let entry = |kind| {
        let entry = draft.entry(kind, &after.id).owner(after.id);
        match ended {
            Some(ended) => entry.detail("SessionsEnded", ended),
            None => entry,
        }
    };
    let mut entries = Vec::new();
    if let Some(updated) = updated(entry(EventKind::UserUpdated), before, after) {
        entries.push(updated);
    }
    let called = |entry: Entry| entry.personal("UserName", after.name.as_str());
    if after.responsible_id != before.responsible_id {
        let text = |id: Option<UserId>| id.map(|id| id.to_string());
        entries.push(called(
            entry(EventKind::ResponsibleSet)
                .detail("ResponsibleId", text(after.responsible_id))
                .detail("ResponsibleIdBefore", text(before.responsible_id)),
        ));
    }
    if after.groups != before.groups {
        entries.push(called(
            entry(EventKind::GroupsSet)
                .detail("Groups", after.groups.names())
                .detail("GroupsBefore", before.groups.names()),
        ));
    }
    if after.password_hash != before.password_hash {
        entries.push(called(entry(EventKind::PasswordSet)));
    }
    entries
}

/// The entry about names, address and the right to administer, if one of them is another.
fn updated(mut entry: Entry, before: &User, after: &User) -> Option<Entry> {
    let email = |user: &User| user.email.as_ref().map(|email| email.as_str().to_owned());
    let texts = [
        (
            "UserName",
            Some(before.name.as_str().to_owned()),
            Some(after.name.as_str().to_owned()),
        ),
        (
            "DisplayName",
            Some(before.display_name.as_str().to_owned()),
            Some(after.display_name.as_str().to_owned()),
        ),
        ("Email", email(before), email(after)),
    ];
    let mut is_another = false;
    for (name, before, after) in texts {
        if before != after {
            is_another = true;
            entry = entry.personal(&format!("{name}Before"), before);
        } else if name != "UserName" {
            continue;
        }
        entry = entry.personal(name, after);
    }
    if before.is_administrator != after.is_administrator {
        is_another = true;
        entry = entry.detail("IsAdmin", after.is_administrator);
    }
    is_another.then_some(entry)
}
