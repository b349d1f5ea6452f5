//! Who joins and who leaves a group of the directory.

use std::collections::BTreeMap;

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::group::{Group, Groups};
use ats_pat_domain::{Tagged, User, UserId};

use super::Rules;
use super::attributes::MemberChange;
use super::write::write;
use crate::change::{Draft, Judgement, Taken};
use crate::service::error::Error;

/// How many users are read at once.
const BATCH: u64 = 500;

/// Every user in a group, whether or not the row is genuine.
pub(super) async fn members(draft: &Draft<'_>, group: &Group) -> Result<Vec<Tagged<User>>, Error> {
    let mut members = Vec::new();
    let mut after = None;
    loop {
        let batch = draft.read().users().in_group(group, after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(members);
        };
        after = Some(last.row.id);
        members.extend(
            batch
                .into_iter()
                .filter(|user| user.row.groups.contain(group)),
        );
    }
}

/// Whether each of these users is to be in the group after the changes.
pub(super) async fn wanted(
    draft: &Draft<'_>,
    group: &Group,
    changes: &[MemberChange],
) -> Result<BTreeMap<UserId, bool>, Error> {
    let mut wanted = BTreeMap::new();
    for change in changes {
        let (ids, is_member) = match change {
            MemberChange::Add(ids) => (ids, true),
            MemberChange::Remove(ids) => (ids, false),
            MemberChange::Replace(ids) => {
                for is_member in wanted.values_mut() {
                    *is_member = false;
                }
                for user in members(draft, group).await? {
                    if Rules::can_reach(&user.row) {
                        wanted.insert(user.row.id, false);
                    }
                }
                (ids, true)
            }
        };
        wanted.extend(ids.iter().map(|id| (*id, is_member)));
    }
    Ok(wanted)
}

/// Makes the user a member. Returns `None` if it is one already.
///
/// # Errors
/// [`DirectoryRefusal::NoMember`], [`DirectoryRefusal::TooManyGroups`].
pub(super) async fn add(
    draft: &Draft<'_>,
    rules: &Rules,
    group: &Group,
    id: UserId,
) -> Result<Option<Taken>, Error> {
    let found = draft.read().users().by_id(id).await?;
    let user = draft
        .check(found.ok_or(DirectoryRefusal::NoMember)?)
        .await?;
    if rules.reach(draft, &user).await?.is_none() {
        return Err(DirectoryRefusal::NoMember.into());
    }
    if user.groups.contain(group) {
        return Ok(None);
    }
    let mut names = user.groups.names();
    names.push(group.as_str().to_owned());
    let groups = Groups::new(&names).map_err(|_| DirectoryRefusal::TooManyGroups)?;
    let after = User {
        groups,
        ..user.clone()
    };
    write(draft, &user, after).await.map(Some)
}

/// Makes the user leave. Returns `None` if it is no member. A row that was planted or altered is
/// left alone: it grants nothing, and would be genuine afterwards.
///
/// # Errors
/// [`Error::LogNotRead`].
pub(super) async fn remove(
    draft: &Draft<'_>,
    group: &Group,
    found: Tagged<User>,
) -> Result<Option<Taken>, Error> {
    if !found.row.groups.contain(group) {
        return Ok(None);
    }
    let (user, judgement) = draft.judge(found).await;
    match judgement {
        Judgement::Genuine => {}
        Judgement::Planted => return Ok(None),
        Judgement::Unknown => return Err(Error::LogNotRead),
    }
    let mut names = user.groups.names();
    names.retain(|name| name != group.as_str());
    let after = User {
        // Of what is left, nothing is too much.
        groups: Groups::new(&names).unwrap_or_default(),
        ..user.clone()
    };
    write(draft, &user, after).await.map(Some)
}
