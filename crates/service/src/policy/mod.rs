//! The policy: what it is for each owner, which one is in force, and how another comes into force.
//!
//! It is that of the settings, or it stands in the database (`policy-source`). There it is a row
//! like another: tagged, and judged by the event log before it is gone by. Once an event wrote it,
//! there must be one: a row that is missing or altered is no reason to go by the settings. What a
//! server has in memory is judged by the same log, so a row that is altered or removed beneath a
//! running server changes nothing.

mod cut;
mod document;
mod in_force;
mod rules;
mod set;

pub(crate) use cut::CutWalk;
pub(crate) use document::Written;
pub(crate) use in_force::InForce;
pub(crate) use rules::Rules;
pub(crate) use set::{OwnerPolicies, OwnerPolicy};
