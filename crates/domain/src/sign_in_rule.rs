//! How long ago the owner of a token may have signed in at an identity provider.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::identity::ProviderName;
use crate::problem::Problem;
use crate::session::Session;
use crate::time::Timestamp;
use crate::user::{User, UserKind};

/// How much clocks may differ. A wrong clock noted a sign-in that is further in the future.
const SKEW: Duration = Duration::from_mins(1);

/// A provider at which users must sign in every few days, or their tokens stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRule {
    /// The provider's name in the settings.
    pub provider: ProviderName,
    /// How many days may pass between two sign-ins there.
    pub every_days: NonZeroU32,
}

/// When the tokens of an owner stop, unless the owner signs in at the provider before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapse {
    /// The last sign-in, or when the user was added.
    since: Timestamp,
    days: NonZeroU32,
}

impl Lapse {
    /// The earliest lapse by the rules of all providers at which the user has an identity. If the
    /// user never signed in at a provider, its days count from when the user was added. `None` for
    /// service accounts, and for users without an identity at a provider with a rule.
    pub fn of(user: &User, rules: &[SignInRule]) -> Option<Self> {
        if rules.is_empty() || user.kind == UserKind::Service {
            return None;
        }
        let lapses = rules.iter().filter_map(|rule| {
            let signed_in = user.sign_in_at(&rule.provider)?;
            Some(Self {
                since: signed_in.at().unwrap_or(user.created_at),
                days: rule.every_days,
            })
        });
        lapses.min_by_key(Self::at)
    }

    /// When the tokens stop.
    pub fn at(&self) -> Timestamp {
        let days = u64::from(self.days.get());
        self.since.after(Duration::from_hours(24 * days))
    }

    /// Whether the tokens have stopped at `now`. A sign-in in the future doesn't count: a clock was
    /// wrong and then set back, and the tokens would work for as long as it had been wrong.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.at() <= now || self.since > now.after(SKEW)
    }

    /// The refusal of a token that has stopped.
    pub fn problem(&self) -> Problem {
        Problem::OwnerSignInOverdue {
            days: self.days.get(),
        }
    }
}

/// Requires that the owner's tokens work at `now`: the owner is not disabled, and signed in at the
/// identity provider recently enough.
///
/// # Errors
/// [`Problem::OwnerDisabled`] and [`Problem::OwnerSignInOverdue`].
pub fn require_in_force(owner: &User, rules: &[SignInRule], now: Timestamp) -> Result<(), Problem> {
    if owner.is_disabled() {
        return Err(Problem::OwnerDisabled);
    }
    match Lapse::of(owner, rules) {
        Some(lapse) if lapse.is_over(now) => Err(lapse.problem()),
        _ => Ok(()),
    }
}

/// Whether a session has ended at `now`, because its user signed in too long ago at the provider
/// that the session began at.
pub fn has_lapsed(session: &Session, user: &User, rules: &[SignInRule], now: Timestamp) -> bool {
    let Some(of) = &session.provider else {
        return false;
    };
    let mut rules = rules.iter().filter(|rule| rule.provider == of.provider);
    rules.any(|rule| {
        let lapse = Lapse::of(user, std::slice::from_ref(rule));
        lapse.is_some_and(|lapse| lapse.is_over(now))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disabled::DisabledMarks;
    use crate::group::Groups;
    use crate::id::UserId;
    use crate::identity::{Identity, Issuer, ProviderSignIn, SignedInElsewhere, Subject};
    use crate::name::{DisplayName, UserName};

    const DAY: Duration = Duration::from_hours(24);
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn provider(name: &str) -> ProviderName {
        ProviderName::from_stored(name.to_owned())
    }

    fn rule(name: &str, days: u32) -> SignInRule {
        SignInRule {
            provider: provider(name),
            every_days: NonZeroU32::new(days).unwrap_or(NonZeroU32::MIN),
        }
    }

    /// A user who was added 100 days ago and signed in at `corp`.
    fn signed_in(at: Option<Timestamp>) -> User {
        User {
            id: UserId::new(NOW, [1; 10]),
            name: UserName::from_stored("ada".to_owned()),
            display_name: DisplayName::from_stored("ada".to_owned()),
            email: None,
            kind: UserKind::Person,
            password_hash: None,
            is_administrator: false,
            disabled: DisabledMarks::NONE,
            responsible_id: None,
            groups: Groups::default(),
            provider_sign_in: Some(ProviderSignIn {
                provider: provider("corp"),
                identity: Identity {
                    issuer: Issuer::from_stored("https://id.example".to_owned()),
                    subject: Subject::from_stored("1".to_owned()),
                },
                at,
            }),
            signed_in_elsewhere: SignedInElsewhere::default(),
            directory: None,
            created_at: NOW.before(100 * DAY),
        }
    }

    #[test]
    fn tokens_stop_when_the_owner_has_not_signed_in_there_for_so_long() {
        let ada = signed_in(Some(NOW));
        assert_eq!(Lapse::of(&ada, &[]), None);
        assert_eq!(Lapse::of(&ada, &[rule("other", 1)]), None);
        let lapse = Lapse::of(&ada, &[rule("other", 1), rule("corp", 30)]).unwrap();
        let end = NOW.after(30 * DAY);
        assert_eq!(lapse.at(), end);
        let ms = Duration::from_millis(1);
        for (now, is_over) in [(NOW, false), (end.before(ms), false), (end, true)] {
            assert_eq!(lapse.is_over(now), is_over, "{now}");
        }
        assert_eq!(lapse.problem(), Problem::OwnerSignInOverdue { days: 30 });
    }

    #[test]
    fn somebody_who_never_signed_in_counts_from_when_the_user_was_added() {
        let lapse = Lapse::of(&signed_in(None), &[rule("corp", 101)]).unwrap();
        assert_eq!(lapse.at(), NOW.after(DAY));
    }

    #[test]
    fn a_sign_in_elsewhere_does_not_make_up_for_one_that_is_missing_here() {
        let mut ada = signed_in(Some(NOW));
        ada.signed_in_elsewhere
            .note(&provider("old"), Some(NOW.before(10 * DAY)));
        ada.signed_in_elsewhere.note(&provider("never"), None);
        let rules = [rule("corp", 1), rule("old", 10), rule("never", 200)];
        let lapse = Lapse::of(&ada, &rules).unwrap();
        assert_eq!(lapse.at(), NOW);
        assert!(lapse.is_over(NOW));
        let rules = [rule("corp", 9), rule("never", 101)];
        assert_eq!(Lapse::of(&ada, &rules).unwrap().at(), NOW.after(DAY));
    }

    #[test]
    fn service_accounts_and_users_without_an_identity_are_exempt() {
        let account = User {
            kind: UserKind::Service,
            ..signed_in(None)
        };
        let local = User {
            provider_sign_in: None,
            ..signed_in(None)
        };
        for user in [account, local] {
            assert_eq!(Lapse::of(&user, &[rule("corp", 1)]), None);
        }
    }

    #[test]
    fn a_sign_in_from_the_future_counts_for_nothing_and_no_time_is_too_far() {
        let lapse = |at| Lapse::of(&signed_in(Some(at)), &[rule("corp", u32::MAX)]).unwrap();
        assert!(!lapse(NOW.after(SKEW)).is_over(NOW));
        assert!(lapse(NOW.after(SKEW + Duration::from_millis(1))).is_over(NOW));
        for at in [
            Timestamp::MAX,
            Timestamp::from_millis(i64::MIN),
            Timestamp::from_millis(i64::MAX),
        ] {
            for now in [NOW, Timestamp::MAX, Timestamp::from_millis(i64::MIN)] {
                let lapse = lapse(at);
                assert_eq!(
                    lapse.is_over(now),
                    lapse.at() <= now || at > now.after(SKEW)
                );
            }
        }
    }
}
