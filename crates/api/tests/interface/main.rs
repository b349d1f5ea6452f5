//! The API through real connections: every route, its refusals and their order.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod administration;
mod answers;
mod audience;
mod bodies;
mod connection;
mod credentials;
mod cross_site;
mod fixture;
mod lists;
mod oauth;
mod operator_keys;
mod order;
mod ownership;
mod paths;
mod policy;
mod self_regenerate;
mod service_accounts;
mod sign_in;
mod standard;
mod status_list;
mod step_up;
mod tokens_of_users;
