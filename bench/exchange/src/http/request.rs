//! Requests, written once and sent many times.

use std::fmt::Write as _;
use std::net::SocketAddr;

/// A request as it is sent, for a connection that stays open.
pub struct Request(Vec<u8>);

impl Request {
    /// A GET with these headers. Names and values must not need any escaping.
    pub fn get(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        Self(head("GET", to, path, headers).into_bytes())
    }

    /// A POST of a body of this type.
    pub fn post(
        to: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
        content_type: &str,
        body: &str,
    ) -> Self {
        let length = body.len().to_string();
        let more = [("Content-Type", content_type), ("Content-Length", &length)];
        let headers = [headers, &more].concat();
        Self((head("POST", to, path, &headers) + body).into_bytes())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn head(method: &str, to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\n");
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head + "\r\n"
}
