//! The pages through real connections, as a browser without script sees them.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod account;
mod administration;
mod audit;
mod bulk;
mod docs;
mod fixture;
mod introspect_scope;
mod operator_keys;
mod policy;
mod policy_form;
mod security;
mod sent_form;
mod service_accounts;
mod setup;
mod sign_in;
mod step_up;
mod token_edit;
mod token_overlap;
mod token_question;
mod token_renewal;
mod token_table;
mod tokens;
mod users;
