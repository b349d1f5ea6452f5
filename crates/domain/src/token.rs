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
    /// Never changes.
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
    /// The new name.
    pub name: Option<TokenName>,
    /// The new description.
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
    /// The client's address.
    pub last_used_from: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const HOUR: Duration = Duration::from_hours(1);
    const DAY: Duration = Duration::from_hours(24);

    fn token() -> Token {
        Token {
            id: TokenId::new(T0, [1; 10]),
            owner_id: UserId::new(T0, [2; 10]),
            name: TokenName::new("ci").unwrap(),
            description: Description::default(),
            scopes: Scopes::all(),
            allowed_networks: None,
            generation: 1,
            created_at: T0,
            expires_at: T0.after(HOUR),
            regenerated_at: None,
            regenerates_until: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_is_expired_at_the_instant_of_its_expiry() {
        let token = token();
        assert_eq!(
            token.status(Timestamp::from_millis(token.expires_at.as_millis() - 1)),
            Status::Active
        );
        assert_eq!(token.status(token.expires_at), Status::Expired);
    }

    #[test]
    fn an_expired_token_can_be_revoked_once() {
        let mut token = token();
        assert!(token.revoke(token.expires_at.after(HOUR)));
        let once = token.clone();
        assert!(!token.revoke(token.expires_at.after(DAY)));
        assert_eq!(token, once);
        assert_eq!(token.status(T0), Status::Revoked);
    }

    #[test]
    fn regenerating_keeps_the_lifetime_of_the_last_secret() {
        let mut token = token();
        let policy = Policy::default();
        token
            .regenerate(Some(T0.after(DAY)), 2, &policy, T0.after(HOUR / 2))
            .unwrap();
        assert_eq!(token.expires_at, T0.after(DAY));
        let now = T0.after(HOUR);
        let lifetime = token.lifetime();
        token.regenerate(None, 4, &policy, now).unwrap();
        assert_eq!(
            (token.expires_at, token.generation, token.regenerated_at),
            (now.after(lifetime), 4, Some(now))
        );
    }

    #[test]
    fn a_cut_shortens_a_token_to_what_the_policy_allows() {
        let policy = Policy {
            max_lifetime_days: 7,
            ..Policy::default()
        };
        let of = |lifetime, renews| Token {
            expires_at: T0.after(lifetime),
            regenerates_until: Some(T0.after(renews)),
            ..token()
        };
        for (lifetime, renews, now, left) in [
            (DAY * 7, DAY * 7, T0, None),
            (DAY * 8, DAY, T0, Some((DAY * 7, None))),
            (
                DAY * 90,
                DAY * 90,
                T0.after(DAY),
                Some((DAY * 7, Some(DAY * 7))),
            ),
            (DAY * 90, DAY * 90, T0.after(DAY * 8), Some((DAY * 8, None))),
        ] {
            let mut token = of(lifetime, renews);
            if left == Some((DAY * 7, None)) {
                token.regenerates_until = None;
            }
            assert_eq!(token.cut(&policy, now), left.is_some());
            if let Some((lifetime, renews)) = left {
                assert_eq!(token.expires_at, T0.after(lifetime));
                assert_eq!(
                    token.regenerates_until,
                    renews.map(|renews| T0.after(renews))
                );
            }
            assert!(!token.cut(&policy, now), "once is enough");
        }
        let mut regenerated = of(DAY * 100, DAY * 100);
        regenerated.regenerated_at = Some(T0.after(DAY * 90));
        assert!(regenerated.cut(&policy, T0.after(DAY * 90)));
        assert_eq!(regenerated.expires_at, T0.after(DAY * 97));
        assert_eq!(regenerated.regenerates_until, None);
        let mut revoked = of(DAY * 90, DAY);
        revoked.revoke(T0);
        assert!(!revoked.cut(&policy, T0));
    }

    #[test]
    fn an_edit_changes_only_the_fields_it_names_and_says_whether_it_did() {
        let mut token = token();
        assert_eq!(token.edit(&Edit::default(), T0), Ok(false));
        let edit = Edit {
            name: Some(TokenName::new("nightly").unwrap()),
            description: Some(Description::new("builds").unwrap()),
            expires_at: Some(T0.after(HOUR / 2)),
        };
        assert_eq!(token.edit(&edit, T0), Ok(true));
        let once = token.clone();
        assert_eq!(
            (
                token.name.as_str(),
                token.description.as_str(),
                token.expires_at
            ),
            ("nightly", "builds", T0.after(HOUR / 2))
        );
        assert_eq!(token.edit(&edit, T0), Ok(false));
        assert_eq!(token, once);
    }

    #[test]
    fn an_edit_shortens_a_token_and_never_extends_it() {
        let to = |expires_at| Edit {
            expires_at: Some(expires_at),
            ..Edit::default()
        };
        let mut token = token();
        let refused = Err(Problem::ExpirationNotAllowed {
            latest: T0.after(HOUR),
        });
        for expires_at in [T0, T0.before(HOUR), T0.after(HOUR * 2)] {
            assert_eq!(token.edit(&to(expires_at), T0), refused);
        }
        assert_eq!(token.edit(&to(T0.after(HOUR)), T0), Ok(false));
        assert_eq!(token.edit(&to(T0.after(HOUR / 2)), T0), Ok(true));
    }

    #[test]
    fn only_the_description_of_an_ended_token_can_change() {
        let description = Edit {
            description: Some(Description::new("was for the old builds").unwrap()),
            ..Edit::default()
        };
        let name = Edit {
            name: Some(TokenName::new("ci").unwrap()),
            ..description.clone()
        };
        let expires_at = Edit {
            expires_at: Some(T0.after(HOUR)),
            ..Edit::default()
        };
        let mut revoked = token();
        revoked.revoke(T0);
        for (mut ended, status, now) in [
            (token(), Status::Expired, T0.after(HOUR)),
            (revoked, Status::Revoked, T0),
        ] {
            for edit in [&name, &expires_at] {
                assert_eq!(
                    ended.edit(edit, now),
                    Err(Problem::TokenNotActive { status })
                );
            }
            assert_eq!(ended.edit(&description, now), Ok(true));
            assert_eq!(ended.status(now), status);
        }
    }

    #[test]
    fn regenerating_never_reaches_beyond_the_policy_and_never_revives() {
        let mut long = token();
        long.expires_at = T0.after(DAY * 300);
        let policy = Policy {
            max_lifetime_days: 10,
            ..Policy::default()
        };
        long.regenerate(None, 2, &policy, T0).unwrap();
        assert_eq!(long.expires_at, T0.after(DAY * 10));
        let beyond = Some(T0.after(DAY * 11));
        assert_eq!(
            long.regenerate(beyond, 3, &policy, T0),
            Err(Problem::ExpirationNotAllowed {
                latest: T0.after(DAY * 10)
            })
        );
        let mut expired = token();
        assert_eq!(
            expired.regenerate(None, 2, &policy, T0.after(HOUR)),
            Err(Problem::TokenNotActive {
                status: Status::Expired
            })
        );
    }

    #[test]
    fn a_token_renews_itself_only_until_it_may() {
        let mut token = token();
        let policy = Policy::default();
        let refused = Err(Problem::SelfRegenerateNotAllowed);
        assert_eq!(token.renewed_expiry(None, &policy, T0), refused);
        let until = T0.after(HOUR * 3);
        token.regenerates_until = Some(until);
        let now = T0.after(HOUR / 2);
        assert_eq!(
            token.renewed_expiry(None, &policy, now),
            Ok(now.after(HOUR))
        );
        assert_eq!(token.renewed_expiry(Some(until), &policy, now), Ok(until));
        for beyond in [until.after(HOUR), now, T0] {
            assert_eq!(
                token.renewed_expiry(Some(beyond), &policy, now),
                Err(Problem::ExpirationNotAllowed { latest: until })
            );
        }
        token.expires_at = T0.after(DAY);
        assert_eq!(token.renewed_expiry(None, &policy, now), Ok(until));
        assert_eq!(token.renewed_expiry(None, &policy, until), refused);
        let strict = Policy {
            self_regenerate_allowed: false,
            ..Policy::default()
        };
        assert_eq!(token.renewed_expiry(None, &strict, now), refused);
    }
}
