//! One connection of the load.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Interest, Poll, Token};

use crate::clock::now;
use crate::http::{Request, parse};

/// Longer than any answer of the measured programs.
const BUFFER: usize = 64 * 1024;

/// A connection with at most one request under way.
pub struct Connection {
    stream: TcpStream,
    received: Box<[u8]>,
    length: usize,
    /// When the request under way was due.
    pub meant_for: Instant,
}

impl Connection {
    pub fn open(to: SocketAddr, poll: &Poll, token: Token) -> Result<Self> {
        let stream =
            std::net::TcpStream::connect(to).with_context(|| format!("nobody listens on {to}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry()
            .register(&mut stream, token, Interest::READABLE)?;
        Ok(Self {
            stream,
            received: vec![0; BUFFER].into(),
            length: 0,
            meant_for: now(),
        })
    }

    pub fn send(&mut self, request: &Request, meant_for: Instant) -> Result<()> {
        self.meant_for = meant_for;
        let bytes = request.as_bytes();
        // Nothing else waits to be sent, so there is room for all of it.
        let sent = self.stream.write(bytes)?;
        if sent < bytes.len() {
            bail!(
                "the system took {sent} bytes of a request of {}",
                bytes.len()
            );
        }
        Ok(())
    }

    /// Reads what has arrived. Returns whether the answer is complete. Then nothing more arrives
    /// until the next request is sent.
    pub fn receive(&mut self) -> Result<bool> {
        loop {
            match self.stream.read(&mut self.received[self.length..]) {
                Ok(0) if self.length == self.received.len() => bail!("an answer is too long"),
                Ok(0) => bail!(
                    "a connection was closed after {} bytes of an answer",
                    self.length
                ),
                Ok(count) => self.length += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            let received = &self.received[..self.length];
            let Some(answer) = parse(received)? else {
                continue;
            };
            if !(200..300).contains(&answer.status) {
                let body = answer.body_of(received)?;
                bail!(
                    "answered {}: {}",
                    answer.status,
                    String::from_utf8_lossy(&body)
                );
            }
            if answer.end != self.length {
                bail!("more came than the answer");
            }
            self.length = 0;
            return Ok(true);
        }
    }
}
