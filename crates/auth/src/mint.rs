//! The minting of authentication tokens.
//!
//! Minting costs little more than the signature. The parts that tokens have in common are written
//! in JSON and base64url beforehand. The rest is written straight into the token.

mod claims;
mod grant;

use ats_pat_token::{Audience, SigningAlgorithm};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;

use crate::{AuthError, SigningKeyPair};
use claims::{ClaimsTemplate, Times};
pub use grant::{Grant, StatusPlace, SubjectId};

const LONGEST_LIFETIME: u32 = 3600;
/// The length of a signature, in bytes.
const SIGNATURE: usize = 64;

/// Makes authentication tokens from grants and from the settings that all tokens share.
#[derive(Debug, Clone)]
pub struct Minter {
    audience: Audience,
    algorithm: SigningAlgorithm,
    claims: ClaimsTemplate,
}

/// An authentication token and its end.
pub struct Minted {
    /// The token, a JWS in compact form.
    pub token: SecretString,
    /// Its `exp`, in seconds since the epoch.
    pub expires_at: i64,
}

impl Minter {
    /// A minter with the issuer (the public URL) and the audience.
    pub fn new(issuer: &str, audience: Audience, algorithm: SigningAlgorithm) -> Self {
        Self {
            claims: ClaimsTemplate::new(issuer, &audience),
            audience,
            algorithm,
        }
    }

    /// The recipients of its tokens.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// A minter whose tokens are for these recipients only. This never widens: the result is `None`
    /// if a recipient is not one of this minter's.
    pub fn narrowed(&self, recipients: &[String]) -> Option<Self> {
        if !recipients.iter().all(|asked| self.audience.contains(asked)) {
            return None;
        }
        let kept = self.audience.iter().map(ToOwned::to_owned);
        let kept = kept.filter(|own| recipients.contains(own)).collect();
        let mut narrowed = self.clone();
        narrowed.audience = Audience::new(kept).ok()?;
        narrowed.claims.set_audience(&narrowed.audience);
        Some(narrowed)
    }

    /// The authentication token for `grant`, signed with `key`. `now_ms` is the time at which the
    /// grant was judged, in milliseconds since the epoch. `jti` is an id that no other token has.
    ///
    /// It never outlives the personal access token. If that has less than a second left, the result
    /// is [`AuthError::TooLate`]. Then tell the caller that the personal access token has expired.
    /// A lifetime outside 1 to 3600 seconds is [`AuthError::LifetimeOutOfRange`].
    pub fn mint(
        &self,
        key: &SigningKeyPair,
        grant: &Grant<'_>,
        now_ms: i64,
        jti: &str,
    ) -> Result<Minted, AuthError> {
        if !(1..=LONGEST_LIFETIME).contains(&grant.lifetime_seconds) {
            return Err(AuthError::LifetimeOutOfRange {
                seconds: grant.lifetime_seconds,
            });
        }
        if grant.expires_at_ms.saturating_sub(now_ms) < 1000 {
            return Err(AuthError::TooLate);
        }
        // Both round down. Because there is at least a second between them, `expires_at` comes
        // after `issued_at`.
        let issued_at = now_ms.div_euclid(1000);
        let lifetime = i64::from(grant.lifetime_seconds);
        let expires_at = (issued_at + lifetime).min(grant.expires_at_ms.div_euclid(1000));
        let times = Times {
            issued_at,
            expires_at,
        };
        let claims = self.claims.fill(grant, times, jti);
        Ok(Minted {
            token: signed(key, self.algorithm, claims.as_bytes()),
            expires_at,
        })
    }
}

/// The JWS in compact form (RFC 7515, section 7.1), in one allocation.
fn signed(key: &SigningKeyPair, algorithm: SigningAlgorithm, claims: &[u8]) -> SecretString {
    let header = key.encoded_header(algorithm);
    let parts = [claims.len(), SIGNATURE].map(encoded_length);
    let mut token = String::with_capacity(header.len() + parts.iter().sum::<usize>() + 1);
    token.push_str(header);
    BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    SecretString::from(token)
}

/// The length of so many bytes in base64url.
const fn encoded_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use ats_pat_token::{
        Claims, Expectations, Header, SigningInput, StatusReference, Unverified, VerifyingKey,
    };
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::SignatureProvider;

    const NOW: i64 = 1_795_570_000_900;

    fn minter() -> Minter {
        Minter::new(
            "https://pat.example",
            Audience::from("https://api.example".to_owned()),
            SigningAlgorithm::EdDsa,
        )
    }

    fn grant(expires_at_ms: i64) -> Grant<'static> {
        Grant {
            owner_id: "019365a0-0000-7000-8000-000000000001",
            user_name: "ada",
            token_id: "019365a0-0000-7000-8000-000000000002",
            generation: 3,
            scope: "read write",
            lifetime_seconds: 300,
            expires_at_ms,
            status: Some(StatusPlace {
                index: 7,
                uri: "https://pat.example/status-lists/0",
            }),
            subject_id: None,
        }
    }

    fn key() -> SigningKeyPair {
        SigningKeyPair::generate([1; 32], SignatureProvider::Dalek)
    }

    #[test]
    fn a_minted_token_verifies_and_says_what_was_granted() {
        let minted = minter()
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
    fn who_the_owner_is_at_a_provider_stands_beside_the_claims_that_verifiers_know() {
        let issuer = "https://id.example/\"a\"";
        let subject = "1\\\u{e9}";
        let named = Grant {
            subject_id: Some(SubjectId { issuer, subject }),
            ..grant(NOW + 86_400_000)
        };
        let claims = |grant: &Grant<'_>| {
            let minted = minter().mint(&key(), grant, NOW, "id-1").unwrap();
            let token = minted.token.expose_secret().to_owned();
            let payload = token.split('.').nth(1).unwrap();
            let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&payload).unwrap();
            (token, value)
        };
        let (token, mut with) = claims(&named);
        let told = with.as_object_mut().unwrap().remove("sub_id");
        assert_eq!(
            told.unwrap(),
            serde_json::json!({"format": "iss_sub", "iss": issuer, "sub": subject}),
        );
        assert_eq!(with, claims(&grant(NOW + 86_400_000)).1);
        // A verifier that doesn't know the claim takes the token.
        let verified = Unverified::parse(&token).unwrap().verify(
            &VerifyingKey::from_bytes(&key().public()).unwrap(),
            &Expectations {
                issuer: "https://pat.example",
                audience: "https://api.example",
                now_seconds: NOW / 1000,
                skew_seconds: 0,
            },
        );
        assert_eq!(verified.unwrap().preferred_username, "ada");
    }

    #[test]
    fn with_less_than_a_second_left_it_is_too_late() {
        let mint = |left| {
            minter()
                .mint(&key(), &grant(NOW + left), NOW, "id-1")
                .map(|minted| minted.expires_at)
        };
        for left in [i64::MIN + NOW.abs(), -1, 0, 1, 100, 999] {
            assert!(matches!(mint(left), Err(AuthError::TooLate)), "{left}");
        }
        assert_eq!(mint(1000).unwrap(), NOW / 1000 + 1);
    }

    #[test]
    fn lifetimes_are_one_second_to_one_hour() {
        let mint = |lifetime_seconds| {
            let grant = Grant {
                lifetime_seconds,
                ..grant(NOW + 86_400_000)
            };
            minter().mint(&key(), &grant, NOW, "id-1")
        };
        for seconds in [0, 3601, u32::MAX] {
            let refused = mint(seconds).map(|minted| minted.expires_at);
            assert!(matches!(refused, Err(AuthError::LifetimeOutOfRange { .. })));
        }
        for seconds in [1, 3600] {
            let minted = mint(seconds).unwrap();
            assert_eq!(minted.expires_at, NOW / 1000 + i64::from(seconds));
        }
    }

    #[test]
    fn a_narrowed_minter_serves_fewer() {
        let served = ["a", "b", "c"].map(ToOwned::to_owned).to_vec();
        let audience = Audience::new(served).unwrap();
        let minter = Minter::new("", audience, SigningAlgorithm::EdDsa);
        let narrowed = |recipients: &[&str]| {
            let recipients: Vec<_> = recipients.iter().map(ToString::to_string).collect();
            let narrowed = minter.narrowed(&recipients)?;
            Some(narrowed.audience.iter().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(narrowed(&["c", "a", "c"]).as_deref(), Some("a c"));
        assert_eq!(narrowed(&["b"]).as_deref(), Some("b"));
        for foreign in [&["d"][..], &["a", "d"], &[""], &[]] {
            assert_eq!(narrowed(foreign), None, "{foreign:?}");
        }
    }

    /// Texts that JSON has to escape, and some that it doesn't.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            ".*",
            "[\"\\\\/\u{0}-\u{1f}\u{7f}\u{e9}\u{2028}\u{1f600}a]*",
            "[a-z:. ]{0,900}"
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn a_token_is_the_text_of_its_header_and_claims(
            (issuer, recipients) in (text(), proptest::collection::vec(text(), 1..4)),
            (owner_id, user_name, token_id) in (text(), text(), text()),
            (scope, jti) in (text(), text()),
            (generation, lifetime_seconds) in (any::<u32>(), 1..=LONGEST_LIFETIME),
            status: Option<(u64, String)>,
            is_narrowed: bool,
            algorithm in prop_oneof![Just(SigningAlgorithm::EdDsa), Just(SigningAlgorithm::Ed25519)],
        ) {
            let audience = Audience::new(recipients.clone()).unwrap();
            let minter = Minter::new(&issuer, audience.clone(), algorithm);
            let narrowed = minter.narrowed(&recipients[..1]).unwrap();
            let (minter, aud) = if is_narrowed {
                let kept = recipients.iter().filter(|own| **own == recipients[0]);
                (narrowed, Audience::new(kept.cloned().collect()).unwrap())
            } else {
                (minter, audience)
            };
            let grant = Grant {
                owner_id: &owner_id,
                user_name: &user_name,
                token_id: &token_id,
                generation,
                scope: &scope,
                lifetime_seconds,
                expires_at_ms: NOW + 86_400_000,
                status: status.as_ref().map(|(index, uri)| StatusPlace { index: *index, uri }),
                subject_id: None,
            };
            let minted = minter.mint(&key(), &grant, NOW, &jti).unwrap();

            let header = Header { alg: algorithm, kid: key().kid().to_owned() };
            let issued_at = NOW / 1000;
            let claims = Claims {
                iss: issuer,
                sub: owner_id.clone(),
                aud,
                exp: issued_at + i64::from(lifetime_seconds),
                iat: issued_at,
                nbf: issued_at,
                jti,
                client_id: token_id.clone(),
                preferred_username: user_name.clone(),
                scope: scope.clone(),
                ats_generation: Some(generation),
                status: status.map(|(index, uri)| StatusReference { index, uri }),
            };
            let input = SigningInput::new(&header, &claims);
            let signature = key().sign(input.as_bytes());
            let expected = input.with_signature(&signature);
            prop_assert_eq!(minted.token.expose_secret(), expected.expose_secret());
        }

        #[test]
        fn no_token_outlives_its_personal_access_token(
            now in prop_oneof![any::<i64>(), NOW..NOW + 5000],
            left in prop_oneof![any::<i64>(), -5000..4_000_000_i64],
            lifetime_seconds in 1..=LONGEST_LIFETIME,
        ) {
            let grant = Grant { lifetime_seconds, ..grant(now.saturating_add(left)) };
            match minter().mint(&key(), &grant, now, "id-1") {
                Ok(Minted { expires_at, .. }) => {
                    prop_assert!(i128::from(expires_at) * 1000 <= i128::from(grant.expires_at_ms));
                    prop_assert!(expires_at <= now.div_euclid(1000) + i64::from(lifetime_seconds));
                    prop_assert!(expires_at > now.div_euclid(1000));
                }
                Err(AuthError::TooLate) => prop_assert!(grant.expires_at_ms.saturating_sub(now) < 1000),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
