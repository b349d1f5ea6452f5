//! Prints the OpenAPI document of a deployment with default settings.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let document = ats_pat_api::document(false);
    std::io::stdout()
        .lock()
        .write_all(format!("{document:#}\n").as_bytes())
}
