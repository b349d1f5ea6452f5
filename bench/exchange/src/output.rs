//! Writes figures as JSON files.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Writes them as JSON. Makes the folder if it is missing.
pub fn write_json(path: &Path, figures: &impl Serialize) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(figures)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
