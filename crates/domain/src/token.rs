//! The life cycle of a personal access token.

use std::time::Duration;

use crate::id::{TokenId, UserId};
use crate::name::{Description, TokenName};
use crate::network::AllowedNetworks;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::scope::Scopes;
use crate::status::Status;
use crate::time::Timestamp;

/// A personal access token, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Never changes, also when the token is regenerated.
    pub id: TokenId,
    /// The user whose rights the token has.
    pub owner_id: UserId,
    /// Unique among the folded names of the owner's active tokens.
    pub name: TokenName,
    /// What it is for.
    pub description: Description,
    /// The part of the owner's rights that it has.
    pub scopes: Scopes,
    /// Where it may be used from. `None` means anywhere.
    pub allowed_networks: Option<AllowedNetworks>,
    /// The generation of the current secret, from 1.
    pub generation: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires. At this instant it is already expired.
    pub expires_at: Timestamp,
    /// When it last got a new secret.
    pub regenerated_at: Option<Timestamp>,
    /// Until when it may regenerate itself. `None` means never.
    pub regenerates_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// The changes that an owner makes to a token. `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The new name, which no other active token of the owner may have.
    pub name: Option<TokenName>,
    /// The new description, which may be empty.
    pub description: Option<Description>,
    /// The new expiry, which must be earlier.
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// `Revoked` if it was revoked, otherwise `Expired` if its expiry has passed, otherwise
    /// `Active`.
    pub fn status(&self, now: Timestamp) -> Status {
        if self.revoked_at.is_some() {
            Status::Revoked
        } else if self.expires_at <= now {
            Status::Expired
        } else {
            Status::Active
        }
    }

    /// Revokes the token. Returns false if it was revoked before, and then changes nothing.
    pub fn revoke(&mut self, now: Timestamp) -> bool {
        if self.revoked_at.is_some() {
            return false;
        }
        self.revoked_at = Some(now);
        true
    }

    /// Moves an active token to its next secret, of this generation.
    ///
    /// Without `expires_at`, the new lifetime is as long as the last one, or as long as the policy
    /// allows.
    ///
    /// # Errors
    /// [`Problem::ExpirationNotAllowed`] if the policy refuses the expiry,
    /// [`Problem::TokenNotActive`] if the token is not active.
    pub fn regenerate(
        &mut self,
        expires_at: Option<Timestamp>,
        generation: u32,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if let Some(expires_at) = expires_at {
            policy.check_expiry(expires_at, now)?;
        }
        self.require_active(now)?;
        self.expires_at =
            expires_at.unwrap_or_else(|| now.after(self.lifetime()).min(policy.latest_expiry(now)));
        self.regenerated_at = Some(now);
        self.generation = generation;
        Ok(())
    }

    /// When the token will expire if it regenerates itself now and uses the new secret.
    ///
    /// Without `expires_at`, the lifetime is as long as the last one, or as long as is allowed.
    ///
    /// # Errors
    /// [`Problem::SelfRegenerateNotAllowed`] if its owner or the policy doesn't allow it, or no
    /// longer. [`Problem::ExpirationNotAllowed`] for an expiry beyond the policy or
    /// [`Self::regenerates_until`].
    pub fn renewed_expiry(
        &self,
        expires_at: Option<Timestamp>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Timestamp, Problem> {
        let until = self
            .regenerates_until
            .filter(|until| policy.self_regenerate_allowed && now < *until)
            .ok_or(Problem::SelfRegenerateNotAllowed)?;
        let latest = until.min(policy.latest_expiry(now));
        match expires_at {
            Some(expires_at) if expires_at <= now || expires_at > latest => {
                Err(Problem::ExpirationNotAllowed { latest })
            }
            Some(expires_at) => Ok(expires_at),
            None => Ok(now.after(self.lifetime()).min(latest)),
        }
    }

    /// Moves an active token to the secret that it asked for itself, because the first exchange
    /// with that secret happens now.
    ///
    /// # Errors
    /// [`Problem::TokenNotActive`].
    pub fn confirm(
        &mut self,
        generation: u32,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Problem> {
        self.require_active(now)?;
        self.generation = generation;
        self.expires_at = self
            .regenerates_until
            .map_or(expires_at, |until| until.min(expires_at));
        self.regenerated_at = Some(now);
        Ok(())
    }

    /// Makes the changes of its owner. An earlier expiry also limits how long the token may
    /// regenerate itself. Returns whether anything is different.
    ///
    /// # Errors
    /// [`Problem::TokenNotActive`] for a new name or expiry of a token that is not active.
    /// [`Problem::ExpirationNotAllowed`] for an expiry that is not in the future, or later than the
    /// current one.
    pub fn edit(&mut self, edit: &Edit, now: Timestamp) -> Result<bool, Problem> {
        if edit.name.is_some() || edit.expires_at.is_some() {
            self.require_active(now)?;
        }
        if let Some(expires_at) = edit.expires_at
            && (expires_at <= now || expires_at > self.expires_at)
        {
            return Err(Problem::ExpirationNotAllowed {
                latest: self.expires_at,
            });
        }
        let before = self.clone();
        if let Some(name) = &edit.name {
            self.name = name.clone();
        }
        if let Some(description) = &edit.description {
            self.description = description.clone();
        }
        if let Some(expires_at) = edit.expires_at {
            self.expires_at = expires_at;
            // A token that ends earlier must not renew itself beyond that.
            self.regenerates_until = self.regenerates_until.map(|until| until.min(expires_at));
        }
        Ok(*self != before)
    }

    /// Shortens an active token to what the policy allows for a token with the same time of
    /// creation and last secret. If that time is over, the token expires now. Returns whether
    /// anything changed.
    pub fn cut(&mut self, policy: &Policy, now: Timestamp) -> bool {
        if self.status(now) != Status::Active {
            return false;
        }
        let before = self.clone();
        let since = self.regenerated_at.unwrap_or(self.created_at);
        let latest = policy.latest_expiry(since).max(now);
        self.expires_at = self.expires_at.min(latest);
        let latest = policy.latest_expiry(self.created_at);
        self.regenerates_until = self
            .regenerates_until
            .map(|until| until.min(latest))
            .filter(|until| *until > now);
        *self != before
    }

    /// The time from the making of the current secret to the expiry.
    pub fn lifetime(&self) -> Duration {
        self.expires_at
            .since(self.regenerated_at.unwrap_or(self.created_at))
    }

    fn require_active(&self, now: Timestamp) -> Result<(), Problem> {
        match self.status(now) {
            Status::Active => Ok(()),
            status => Err(Problem::TokenNotActive { status }),
        }
    }
}

/// When and from where a token was last used. May be up to 60 seconds late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The time of the last exchange.
    pub last_used_at: Timestamp,
    /// The client's IP address, as text.
    pub last_used_from: String,
}

#[cfg(test)]
mod tests;
