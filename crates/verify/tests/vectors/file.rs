//! The files of the vectors.

use std::{env, fs, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};

/// If this is set, the tests write the files instead of comparing them.
const WRITE: &str = "ATS_PAT_WRITE_VECTORS";

fn path(name: &str) -> PathBuf {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors");
    docs.join(name).with_extension("json")
}

/// The rows of a file, which must be what `generated` is.
pub fn checked_in<T: Serialize + DeserializeOwned>(name: &str, generated: &T) -> T {
    let path = path(name);
    let mut text = serde_json::to_string_pretty(generated).unwrap();
    text.push('\n');
    #[expect(
        clippy::disallowed_methods,
        reason = "a person asks for the files by this variable"
    )]
    if env::var_os(WRITE).is_some() {
        fs::write(&path, &text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    // Not `assert_eq`, because it would print both texts.
    assert!(
        found == text,
        "{} is not what the tests say: run `cargo xtask vectors`, and read the difference",
        path.display()
    );
    serde_json::from_str(&found).unwrap()
}

/// What a verifier must say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Accepted,
    Refused,
}
