//! The parts of HTTP/1.1 that the runs need: one request after the other on a connection that stays
//! open.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};
use httparse::{EMPTY_HEADER, Response, Status};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use serde_json::Value;

/// No answer takes longer, because the server gives up earlier.
const PATIENCE: Duration = Duration::from_secs(40);
/// The server sends no more headers.
const MOST_HEADERS: usize = 48;

/// The result of a request.
pub enum Reply {
    /// A complete answer came.
    Answer(Answer),
    /// No server listens, so the request was not sent.
    Unsent,
    /// The connection ended after or while the request was sent. Its effect is unknown.
    Lost,
}

/// The answer, if it has this status.
pub fn expect(reply: Reply, status: u16) -> Result<Answer> {
    match reply {
        Reply::Answer(answer) if answer.status == status => Ok(answer),
        Reply::Answer(answer) => bail!("answered {}: {}", answer.status, answer.text()),
        Reply::Unsent | Reply::Lost => bail!("no answer"),
    }
}

/// An answer that came as a whole.
pub struct Answer {
    pub status: u16,
    /// The value of `Set-Cookie` up to its attributes.
    pub cookie: Option<String>,
    /// Where it leads: the value of `Location`.
    pub location: Option<String>,
    /// The body, without chunks.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `Null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// `ResponseCode` of the envelope; 0 if there is no envelope.
    pub fn code(&self) -> u64 {
        self.json()["ResponseCode"].as_u64().unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A caller of one server.
pub struct Caller {
    to: SocketAddr,
    from: Option<Ipv4Addr>,
    stream: Option<TcpStream>,
}

impl Caller {
    /// A caller of the server that listens, or will listen, at this address.
    pub fn new(to: SocketAddr) -> Self {
        Self {
            to,
            from: None,
            stream: None,
        }
    }

    /// Like [`new`](Self::new), from this address of the machine. Every address of 127.0.0.0/8 is
    /// one.
    pub fn from(from: Ipv4Addr, to: SocketAddr) -> Self {
        Self {
            from: Some(from),
            ..Self::new(to)
        }
    }

    /// Makes the next request use a new connection, because the server may have been restarted.
    pub fn hang_up(&mut self) {
        self.stream = None;
    }

    /// The address that it calls.
    pub fn to(&self) -> SocketAddr {
        self.to
    }

    /// A GET with these headers.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let head = self.head("GET", path, headers);
        self.send(&head)
    }

    /// A POST of a body of this type.
    pub fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        content_type: &str,
        body: &str,
    ) -> Reply {
        let length = body.len().to_string();
        let more = [("Content-Type", content_type), ("Content-Length", &length)];
        let request = self.head("POST", path, &[headers, &more].concat()) + body;
        self.send(&request)
    }

    /// A POST of JSON.
    pub fn post_json(&mut self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.post(path, headers, "application/json", &body.to_string())
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.to);
        for (name, value) in headers {
            // Writing to a string does not fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head + "\r\n"
    }

    fn send(&mut self, request: &str) -> Reply {
        if self.stream.is_none() {
            self.stream = connect(self.from, self.to).ok();
        }
        let Some(stream) = &mut self.stream else {
            return Reply::Unsent;
        };
        if let Ok(answer) = exchange(stream, request.as_bytes()) {
            Reply::Answer(answer)
        } else {
            self.stream = None;
            Reply::Lost
        }
    }
}

fn connect(from: Option<Ipv4Addr>, to: SocketAddr) -> Result<TcpStream> {
    let stream = match from {
        None => TcpStream::connect_timeout(&to, PATIENCE)?,
        Some(from) => {
            let flags = SocketFlags::CLOEXEC;
            let (family, kind) = (AddressFamily::INET, SocketType::STREAM);
            let socket = rustix::net::socket_with(family, kind, flags, None)?;
            rustix::net::bind(&socket, &SocketAddrV4::new(from, 0))?;
            rustix::net::connect(&socket, &to)?;
            TcpStream::from(socket)
        }
    };
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn exchange(stream: &mut TcpStream, request: &[u8]) -> Result<Answer> {
    stream.write_all(request)?;
    let mut received = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            bail!("the connection was closed before the answer");
        }
        received.extend_from_slice(&buffer[..count]);
        if let Some(answer) = parse(&received)? {
            return Ok(answer);
        }
    }
}

/// The answer in `bytes`; `None` while it is not complete.
fn parse(bytes: &[u8]) -> Result<Option<Answer>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let Status::Complete(begin) = response.parse(bytes)? else {
        return Ok(None);
    };
    let header = |name: &str| {
        let mut headers = response.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let Some(length) = header("content-length") else {
        bail!("an answer without a length");
    };
    let length: usize = length.parse()?;
    let Some(body) = bytes.get(begin..begin + length) else {
        return Ok(None);
    };
    let cookie = header("set-cookie").map(|line| {
        let (cookie, _) = line.split_once(';').unwrap_or((&line, ""));
        cookie.to_owned()
    });
    Ok(Some(Answer {
        status: response.code.unwrap_or_default(),
        cookie,
        location: header("location"),
        body: body.to_vec(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_when_it_is_whole() {
        let text = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 18\r\n\r\n{\"ResponseCode\":7}";
        for length in 0..text.len() {
            assert!(parse(&text.as_bytes()[..length]).unwrap().is_none());
        }
        let answer = parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((answer.status, answer.code()), (200, 7));
        assert_eq!(answer.cookie.as_deref(), Some("a=b"));
    }
}
