//! The place of an authentication token in a status list.

use serde::{Deserialize, Deserializer, Serialize};

use crate::json;

/// Where the status of an authentication token is: its claim `status` (section 6.1).
///
/// Written as `{"status_list":{"idx":…,"uri":…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "Mechanisms")]
pub struct StatusReference {
    /// The place in the list, from 0.
    pub index: u64,
    /// The list: its address, and its `sub`.
    pub uri: String,
}

/// Other mechanisms may be beside it (section 6.1).
#[derive(Serialize, Deserialize)]
struct Mechanisms {
    #[serde(deserialize_with = "json::in_object")]
    status_list: InList,
}

#[derive(Serialize, Deserialize)]
struct InList {
    idx: u64,
    uri: String,
}

impl<'de> Deserialize<'de> for StatusReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Mechanisms { status_list } = json::in_object(deserializer)?;
        let InList { idx: index, uri } = status_list;
        Ok(Self { index, uri })
    }
}

impl From<StatusReference> for Mechanisms {
    fn from(StatusReference { index: idx, uri }: StatusReference) -> Self {
        Self {
            status_list: InList { idx, uri },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claim_is_written_as_the_draft_has_it() {
        let reference = StatusReference {
            index: 412,
            uri: "https://pat.example/status-lists/0".to_owned(),
        };
        let written = r#"{"status_list":{"idx":412,"uri":"https://pat.example/status-lists/0"}}"#;
        assert_eq!(serde_json::to_string(&reference).unwrap(), written);
        assert_eq!(
            serde_json::from_str::<StatusReference>(written).unwrap(),
            reference
        );
    }

    #[test]
    fn no_array_passes_for_the_claim() {
        for array in [
            r#"[{"idx":412,"uri":"u"}]"#,
            r#"{"status_list":[412,"u"]}"#,
            "[[412,\"u\"]]",
        ] {
            assert!(
                serde_json::from_str::<StatusReference>(array).is_err(),
                "{array}"
            );
        }
    }
}
