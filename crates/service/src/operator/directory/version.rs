//! Versions of resources: what a directory read, and what it wants to change.

use ats_pat_domain::directory::DirectoryRefusal;
use blake3::Hasher;

use crate::ledger::rows::hex;
use crate::view::{DirectoryGroupView, DirectoryUserView};

/// The versions that a request allows (`If-Match`; RFC 7644, section 3.14). Empty: any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition(Vec<String>);

impl Precondition {
    /// Allows only these versions.
    pub fn any_of(versions: Vec<String>) -> Self {
        Self(versions)
    }

    /// # Errors
    /// [`DirectoryRefusal::Changed`].
    pub(super) fn check(&self, version: &str) -> Result<(), DirectoryRefusal> {
        if self.0.is_empty() || self.0.iter().any(|allowed| allowed == version) {
            Ok(())
        } else {
            Err(DirectoryRefusal::Changed)
        }
    }
}

/// A hash of these texts. None can take over a piece of another, because the length of each is
/// before it.
fn version(texts: &[&str]) -> String {
    let mut hasher = Hasher::new();
    for text in texts {
        let length = text.len() as u64;
        hasher.update(&length.to_be_bytes()).update(text.as_bytes());
    }
    hex(&hasher.finalize().as_bytes()[..16])
}

impl DirectoryUserView {
    /// The version: another one after each change of what the directory sees.
    pub fn version(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let groups: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
        version(&[
            &self.id.to_string(),
            &text(&self.external_id),
            &self.user_name,
            &text(&self.display_name),
            &text(&self.given_name),
            &text(&self.family_name),
            &text(&self.email),
            &self.active.to_string(),
            &groups.join(" "),
            &self.updated_at.to_string(),
        ])
    }
}

impl DirectoryGroupView {
    /// The version: another one after each change by the directory.
    pub fn version(&self) -> String {
        version(&[&self.id.to_string(), &self.updated_at.to_string()])
    }
}
