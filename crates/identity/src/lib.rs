//! Sign-in at the company's identity providers, by OpenID Connect.
//!
//! **Owns** the protocol: discovery and keys of a provider, the address that a browser is sent to,
//! the rules by which an answer is believed, the claims that say who somebody is, and logout
//! tokens. [`Provider`] implements the port
//! [`IdentityProvider`](ats_pat_domain::port::IdentityProvider).
//!
//! **Invariants**
//! - An identity comes only from an ID token of the configured issuer, for this service alone, made
//!   for this sign-in, signed by a published key with an asymmetric algorithm that the settings
//!   allow.
//! - Names, mail addresses and groups come from that token, or from the userinfo of the same
//!   subject.
//! - Groups that the provider did not tell in full are `None`, never an empty list.
//! - What a provider sends is bounded in length and in time, and no redirect is followed.
//! - No error and no log quotes a code, a token or a secret.
//!
//! **Deliberately does not know** users, sessions, cookies, pages or a database: who an identity is
//! here, and what it may do, is decided by `ats-pat-service`. Times and random values are passed
//! in.

mod algorithm;
mod answer;
mod authorize;
mod cache;
mod claims;
mod code;
mod discovery;
mod distrust;
mod examine;
mod fetch;
mod id_token;
mod keys;
mod logout;
mod provider;
mod settings;
mod trouble;
mod user_info;

pub use algorithm::Algorithm;
pub use distrust::Distrust;
pub use examine::{ClockDifference, Published};
pub use fetch::FetchError;
pub use provider::Provider;
pub use settings::{ClaimNames, SettingError, Settings};
pub use trouble::Trouble;

use std::time::Duration;

/// How far the clocks of a provider and of this machine may differ.
const SKEW: Duration = Duration::from_mins(1);
