//! The pages in a real browser.

#![expect(clippy::expect_used, reason = "a test that can't be set up has failed")]

mod accidents;
mod company;
mod docs;
mod engines;
mod flow;
mod html;
mod keyboard;
mod look;
mod operator_keys;
mod person;
mod policy;
mod service_accounts;
mod setup;
mod site;
mod step_up;
mod users;
mod without_script;
