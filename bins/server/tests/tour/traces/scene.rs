//! A server whose traces go to a collector, and the spans that arrive there.

use ats_pat_test_support::collector::{Collector, Span};
use tempfile::TempDir;

use crate::support::{Client, PASSWORD, Server, admin_json};

pub const CALLER: &str = "00f067aa0ba902b7";

/// A server whose traces go to a collector.
pub struct Traced {
    pub folder: TempDir,
    pub collector: Collector,
    pub server: Server,
}

impl Traced {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let (folder, collector) = (TempDir::new().unwrap(), Collector::start());
        let endpoint = [("ATS_PAT_TRACES_ENDPOINT", collector.endpoint.as_str())];
        let settings = [&endpoint[..], settings].concat();
        let server = Server::start_with(folder.path(), &settings);
        Self {
            folder,
            collector,
            server,
        }
    }

    /// A signed-in administrator.
    pub async fn ada(&self) -> Client {
        let add = ["user", "add", "Ada", "--admin", "--password-stdin"];
        admin_json(self.folder.path(), &add, &format!("{PASSWORD}\n"));
        let client = Client::new(&self.server);
        assert_eq!(client.sign_in("ada").await.0, 200);
        client
    }

    /// Stops the server. Returns all spans, and its log.
    pub fn stop(self) -> (Vec<Span>, String) {
        let log = self.server.stop();
        (self.collector.spans(), log)
    }
}

/// Sends a request with these headers. Returns its status.
pub async fn send(server: &Server, path: &str, headers: &[(&str, &str)]) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.get(format!("{}{path}", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

pub async fn metric(server: &Server, series: &str) -> u64 {
    let url = format!("{}/metrics", server.operations.as_deref().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let text = http.get(url).send().await.unwrap().text().await.unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("{series} is missing in\n{text}"))
}

/// The id of a trace for a test.
pub fn trace(number: u32) -> String {
    format!("{number:032x}")
}

pub fn traceparent(trace: &str, flags: &str) -> String {
    format!("00-{trace}-{CALLER}-{flags}")
}

/// The spans of a trace. Each is inside another one of them, except for the first, which is
/// returned apart.
#[track_caller]
pub fn of_trace<'a>(spans: &'a [Span], trace: &str) -> (&'a Span, Vec<&'a Span>) {
    let all: Vec<&Span> = spans.iter().filter(|span| span.trace == trace).collect();
    let (roots, inner): (Vec<&Span>, Vec<&Span>) =
        all.iter().copied().partition(|span| span.kind == 2);
    assert_eq!(roots.len(), 1, "{all:#?}");
    for span in &inner {
        assert!(all.iter().any(|it| it.id == span.parent), "{span:#?}");
    }
    (roots[0], inner)
}

pub const EXCHANGE: &str = "/api/personalaccesstoken/getAuthenticationToken";
