//! Prints `docs/operation.md` with the program's table of settings.

use std::io::{Error, Write};

fn main() -> std::io::Result<()> {
    let page = std::fs::read_to_string("docs/operation.md")?;
    let table = ats_pat_program::settings_reference();
    // Its first and last line are marks.
    let (first, rest) = table.split_once('\n').unwrap_or_default();
    let last = rest.lines().last().unwrap_or_default();
    let around = page
        .split_once(first)
        .and_then(|(before, rest)| Some((before, rest.split_once(last)?.1.trim_start())));
    let (before, after) =
        around.ok_or_else(|| Error::other(format!("the page lacks `{first}` or `{last}`")))?;
    write!(std::io::stdout().lock(), "{before}{table}\n{after}")
}
