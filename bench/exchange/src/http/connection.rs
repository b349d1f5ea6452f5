//! One request after the other, for preparations and for single timings.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Answer, Request, parse};

/// No measured program takes this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that stays open.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    length: usize,
}

impl Connection {
    pub fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).with_context(|| format!("nobody listens on {to}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            received: vec![0; 64 * 1024],
            length: 0,
        })
    }

    /// Sends it and waits for the last byte of its answer, whatever the answer is. It allocates
    /// memory only for a long answer.
    pub fn send(&mut self, request: &Request) -> Result<Answer> {
        self.length = 0;
        self.stream.write_all(request.as_bytes())?;
        loop {
            if self.length == self.received.len() {
                self.received.resize(2 * self.length, 0);
            }
            let count = self.stream.read(&mut self.received[self.length..])?;
            if count == 0 {
                bail!("the connection was closed before its answer");
            }
            self.length += count;
            if let Some(answer) = parse(&self.received[..self.length])? {
                return Ok(answer);
            }
        }
    }

    /// The bytes of the last answer.
    pub fn received(&self) -> &[u8] {
        &self.received[..self.length]
    }

    /// The body of a 2xx.
    pub fn body(&mut self, request: &Request) -> Result<Vec<u8>> {
        let answer = self.send(request)?;
        let body = answer.body_of(self.received())?;
        if !(200..300).contains(&answer.status) {
            let text = String::from_utf8_lossy(&body);
            bail!("answered {}: {text}", answer.status);
        }
        Ok(body)
    }

    /// The JSON of a 2xx.
    pub fn json(&mut self, request: &Request) -> Result<Value> {
        let body = self.body(request)?;
        serde_json::from_slice(&body).context("the answer is no JSON")
    }

    /// The value of a header of the last answer.
    pub fn header(&self, name: &str) -> Result<Option<String>> {
        let mut headers = [httparse::EMPTY_HEADER; 48];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(self.received())?;
        let header = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        Ok(header.map(|header| String::from_utf8_lossy(header.value).into_owned()))
    }
}
