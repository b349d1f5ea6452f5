use ats_pat_token::{Audience, Claims, Header, SigningAlgorithm, SigningInput, StatusReference};
use secrecy::SecretString;

use crate::{AuthError, SigningKeyPair};

const SHORTEST_LIFETIME: u32 = 60;
const LONGEST_LIFETIME: u32 = 3600;

/// Makes authentication tokens out of grants, with what the settings say of all of them.
#[derive(Debug, Clone)]
pub struct Minter {
    issuer: String,
    audience: Audience,
    lifetime: i64,
    algorithm: SigningAlgorithm,
}

/// The rights that a personal access token was found to carry.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// The owner's id (`sub`).
    pub owner_id: &'a str,
    /// The owner's user name (`preferred_username`).
    pub user_name: &'a str,
    /// The personal access token's id (`client_id`).
    pub token_id: &'a str,
    /// Which secret of the personal access token was presented (`ats_generation`).
    pub generation: u32,
    /// The names of the scopes, separated by single spaces (`scope`).
    pub scope: &'a str,
    /// When the personal access token expires, in milliseconds since the epoch.
    pub expires_at_ms: i64,
    /// Where verifiers look whether it was revoked (`status`).
    pub status: Option<StatusReference>,
}

/// An authentication token and its end.
pub struct Minted {
    /// The token, a JWS in compact form.
    pub token: SecretString,
    /// Its `exp`, in seconds since the epoch.
    pub expires_at: i64,
}

impl Minter {
    /// A minter for the settings: the issuer (the public URL), the audience, and the lifetime in seconds,
    /// 60 to 3600, else [`AuthError::LifetimeOutOfRange`].
    pub fn new(
        issuer: String,
        audience: Audience,
        lifetime_seconds: u32,
        algorithm: SigningAlgorithm,
    ) -> Result<Self, AuthError> {
        if !(SHORTEST_LIFETIME..=LONGEST_LIFETIME).contains(&lifetime_seconds) {
            return Err(AuthError::LifetimeOutOfRange {
                seconds: lifetime_seconds,
            });
        }
        Ok(Self {
            issuer,
            audience,
            lifetime: lifetime_seconds.into(),
            algorithm,
        })
    }

    /// A minter of tokens for these of its recipients only, that live so many seconds at most; what is `None`
    /// stays as it is. It never widens: `None` where a recipient is none of this minter's, and a lifetime that
    /// is longer, or none at all, counts for the nearest that there is.
    pub fn narrowed(
        &self,
        recipients: Option<&[String]>,
        lifetime_seconds: Option<u32>,
    ) -> Option<Self> {
        let audience = match recipients {
            None => self.audience.clone(),
            Some(recipients) if recipients.iter().all(|asked| self.audience.contains(asked)) => {
                let kept = self.audience.iter().map(ToOwned::to_owned);
                Audience::new(kept.filter(|own| recipients.contains(own)).collect()).ok()?
            }
            Some(_) => return None,
        };
        Some(Self {
            audience,
            lifetime: lifetime_seconds.map_or(self.lifetime, |seconds| {
                i64::from(seconds).clamp(1, self.lifetime)
            }),
            ..self.clone()
        })
    }

    /// The authentication token for `grant`, signed with `key`. `now_ms` is the reading of the clock that
    /// the grant was judged by, in milliseconds since the epoch; `jti` an id that no other token has.
    ///
    /// It never outlives the personal access token: where that has less than a second left, the answer is
    /// [`AuthError::TooLate`], and whoever asked is to be told that it has expired.
    pub fn mint(
        &self,
        key: &SigningKeyPair,
        grant: &Grant<'_>,
        now_ms: i64,
        jti: &str,
    ) -> Result<Minted, AuthError> {
        if grant.expires_at_ms.saturating_sub(now_ms) < 1000 {
            return Err(AuthError::TooLate);
        }
        // Both round down; with a second or more between them, `expires_at` comes after `issued_at`.
        let issued_at = now_ms.div_euclid(1000);
        let expires_at = (issued_at + self.lifetime).min(grant.expires_at_ms.div_euclid(1000));
        let header = Header {
            alg: self.algorithm,
            kid: key.kid().to_owned(),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: grant.owner_id.to_owned(),
            aud: self.audience.clone(),
            exp: expires_at,
            iat: issued_at,
            nbf: issued_at,
            jti: jti.to_owned(),
            client_id: grant.token_id.to_owned(),
            preferred_username: grant.user_name.to_owned(),
            scope: grant.scope.to_owned(),
            ats_generation: Some(grant.generation),
            status: grant.status.clone(),
        };
        let input = SigningInput::new(&header, &claims);
        let signature = key.sign(input.as_bytes());
        Ok(Minted {
            token: input.with_signature(&signature),
            expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_token::{Expectations, Unverified, VerifyingKey};
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::SignatureProvider;

    const NOW: i64 = 1_795_570_000_900;

    fn minter(lifetime_seconds: u32) -> Minter {
        Minter::new(
            "https://pat.example".to_owned(),
            Audience::from("https://api.example".to_owned()),
            lifetime_seconds,
            SigningAlgorithm::EdDsa,
        )
        .unwrap()
    }

    fn grant(expires_at_ms: i64) -> Grant<'static> {
        Grant {
            owner_id: "019365a0-0000-7000-8000-000000000001",
            user_name: "ada",
            token_id: "019365a0-0000-7000-8000-000000000002",
            generation: 3,
            scope: "read write",
            expires_at_ms,
            status: Some(StatusReference {
                index: 7,
                uri: "https://pat.example/status-lists/0".to_owned(),
            }),
        }
    }

    fn key() -> SigningKeyPair {
        SigningKeyPair::generate([1; 32], SignatureProvider::Dalek)
    }

    #[test]
    fn a_minted_token_verifies_and_says_what_was_granted() {
        let minted = minter(300)
            .mint(&key(), &grant(NOW + 86_400_000), NOW, "id-1")
            .unwrap();
        let unverified = Unverified::parse(minted.token.expose_secret()).unwrap();
        assert_eq!(unverified.kid(), key().kid());
        let claims = unverified
            .verify(
                &VerifyingKey::from_bytes(&key().public()).unwrap(),
                &Expectations {
                    issuer: "https://pat.example",
                    audience: "https://api.example",
                    now_seconds: NOW / 1000,
                    skew_seconds: 0,
                },
            )
            .unwrap();
        assert_eq!(
            serde_json::to_value(&claims).unwrap(),
            serde_json::json!({
                "iss": "https://pat.example",
                "sub": "019365a0-0000-7000-8000-000000000001",
                "aud": "https://api.example",
                "exp": 1_795_570_300,
                "iat": 1_795_570_000,
                "nbf": 1_795_570_000,
                "jti": "id-1",
                "client_id": "019365a0-0000-7000-8000-000000000002",
                "preferred_username": "ada",
                "scope": "read write",
                "ats_generation": 3,
                "status": {"status_list": {"idx": 7, "uri": "https://pat.example/status-lists/0"}},
            }),
        );
        assert_eq!(minted.expires_at, 1_795_570_300);
    }

    #[test]
    fn with_less_than_a_second_left_it_is_too_late() {
        let mint = |left| {
            minter(300)
                .mint(&key(), &grant(NOW + left), NOW, "id-1")
                .map(|minted| minted.expires_at)
        };
        for left in [i64::MIN + NOW.abs(), -1, 0, 1, 100, 999] {
            assert!(matches!(mint(left), Err(AuthError::TooLate)), "{left}");
        }
        assert_eq!(mint(1000).unwrap(), NOW / 1000 + 1);
    }

    #[test]
    fn lifetimes_are_one_minute_to_one_hour() {
        for seconds in [0, 59, 3601, u32::MAX] {
            let minter = Minter::new(
                String::new(),
                String::new().into(),
                seconds,
                SigningAlgorithm::EdDsa,
            );
            assert!(matches!(minter, Err(AuthError::LifetimeOutOfRange { .. })));
        }
        minter(60);
        minter(3600);
    }

    #[test]
    fn a_narrowed_minter_serves_fewer_and_for_a_shorter_time() {
        let served = ["a", "b", "c"].map(ToOwned::to_owned).to_vec();
        let audience = Audience::new(served).unwrap();
        let minter = Minter::new(String::new(), audience, 300, SigningAlgorithm::EdDsa).unwrap();
        let narrowed = |recipients: &[&str], seconds| {
            let recipients: Vec<_> = recipients.iter().map(ToString::to_string).collect();
            let narrowed = minter.narrowed(Some(&recipients), seconds)?;
            let kept = narrowed.audience.iter().collect::<Vec<_>>().join(" ");
            Some((kept, narrowed.lifetime))
        };
        assert_eq!(
            narrowed(&["c", "a", "c"], None),
            Some(("a c".to_owned(), 300))
        );
        assert_eq!(narrowed(&["b"], Some(7)), Some(("b".to_owned(), 7)));
        assert_eq!(narrowed(&["b"], Some(0)), Some(("b".to_owned(), 1)));
        assert_eq!(
            narrowed(&["b"], Some(u32::MAX)),
            Some(("b".to_owned(), 300))
        );
        for foreign in [&["d"][..], &["a", "d"], &[""], &[]] {
            assert_eq!(narrowed(foreign, None), None, "{foreign:?}");
        }
        let whole = minter.narrowed(None, None).unwrap();
        assert_eq!((&whole.audience, whole.lifetime), (&minter.audience, 300));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_token_outlives_its_personal_access_token(
            now in prop_oneof![any::<i64>(), NOW..NOW + 5000],
            left in prop_oneof![any::<i64>(), -5000..4_000_000_i64],
            lifetime in 60..=3600_u32,
        ) {
            let grant = grant(now.saturating_add(left));
            match minter(lifetime).mint(&key(), &grant, now, "id-1") {
                Ok(Minted { expires_at, .. }) => {
                    prop_assert!(i128::from(expires_at) * 1000 <= i128::from(grant.expires_at_ms));
                    prop_assert!(expires_at <= now.div_euclid(1000) + i64::from(lifetime));
                    prop_assert!(expires_at > now.div_euclid(1000));
                }
                Err(AuthError::TooLate) => prop_assert!(grant.expires_at_ms.saturating_sub(now) < 1000),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
