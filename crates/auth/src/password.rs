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

/// How many characters are estimated together. The time of the estimate grows fast with them:
/// seconds at 100 characters, for texts that are made for that. From 29 characters on its
/// arithmetic can overflow, which is a panic in debug builds.
const PIECE: usize = 24;

/// The maximum number of words about a user, because each costs time.
const MOST_WORDS: usize = 16;

/// The highest costs of a stored hash that a sign-in accepts. The row tag keeps planted hashes out.
/// This limit keeps a mistake in an import from using up the server's memory.
const DEAREST: PasswordCost = PasswordCost {
    memory_kib: 256 * 1024,
    passes: 16,
    lanes: 16,
};

/// A password, prepared as RFC 8265's OpaqueString, which NIST SP 800-63B-4 also asks for. Every
/// space becomes U+0020, and the rest is normalised to NFC, so that one password typed on two
/// keyboards has the same bytes. NFKC would make different passwords equal.
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
    /// One of the first that a guesser would try, or made of the user's own name.
    #[error("the password is too common")]
    TooCommon,
}

impl Password {
    /// A password as typed at sign-in. No rule is checked, because the password may be older than
    /// the rules.
    pub fn typed(text: &str) -> Self {
        Self(prepared(text).as_str().into())
    }

    /// A new password, if it follows the rules. It has 12 to 128 characters (Unicode scalar values,
    /// after preparation). Any characters are allowed, but common passwords are not. `about` holds
    /// the words that a guesser of this account would try first: user name and display name.
    ///
    /// This may take some tens of milliseconds. Don't call it on a thread that serves others.
    pub fn chosen(text: &str, about: &[&str]) -> Result<Self, PasswordRefused> {
        // NFC joins at most a letter and a few marks into one character. A text of this length
        // stays too long, and is cheap to refuse.
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
    /// How much memory a hash takes, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// The lanes of memory, which could be filled in parallel.
    pub lanes: u32,
}

impl PasswordCost {
    /// The values of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
}

/// Hashes and verifies passwords with Argon2id (RFC 9106).
///
/// Each call takes its memory and tens of milliseconds. The caller must limit how many run at once.
/// The memory of that many calls is kept for the next ones. Clones share it.
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
    /// A hasher with other costs than the default: higher ones, or low ones for tests. `at_once` is
    /// how many calls the caller runs at once. More calls work too, but their memory is freed
    /// afterwards.
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

    /// Whether `stored` was made from `password`, with the costs in `stored`.
    /// [`AuthError::PasswordHashUnreadable`] if `stored` is not an Argon2id hash with acceptable
    /// costs.
    pub fn verify(&self, stored: &str, password: &Password) -> Result<bool, AuthError> {
        let stored = parse(stored)?;
        // Outputs are compared in constant time.
        self.compute(&stored.params, password, &stored.salt)
            .map(|output| output == stored.output)
            .map_err(AuthError::PasswordHashFailed)
    }

    /// Does the work of [`verify`](Self::verify) for a user who doesn't exist, so that the time of
    /// an answer doesn't tell which users exist. Always false.
    pub fn verify_unknown(&self, password: &Password) -> Result<bool, AuthError> {
        black_box(self.hash(password, [0; 16])?);
        Ok(false)
    }

    /// Whether `stored` was made with other costs than these, or can't be read. If so, hash the
    /// password again after it has been verified.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        parse(stored).map_or(true, |stored| stored.cost() != self.cost)
    }

    /// Gives back the memory that is kept for the next password. Call it now and then. Kept memory
    /// makes hashing faster, but it is as much as the cost says for each call that ran at once.
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

/// The parts of a PHC string.
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
    // Enough room for the worst growth of NFC (UAX #15, table 2), so that the buffer never grows
    // and leaves no copy behind.
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
    // Full-width and other compatibility letters don't protect against a guesser.
    let mut guessed = Zeroizing::new(String::with_capacity(4 * LONGEST));
    guessed.extend(prepared.nfkc().take(LONGEST));
    let words: Vec<String> = about.iter().flat_map(|text| words_of(text)).collect();
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| word.chars().nth(2).is_some())
        .take(MOST_WORDS)
        .collect();
    // A password that has a piece that is hard to guess is itself hard to guess.
    pieces(unit(&guessed)).all(|piece| zxcvbn(piece, &words).score() < Score::Three)
}

/// For `alice.smith@example.com`: the whole, `alice.smith`, `alicesmith`, and each part.
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

/// The part that `text` repeats, or `text` itself. Writing a thing twice makes it no harder to
/// guess.
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
mod tests;
