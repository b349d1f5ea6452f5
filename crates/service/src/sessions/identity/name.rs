//! What a person is called who signs in for the first time.

use ats_pat_domain::port::ProvenIdentity;
use ats_pat_domain::{DisplayName, Email, UserName};

use crate::change::Draft;
use crate::ledger::rows::hex;
use crate::service::error::Error;

/// The longest part of a name before a suffix, in characters.
const LONGEST: usize = 80;
/// How many numbers are tried. More people of one name get a random suffix.
const NUMBERS: u32 = 20;

/// A user name that no user has: what the provider says, with a suffix if it is taken. So nobody
/// becomes another user by a name.
pub(super) async fn free_name(
    draft: &Draft<'_>,
    proven: &ProvenIdentity,
) -> Result<UserName, Error> {
    let wanted = wanted_name(proven);
    if is_free(draft, &wanted).await? {
        return Ok(wanted);
    }
    let start: String = wanted.as_str().chars().take(LONGEST).collect();
    for number in 2..=NUMBERS {
        if let Ok(name) = UserName::new(&format!("{start}-{number}"))
            && is_free(draft, &name).await?
        {
            return Ok(name);
        }
    }
    // Nobody can take this name beforehand.
    let random = hex(&draft.random::<8>()?);
    Ok(UserName::from_stored(format!("{start}-{random}")))
}

async fn is_free(draft: &Draft<'_>, name: &UserName) -> Result<bool, Error> {
    let users = draft.read().users();
    Ok(users.by_folded_name(&name.folded()).await?.is_none())
}

/// The first of these that can be a name.
fn wanted_name(proven: &ProvenIdentity) -> UserName {
    let told = [
        proven.user_name.as_deref(),
        proven.email.as_deref(),
        Some(proven.identity.subject.as_str()),
    ];
    let mut names = told.into_iter().flatten().map(UserName::new);
    names
        .find_map(Result::ok)
        .unwrap_or_else(|| UserName::from_stored("user".to_owned()))
}

/// The display name that the provider told, if it can be one.
pub(super) fn display_name(proven: &ProvenIdentity) -> Option<DisplayName> {
    let told = proven.display_name.as_deref()?;
    DisplayName::new(told).ok()
}

/// The mail address that the provider told, if it can be one.
pub(super) fn email(proven: &ProvenIdentity) -> Option<Email> {
    Email::new(proven.email.as_deref()?).ok()
}
