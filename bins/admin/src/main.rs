//! See the workspace documentation.
fn main() {}
