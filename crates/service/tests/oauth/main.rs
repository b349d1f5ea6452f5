//! The use cases of the standard OAuth endpoints: narrowing, introspection, and revocation by the
//! holder.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod all_written_out;
mod audiences;
mod holder;
mod introspection;
mod narrowing;
mod report;
mod scene;
mod scope;
