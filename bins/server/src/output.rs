//! Standard output, for the few lines that a person or a script waits for.

use std::io::{self, Write as _};

/// Writes one line to standard output at once.
pub fn say(line: &str) {
    let mut output = io::stdout().lock();
    if let Err(error) = writeln!(output, "{line}").and_then(|()| output.flush()) {
        tracing::warn!(%error, "standard output does not take what the server has to say");
    }
}
