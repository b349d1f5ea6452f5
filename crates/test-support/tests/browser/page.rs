//! A server of one page and one script.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// As strict as the pages of the service.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// What stands before each page.
pub const PREFIX: &str = "<script src='/page.js' defer></script>";

/// Serves `html` at every path but `/page.js`; gives the origin.
pub async fn serve(html: &'static str, script: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await.unwrap_or_default();
                let asks_script = request[..read].starts_with(b"GET /page.js ");
                let (kind, body) = if asks_script {
                    ("text/javascript", script.to_owned())
                } else {
                    ("text/html", page(html))
                };
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
                     Content-Security-Policy: {POLICY}\r\n\r\n{body}",
                    body.len()
                );
                // A browser that went away needs no answer.
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

/// The document type stays first.
fn page(html: &str) -> String {
    match html.strip_prefix("<!doctype html>") {
        Some(rest) => format!("<!doctype html>{PREFIX}{rest}"),
        None => format!("{PREFIX}{html}"),
    }
}
