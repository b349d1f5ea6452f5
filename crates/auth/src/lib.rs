//! Secrets and signatures. This crate proves that a secret is genuine, that a row was not changed,
//! and that a sealed key is the service's. It signs authentication tokens for grants.
//!
//! **Owns** the keyed hashes of personal access tokens, session ids, set-up codes and form keys;
//! the row tags and the event chain; the master key file and what is sealed under it (the random
//! root and the signing keys); password rules and hashes; the minting of authentication tokens.
//!
//! **Invariants**
//! - Every key that hashes, tags or chains derives from the random root, never from the master key.
//!   A new master key re-seals the root and changes no hash.
//! - Secret types are wiped when dropped. They have no `Debug`, `Display` or derived equality, and
//!   errors never quote them.
//! - Comparisons of secrets and tags take the same time wherever the values differ.
//! - Every tag, chain hash and sealed blob begins with a format version. An unknown version is
//!   refused.
//! - No authentication token outlives the personal access token that it was minted for.
//!
//! **Deliberately does not know** a clock, a source of randomness, a database or the domain's
//! types. Times and random bytes are passed in as values, so every result follows from its inputs.
//! The master key file is the only file that it reads or writes.

mod archive_hasher;
mod backup_cipher;
mod canonical;
mod chain;
mod encoded_header;
mod error;
mod keyed_hash;
#[cfg(test)]
mod known_answers;
mod master_key;
mod mint;
mod password;
mod root_key;
mod row_tag;
mod sealed;
mod session;
mod signature_provider;
mod signing_key;
mod versioned;
mod working_memory;

pub use archive_hasher::ArchiveHasher;
pub use backup_cipher::BackupCipher;
pub use canonical::Canonical;
pub use chain::ChainHash;
pub use error::AuthError;
pub use keyed_hash::KeyedHash;
pub use master_key::{MasterKeyId, MasterKeys};
pub use mint::{Grant, Minted, Minter, StatusPlace, SubjectId};
pub use password::{Password, PasswordCost, PasswordHasher, PasswordRefused};
pub use root_key::{RootKey, RootKeys};
pub use row_tag::{FormerRowTag, Origin, RowTag};
pub use session::{SessionId, SetupCode};
pub use signature_provider::SignatureProvider;
pub use signing_key::SigningKeyPair;
