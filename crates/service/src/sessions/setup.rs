//! The first administrator is created by a one-time link, so there is no default password.

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_auth::{KeyedHash, SetupCode};
use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::port::SetupLink;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{
    DisabledMarks, DisplayName, Problem, SignedInElsewhere, Timestamp, User, UserId, UserName,
};
use secrecy::SecretString;

use crate::change::{Authority, BY_SETUP_LINK, Change, Draft, Taken, is_set_up};
use crate::ledger::rows::Roots;
use crate::operator::require_free_name;
use crate::service::Service;
use crate::service::error::Error;
use crate::sessions::passwords::Claim;
use crate::view::SessionUser;

/// How long a link is valid.
const LIFETIME: Duration = Duration::from_hours(24);

impl Service {
    /// Whether there is an administrator, a link was used once, or groups of an identity provider
    /// say who administers. From then on no link is valid.
    pub async fn is_set_up(&self) -> Result<bool, Error> {
        let mut providers = self.providers().iter();
        if providers.any(|provider| !provider.administrator_groups.is_empty()) {
            return Ok(true);
        }
        is_set_up(self.store()).await
    }

    /// Makes a new code for the link if the service is not set up. The code before is no longer
    /// valid. The terminal shows the code, and it is never logged.
    pub async fn make_setup_link(&self) -> Result<Option<SecretString>, Error> {
        if self.is_set_up().await? {
            return Ok(None);
        }
        let code = SetupCode::from_random(self.inner.changes.random()?);
        let link = MakeLink {
            code_hash: self.roots().current().hash_setup_code(&code).to_bytes(),
        };
        let made = self.change(Authority::System, link).await?;
        Ok(made.then(|| code.to_text()))
    }

    /// Creates the first administrator. The same transaction uses up the code.
    ///
    /// # Errors
    /// [`Error::SetupCodeInvalid`], [`Problem::ValidationFailed`] for a user name or password that
    /// is not allowed, [`Problem::UserNameInUse`].
    pub async fn set_up(
        &self,
        code: &str,
        user_name: &str,
        password: &SecretString,
        address: IpAddr,
    ) -> Result<SessionUser, Error> {
        let code = SetupCode::parse(code).ok_or(Error::SetupCodeInvalid)?;
        if self.is_set_up().await? {
            return Err(Error::SetupCodeInvalid);
        }
        // This check comes before any password work. The transaction checks it again.
        let link = self.require_link(&code).await?;
        let name =
            UserName::new(user_name).map_err(|reason| Problem::validation("UserName", reason))?;
        let salt = self.inner.changes.random()?;
        let password_hash = self
            .inner
            .passwords
            .hash_new("Password", password, &[name.as_str()], salt, Claim::UNKNOWN)
            .await?;
        let user = UserId::new(self.now(), self.inner.changes.random()?);
        let consume = Consume {
            user,
            name,
            password_hash,
            address,
        };
        let user = self
            .change(Authority::SetupLink { link, user }, consume)
            .await?;
        Ok(SessionUser::new(&user))
    }

    async fn require_link(&self, code: &SetupCode) -> Result<SetupLink, Error> {
        let read = || async { Ok(self.store().setup_links().current().await?) };
        let link = self.currency().certain_row(read).await?;
        let link = link.ok_or(Error::SetupCodeInvalid)?;
        valid_link(link, self.roots(), code, self.now())
    }
}

fn valid_link(
    link: SetupLink,
    roots: &Roots,
    code: &SetupCode,
    now: Timestamp,
) -> Result<SetupLink, Error> {
    let keys = roots.by_id(link.key_id).ok_or(Error::SetupCodeInvalid)?;
    if keys.hash_setup_code(code) == KeyedHash::from_bytes(link.code_hash) && now < link.expires_at
    {
        Ok(link)
    } else {
        Err(Error::SetupCodeInvalid)
    }
}

struct MakeLink {
    code_hash: [u8; 32],
}

impl Change for MakeLink {
    type Output = bool;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(bool, Taken), Error> {
        if is_set_up(draft.read()).await? {
            return Ok((false, Taken::Nothing));
        }
        let expires_at = draft.now.after(LIFETIME);
        let key_id = draft.roots().current_id();
        draft
            .replace_setup_link(SetupLink {
                code_hash: self.code_hash,
                key_id,
                expires_at,
            })
            .await?;
        draft.record(
            draft
                .entry(EventKind::SetupLinkCreated, &"1")
                .detail("ExpiresAt", expires_at.to_string()),
        );
        Ok((true, Taken::Nothing))
    }
}

struct Consume {
    user: UserId,
    name: UserName,
    password_hash: String,
    address: IpAddr,
}

impl Change for Consume {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        require_free_name(draft, &self.name).await?;
        let user = User {
            id: self.user,
            name: self.name.clone(),
            display_name: DisplayName::from_stored(self.name.as_str().to_owned()),
            email: None,
            kind: UserKind::Person,
            password_hash: Some(self.password_hash.clone()),
            is_administrator: true,
            disabled: DisabledMarks::NONE,
            responsible_id: None,
            groups: Groups::default(),
            provider_sign_in: None,
            signed_in_elsewhere: SignedInElsewhere::default(),
            directory: None,
            created_at: draft.now,
        };
        draft.delete_setup_link(draft.setup_link()?).await?;
        draft.insert_user(user.clone()).await?;
        draft.record(
            draft
                .entry(EventKind::UserCreated, &user.id)
                .owner(user.id)
                .detail("IsAdmin", true)
                .detail(BY_SETUP_LINK, true)
                .personal("UserName", user.name.as_str())
                .personal("Address", self.address.to_canonical().to_string()),
        );
        Ok((user, Taken::Nothing))
    }
}
