//! Administrators change the policy: the form, what it would do, and putting it into force.

mod access;
mod change;
mod scene;
