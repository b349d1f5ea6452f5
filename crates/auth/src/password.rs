use std::hint::black_box;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use crate::AuthError;
use crate::working_memory::WorkingMemory;

const SHORTEST: usize = 12;
const LONGEST: usize = 128;
const LONGEST_TYPED: usize = 4 * LONGEST;

/// How many characters the estimate looks at together. Its time grows fast with them (seconds at 100, for
/// texts made to that end), and from 29 on its arithmetic can overflow, a panic in debug builds.
const PIECE: usize = 24;

/// Of the words about a user; each costs time.
const MOST_WORDS: usize = 16;

/// What a stored hash may make a sign-in cost at most. The row tag keeps planted hashes out; this keeps a
/// slip in an import from taking the server's memory.
const DEAREST: PasswordCost = PasswordCost {
    memory_kib: 256 * 1024,
    passes: 16,
    lanes: 16,
};

/// A password, prepared as RFC 8265's OpaqueString (which NIST SP 800-63B-4 also asks for): every space
/// becomes U+0020, and the rest is normalised to NFC, so that one password typed on two keyboards is the
/// same bytes. NFKC would make different passwords equal.
///
/// It can be neither printed nor compared:
///
/// ```compile_fail,E0277
/// fn print(password: &ats_pat_auth::Password) -> String {
///     format!("{password:?}")
/// }
/// ```
pub struct Password(SecretString);

/// Why a password was not accepted as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Fewer than 12 characters.
    #[error("a password has at least 12 characters")]
    TooShort,
    /// More than 128 characters.
    #[error("a password has at most 128 characters")]
    TooLong,
    /// Among the first that a guesser would try, or made of the user's own name.
    #[error("the password is too common")]
    TooCommon,
}

impl Password {
    /// A password as typed at sign-in: no rule is asked, since it may be older than the rules.
    pub fn typed(text: &str) -> Self {
        Self(prepared(text).as_str().into())
    }

    /// A new password, if it follows the rules: 12 to 128 characters (Unicode scalar values, after
    /// preparation), any of them, but none of the common ones. `about` are the words that a guesser of
    /// this account would try first: user name and display name.
    ///
    /// Takes some tens of milliseconds at worst: don't call it on a thread that serves others.
    pub fn chosen(text: &str, about: &[&str]) -> Result<Self, PasswordRefused> {
        // NFC joins at most a letter and a few marks into one character: what is this long stays too
        // long, and costs nothing to refuse.
        if text.chars().nth(LONGEST_TYPED).is_some() {
            return Err(PasswordRefused::TooLong);
        }
        let prepared = prepared(text);
        match prepared.chars().count() {
            ..SHORTEST => Err(PasswordRefused::TooShort),
            SHORTEST..=LONGEST if is_common(&prepared, about) => Err(PasswordRefused::TooCommon),
            SHORTEST..=LONGEST => Ok(Self(prepared.as_str().into())),
            _ => Err(PasswordRefused::TooLong),
        }
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// The costs of Argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes of memory.
    pub lanes: u32,
}

impl PasswordCost {
    /// The OWASP Password Storage Cheat Sheet's: 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
}

/// Hashes and verifies passwords with Argon2id (RFC 9106).
///
/// Each call takes its memory and tens of milliseconds: how many may run at once is the caller's to bound.
/// The memory of that many is kept for the next calls; clones share it.
#[derive(Clone)]
pub struct PasswordHasher {
    params: Params,
    cost: PasswordCost,
    memory: WorkingMemory,
}

impl Default for PasswordHasher {
    /// With [`PasswordCost::OWASP`], for one call at once.
    fn default() -> Self {
        Self::with_params(PasswordCost::OWASP, Params::DEFAULT, 1)
    }
}

impl PasswordHasher {
    /// A hasher of other costs than the default: dearer ones, or cheap ones for tests. `at_once` is how many
    /// calls the caller lets run at once; more work too, in memory that is freed afterwards.
    pub fn new(cost: PasswordCost, at_once: usize) -> Result<Self, AuthError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(AuthError::PasswordCostInvalid)?;
        Ok(Self::with_params(cost, params, at_once))
    }

    /// The hash to store, as a PHC string (`$argon2id$v=19$m=…`); `salt` is 16 random bytes.
    pub fn hash(&self, password: &Password, salt: [u8; 16]) -> Result<String, AuthError> {
        let hash = self
            .compute(&self.params, password, &salt)
            .and_then(|output| {
                Ok(PasswordHash {
                    algorithm: Algorithm::Argon2id.ident(),
                    version: Some(Version::V0x13.into()),
                    params: ParamsString::try_from(&self.params)?,
                    salt: Some(Salt::new(&salt)?),
                    hash: Some(output),
                })
            });
        hash.map(|hash| hash.to_string())
            .map_err(AuthError::PasswordHashFailed)
    }

    /// Whether `password` is the one that `stored` was made from, with the costs that stand in `stored`.
    /// [`AuthError::PasswordHashUnreadable`] where `stored` is no Argon2id hash of acceptable costs.
    pub fn verify(&self, stored: &str, password: &Password) -> Result<bool, AuthError> {
        let stored = parse(stored)?;
        // Outputs are compared in constant time.
        self.compute(&stored.params, password, &stored.salt)
            .map(|output| output == stored.output)
            .map_err(AuthError::PasswordHashFailed)
    }

    /// The work of [`verify`](Self::verify) where there is no such user, so that the time of an answer does
    /// not tell which users exist. Always false.
    pub fn verify_unknown(&self, password: &Password) -> Result<bool, AuthError> {
        black_box(self.hash(password, [0; 16])?);
        Ok(false)
    }

    /// Whether `stored` was made with other costs than these (or can't be read): after the right password,
    /// hash it again.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        parse(stored).map_or(true, |stored| stored.cost() != self.cost)
    }

    /// Gives back the memory that is kept for the next password. Call it now and then: with it kept, hashing is faster,
    /// and each call that ran at once keeps what the cost says.
    pub fn give_back_memory(&self) {
        self.memory.give_back();
    }

    fn with_params(cost: PasswordCost, params: Params, at_once: usize) -> Self {
        let memory = WorkingMemory::new(params.block_count(), at_once);
        Self {
            params,
            cost,
            memory,
        }
    }

    fn compute(
        &self,
        params: &Params,
        password: &Password,
        salt: &[u8],
    ) -> argon2::password_hash::Result<Output> {
        let memory = self.memory.lend(params.block_count())?;
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_into_with_memory(password.bytes(), salt, &mut output, memory)?;
        Ok(Output::new(&output)?)
    }
}

/// What a PHC string says.
struct Stored {
    params: Params,
    salt: Salt,
    output: Output,
}

impl Stored {
    fn cost(&self) -> PasswordCost {
        PasswordCost {
            memory_kib: self.params.m_cost(),
            passes: self.params.t_cost(),
            lanes: self.params.p_cost(),
        }
    }
}

fn parse(stored: &str) -> Result<Stored, AuthError> {
    let hash = PasswordHash::new(stored).map_err(|_| AuthError::PasswordHashUnreadable)?;
    let params = Params::try_from(&hash).map_err(|_| AuthError::PasswordHashUnreadable)?;
    let ours =
        hash.algorithm == argon2::ARGON2ID_IDENT && hash.version == Some(Version::V0x13.into());
    let (true, Some(salt), Some(output)) = (ours, hash.salt, hash.hash) else {
        return Err(AuthError::PasswordHashUnreadable);
    };
    let stored = Stored {
        params,
        salt,
        output,
    };
    let cost = stored.cost();
    let affordable = cost.memory_kib <= DEAREST.memory_kib
        && cost.passes <= DEAREST.passes
        && cost.lanes <= DEAREST.lanes;
    if affordable && stored.output.len() == Params::DEFAULT_OUTPUT_LEN {
        Ok(stored)
    } else {
        Err(AuthError::PasswordHashUnreadable)
    }
}

fn prepared(text: &str) -> Zeroizing<String> {
    // Room for the worst growth that NFC knows (UAX #15, table 2), so that none leaves a copy behind.
    let mut prepared = Zeroizing::new(String::with_capacity(3 * text.len()));
    prepared.extend(text.chars().map(plain_space).nfc());
    prepared
}

/// RFC 8265, section 4.2.2, rule 2: every space separator (category Zs) becomes the plain space.
fn plain_space(character: char) -> char {
    match character {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            ' '
        }
        other => other,
    }
}

fn is_common(prepared: &str, about: &[&str]) -> bool {
    // Full-width and other compatibility letters are no protection from a guesser.
    let mut guessed = Zeroizing::new(String::with_capacity(4 * LONGEST));
    guessed.extend(prepared.nfkc().take(LONGEST));
    let words: Vec<String> = about.iter().flat_map(|text| words_of(text)).collect();
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| word.chars().nth(2).is_some())
        .take(MOST_WORDS)
        .collect();
    // What holds a piece that is hard to guess is hard to guess.
    pieces(unit(&guessed)).all(|piece| zxcvbn(piece, &words).score() < Score::Three)
}

/// Of `alice.smith@example.com`: the whole, `alice.smith`, `alicesmith`, and each part.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let is_separator = |character: char| !character.is_alphanumeric();
    let name = text.split('@').next().unwrap_or(text);
    [
        text.to_owned(),
        name.to_owned(),
        name.replace(is_separator, ""),
    ]
    .into_iter()
    .chain(text.split(is_separator).map(str::to_owned))
}

/// What `text` repeats, else `text`: to write a thing twice makes it no harder to guess.
fn unit(text: &str) -> &str {
    (1..=text.len() / 2)
        .find(|period| text.as_bytes()[*period..] == text.as_bytes()[..text.len() - period])
        .and_then(|period| text.get(..period))
        .unwrap_or(text)
}

fn pieces(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end = rest
            .char_indices()
            .nth(PIECE)
            .map_or(rest.len(), |(end, _)| end);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By Python's `argon2-cffi`, of "correct horse zoë staple".
    const KNOWN: &str = "$argon2id$v=19$m=19456,t=2,p=1$AwMDAwMDAwMDAwMDAwMDAw$YLG/cBth+cOBl+odBbwk9f9TkZk3soU14DLVp62oswU";

    fn cheap() -> PasswordHasher {
        let cost = PasswordCost {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        };
        PasswordHasher::new(cost, 1).unwrap()
    }

    fn verdict(text: &str) -> Result<(), PasswordRefused> {
        Password::chosen(text, &["alice.smith@example.com", "Alice Smith"]).map(|_| ())
    }

    #[test]
    fn hashes_are_what_another_program_computes() {
        let password = Password::typed("correct horse zoë staple");
        let hasher = PasswordHasher::default();
        assert_eq!(hasher.hash(&password, [3; 16]).unwrap(), KNOWN);
        assert!(hasher.verify(KNOWN, &password).unwrap());
        assert!(
            !hasher
                .verify(KNOWN, &Password::typed("correct horse zoe staple"))
                .unwrap()
        );
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        for other in [
            "correct horse zoe\u{308} staple",
            "correct\u{a0}horse\u{3000}zoë staple",
        ] {
            assert!(
                cheap().verify(KNOWN, &Password::typed(other)).unwrap(),
                "{other}"
            );
        }
        let full_width = Password::typed("ｃorrect horse zoë staple");
        assert!(!cheap().verify(KNOWN, &full_width).unwrap());
    }

    #[test]
    fn new_passwords_have_12_to_128_characters() {
        assert_eq!(verdict("grüne wies"), Err(PasswordRefused::TooShort));
        assert_eq!(verdict("grünewiese1"), Err(PasswordRefused::TooShort));
        assert_eq!(verdict("grüne wiese1"), Ok(()));
        // Eleven characters once the marks have joined their letters.
        assert_eq!(
            verdict("gru\u{308}newiese1"),
            Err(PasswordRefused::TooShort)
        );
        let long: String = "grüne wiese bei nacht ".chars().cycle().take(128).collect();
        assert_eq!(verdict(&long), Ok(()));
        assert_eq!(verdict(&format!("{long}x")), Err(PasswordRefused::TooLong));
        assert_eq!(verdict(&"x".repeat(60_000)), Err(PasswordRefused::TooLong));
        assert_eq!(verdict(""), Err(PasswordRefused::TooShort));
    }

    #[test]
    fn any_characters_will_do_if_they_are_not_common_together() {
        for good in [
            "correct horse battery staple",
            "an ordinary passphrase",
            "test-password-123",
            "kjhgqwzvbnxm",
            "\u{0}ganz\tandere\u{7f}zeichen",
        ] {
            assert_eq!(verdict(good), Ok(()), "{good}");
        }
        for common in [
            "password1234",
            "P@ssw0rd2024!",
            "ｐａｓｓｗｏｒｄ１２３４",
            "123456789012",
            "qwertyuiopasdf",
            "aaaaaaaaaaaa",
            "iloveyouiloveyou",
            "alice.smith12",
            "AliceSmith2026",
        ] {
            assert_eq!(verdict(common), Err(PasswordRefused::TooCommon), "{common}");
        }
        for common in ["password", "1234567890", "147896325", "a1", "ä"] {
            let long: String = common.chars().cycle().take(128).collect();
            assert_eq!(verdict(&long), Err(PasswordRefused::TooCommon), "{long}");
        }
    }

    #[test]
    fn the_estimate_never_overflows() {
        // One long walk over a keypad, back to its middle at every second step, that repeats nothing.
        let walk: String = (0..64)
            .flat_map(|step| ['5', char::from(b"12346789"[step * step * step / 7 % 8])])
            .collect();
        assert_eq!(unit(&walk), walk);
        let _ = verdict(&walk);
    }

    #[test]
    fn unknown_users_cost_the_same_hash_and_never_get_in() {
        assert!(
            !cheap()
                .verify_unknown(&Password::typed("whatever"))
                .unwrap()
        );
    }

    #[test]
    fn hashes_of_other_costs_verify_and_are_due_to_be_hashed_again() {
        let password = Password::typed("correct horse zoë staple");
        let stored = cheap().hash(&password, [3; 16]).unwrap();
        assert!(
            PasswordHasher::default()
                .verify(&stored, &password)
                .unwrap()
        );
        assert!(PasswordHasher::default().needs_rehash(&stored));
        assert!(!PasswordHasher::default().needs_rehash(KNOWN));
        assert!(PasswordHasher::default().needs_rehash("no hash"));
    }

    #[test]
    fn hashes_of_other_kinds_or_of_ruinous_cost_are_not_computed() {
        for wrong in [
            String::new(),
            "no hash".to_owned(),
            KNOWN.replace("argon2id", "argon2i"),
            KNOWN.replace("v=19", "v=16"),
            KNOWN.replace("m=19456", "m=4194304"),
            KNOWN.replace("t=2", "t=4000000000"),
            KNOWN.replace("p=1", "p=255"),
            KNOWN[..KNOWN.len() - 4].to_owned(),
            KNOWN[..KNOWN.len() - 44].to_owned(),
        ] {
            let verdict = cheap().verify(&wrong, &Password::typed("x"));
            assert!(
                matches!(verdict, Err(AuthError::PasswordHashUnreadable)),
                "{wrong}"
            );
        }
        let impossible = PasswordCost {
            memory_kib: 1,
            passes: 0,
            lanes: 1,
        };
        let hasher = PasswordHasher::new(impossible, 1).map(|_| ());
        assert!(matches!(hasher, Err(AuthError::PasswordCostInvalid(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_typed_gets_a_verdict(text in "[0-9.+*/|!$@a-cİﷺ]{0,140}") {
            let _ = verdict(&text);
        }

        #[test]
        fn only_the_password_itself_verifies(text in "\\PC{1,40}", other in "\\PC{1,40}") {
            let [password, other] = [text, other].map(|text| Password::typed(&text));
            let stored = cheap().hash(&password, [3; 16]).unwrap();
            prop_assert!(cheap().verify(&stored, &password).unwrap());
            prop_assert_eq!(cheap().verify(&stored, &other).unwrap(), password.bytes() == other.bytes());
        }
    }
}
