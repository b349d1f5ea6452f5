//! What the issuer of the vectors publishes, in memory.

use std::time::Duration;

use ats_pat_verify::{Clock, Document, DocumentRequest, KeySource, SourceError};

/// The documents of an issuer, at the addresses that the tests choose.
pub struct Documents {
    pub issuer: String,
    pub keys: String,
    pub list: String,
    pub list_uri: String,
}

impl KeySource for Documents {
    async fn get(&self, request: DocumentRequest<'_>) -> Result<Document, SourceError> {
        let Self { issuer, .. } = self;
        let body = match request.url.strip_prefix(issuer.as_str()) {
            Some("/.well-known/oauth-authorization-server") => format!(
                r#"{{"issuer":"{issuer}","jwks_uri":"{issuer}/keys","status_list_aggregation_endpoint":"{issuer}/lists"}}"#
            ),
            Some("/keys") => self.keys.clone(),
            Some("/lists") => format!(r#"{{"status_lists":["{}"]}}"#, self.list_uri),
            _ if request.url == self.list_uri => self.list.clone(),
            _ => return Err(SourceError::Gone),
        };
        Ok(Document::Current {
            body: body.into_bytes(),
            etag: None,
            age: Duration::ZERO,
        })
    }
}

/// A clock that stands still.
pub struct At(pub i64);

impl Clock for At {
    fn now_seconds(&self) -> i64 {
        self.0
    }

    fn since_start(&self) -> Duration {
        Duration::from_hours(1)
    }
}
