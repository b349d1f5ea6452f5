//! The pages in a real browser.

#![expect(clippy::expect_used, reason = "a test that can't be set up has failed")]

mod setup;
mod site;
