//! What a program left in its folder.

use std::fs;
use std::path::Path;

/// Every file and folder below `folder`, by its path from there, sorted.
pub fn left_on_disk(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, top: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let below = path.strip_prefix(top).expect("a path below the folder");
            found.push(below.display().to_string());
            if path.is_dir() {
                walk(&path, top, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}
