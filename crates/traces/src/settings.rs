//! The settings of traces, and why they can't be used.

use std::io;
use std::path::PathBuf;

use opentelemetry_otlp::ExporterBuildError;
use secrecy::SecretString;
use url::Url;

/// Where traces go, and how many.
pub struct TraceSettings {
    /// The address of the collector for traces, with its path.
    pub endpoint: Url,
    /// Which part of the requests is recorded: 0 is none, 1 is all.
    pub ratio: f64,
    /// Headers that the collector asks for: names and values.
    pub headers: Vec<(String, SecretString)>,
    /// A PEM file with the only authorities that are trusted. `None` trusts those of the system.
    pub ca_file: Option<PathBuf>,
    /// The version of the program.
    pub version: &'static str,
}

/// Why traces can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of authorities can't be read, or has no certificate.
    #[error("`traces-ca-file`: {} can't be read as certificates in PEM form: check the path, and that the server may read it", .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A header can't be sent. Its value is not quoted.
    #[error(
        "`traces-headers`: {name:?} can't be sent as a header: write `Name: value` in printable ASCII"
    )]
    Header {
        /// The name of the header.
        name: String,
    },
    /// TLS or the HTTP client can't be set up.
    #[error("the connection to the collector of traces can't be prepared")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The system gives no runtime for the connection.
    #[error("the system has nothing left to send traces with")]
    Runtime(#[source] io::Error),
    /// An `OTEL_…` variable of the environment asks for what this program doesn't have.
    #[error("traces can't be sent as the environment asks: check its OTEL_ variables")]
    Exporter(#[source] ExporterBuildError),
}
