use std::hint::black_box;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use crate::AuthError;

const SHORTEST: usize = 12;
const LONGEST: usize = 128;
const LONGEST_TYPED: usize = 4 * LONGEST;

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
    /// Takes some milliseconds at worst: don't call it on a thread that serves others.
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
#[derive(Clone)]
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    cost: PasswordCost,
}

impl Default for PasswordHasher {
    /// With [`PasswordCost::OWASP`].
    fn default() -> Self {
        Self::with_params(PasswordCost::OWASP, Params::DEFAULT)
    }
}

impl PasswordHasher {
    /// A hasher of other costs than the default: dearer ones, or cheap ones for tests.
    pub fn new(cost: PasswordCost) -> Result<Self, AuthError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(AuthError::PasswordCostInvalid)?;
        Ok(Self::with_params(cost, params))
    }

    /// The hash to store, as a PHC string (`$argon2id$v=19$m=…`); `salt` is 16 random bytes.
    pub fn hash(&self, password: &Password, salt: [u8; 16]) -> Result<String, AuthError> {
        self.argon2
            .hash_password_with_salt(password.bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(AuthError::PasswordHashFailed)
    }

    /// Whether `password` is the one that `stored` was made from, with the costs that stand in `stored`.
    /// [`AuthError::PasswordHashUnreadable`] where `stored` is no Argon2id hash of acceptable costs.
    pub fn verify(&self, stored: &str, password: &Password) -> Result<bool, AuthError> {
        let (hash, _) = parse(stored)?;
        match self.argon2.verify_password(password.bytes(), &hash) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(AuthError::PasswordHashFailed(error)),
        }
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
        parse(stored).map_or(true, |(_, cost)| cost != self.cost)
    }

    fn with_params(cost: PasswordCost, params: Params) -> Self {
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            cost,
        }
    }
}

fn parse(stored: &str) -> Result<(PasswordHash, PasswordCost), AuthError> {
    let hash = PasswordHash::new(stored).map_err(|_| AuthError::PasswordHashUnreadable)?;
    let params = Params::try_from(&hash).map_err(|_| AuthError::PasswordHashUnreadable)?;
    let cost = PasswordCost {
        memory_kib: params.m_cost(),
        passes: params.t_cost(),
        lanes: params.p_cost(),
    };
    let complete = hash.algorithm == argon2::ARGON2ID_IDENT
        && hash.version == Some(Version::V0x13.into())
        && hash.salt.is_some()
        && hash
            .hash
            .as_ref()
            .is_some_and(|output| output.len() == Params::DEFAULT_OUTPUT_LEN);
    let affordable = cost.memory_kib <= DEAREST.memory_kib
        && cost.passes <= DEAREST.passes
        && cost.lanes <= DEAREST.lanes;
    if complete && affordable {
        Ok((hash, cost))
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
    let words: Vec<&str> = about
        .iter()
        .flat_map(|text| {
            text.split(|character: char| !character.is_alphanumeric())
                .chain([*text])
        })
        .filter(|word| word.chars().nth(2).is_some())
        .take(MOST_WORDS)
        .collect();
    zxcvbn(&guessed, &words).score() < Score::Three
}
