//! The traces of this server, if the settings ask for them.

use ats_pat_http::HttpSettings;
use ats_pat_program::{Settings, SpanLayer};

use crate::failure::Failure;

/// The traces of this server, if it makes any.
pub struct Traces {
    #[cfg(feature = "otel")]
    made: Option<ats_pat_traces::Traces>,
}

#[cfg(feature = "otel")]
impl Traces {
    /// Prepares them.
    pub fn open(settings: &Settings) -> Result<Self, Failure> {
        let Some(endpoint) = settings.traces_endpoint.clone() else {
            return Ok(Self { made: None });
        };
        let traces = ats_pat_traces::Traces::open(&ats_pat_traces::TraceSettings {
            endpoint,
            ratio: settings.traces_ratio,
            headers: settings.traces_headers.clone(),
            ca_file: settings.traces_ca_file.clone(),
            version: ats_pat_program::VERSION,
        })?;
        Ok(Self { made: Some(traces) })
    }

    /// What takes their spans.
    pub fn layer(&self) -> Option<SpanLayer> {
        self.made.as_ref().map(ats_pat_traces::Traces::layer)
    }

    /// Has requests traced.
    pub fn of_requests(&self, http: HttpSettings) -> HttpSettings {
        match &self.made {
            Some(traces) => http.traced_by(std::sync::Arc::new(traces.clone())),
            None => http,
        }
    }

    /// Sends those that wait. It is called after the last request.
    pub async fn end(self) {
        if let Some(traces) = self.made {
            // A panic is in the log.
            let _ = tokio::task::spawn_blocking(move || traces.end()).await;
        }
    }
}

#[cfg(not(feature = "otel"))]
#[expect(
    clippy::unused_async,
    clippy::unused_self,
    reason = "the same as with traces"
)]
impl Traces {
    pub fn open(settings: &Settings) -> Result<Self, Failure> {
        match settings.traces_endpoint {
            Some(_) => Err(Failure::WithoutTraces),
            None => Ok(Self {}),
        }
    }

    pub fn layer(&self) -> Option<SpanLayer> {
        None
    }

    pub fn of_requests(&self, http: HttpSettings) -> HttpSettings {
        http
    }

    pub async fn end(self) {}
}
