//! Finds the parts of an HTTP answer.

use anyhow::{Result, bail};
use httparse::{EMPTY_HEADER, Header, Response, Status, parse_chunk_size};

/// More headers than any of the measured programs sends.
const MOST_HEADERS: usize = 48;

/// The places of the parts of a complete answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// Where the body begins. If it is [chunked](Self::chunked), this is the size of its first
    /// chunk.
    pub body: usize,
    /// Whether the body comes in chunks (RFC 9112, section 7.1).
    pub chunked: bool,
    /// Where the answer ends.
    pub end: usize,
}

/// The answer at the start of `bytes`; `None` while it is not complete.
pub fn parse(bytes: &[u8]) -> Result<Option<Answer>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let Status::Complete(body) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let header = |name: &str| find(response.headers, name);
    let (chunked, end) = match (header("content-length"), header("transfer-encoding")) {
        (Some(length), None) => {
            let length: usize = std::str::from_utf8(length)?.parse()?;
            (false, Some(body + length))
        }
        (None, Some(b"chunked")) => (true, end_of_chunks(bytes, body)?),
        _ => bail!("an answer ({status}) whose end cannot be known"),
    };
    Ok(end.filter(|end| *end <= bytes.len()).map(|end| Answer {
        status,
        body,
        chunked,
        end,
    }))
}

impl Answer {
    /// Its body, from the bytes that it was parsed from.
    pub fn body_of(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        if !self.chunked {
            return Ok(bytes[self.body..self.end].to_vec());
        }
        let (mut body, mut at) = (Vec::new(), self.body);
        while let Some(chunk) = Chunk::at(bytes, at)?.filter(|chunk| chunk.size > 0) {
            body.extend_from_slice(&bytes[chunk.data..chunk.data + chunk.size]);
            at = chunk.next();
        }
        Ok(body)
    }
}

fn find<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a [u8]> {
    let header = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name));
    header.map(|header| header.value)
}

/// The end of the last chunk, which is empty. Trailers are not expected.
fn end_of_chunks(bytes: &[u8], mut at: usize) -> Result<Option<usize>> {
    while let Some(chunk) = Chunk::at(bytes, at)? {
        if chunk.size == 0 {
            return Ok(Some(chunk.next()));
        }
        at = chunk.next();
    }
    Ok(None)
}

struct Chunk {
    data: usize,
    size: usize,
}

impl Chunk {
    /// `None` while its size is not complete.
    fn at(bytes: &[u8], at: usize) -> Result<Option<Self>> {
        let Some(rest) = bytes.get(at..) else {
            return Ok(None);
        };
        let Ok(parsed) = parse_chunk_size(rest) else {
            bail!("a chunk without a size")
        };
        match parsed {
            Status::Partial => Ok(None),
            Status::Complete((line, size)) => Ok(Some(Self {
                data: at + line,
                size: usize::try_from(size)?,
            })),
        }
    }

    /// The place after the line break that ends it.
    fn next(&self) -> usize {
        self.data + self.size + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There is no result before its last byte, and the result doesn't depend on what follows it.
    fn whole(text: &str) -> (Answer, String) {
        for length in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..length]).unwrap(), None, "{length}");
        }
        let more = format!("{text}HTTP/1.1 200 OK\r\n");
        let answer = parse(more.as_bytes()).unwrap().unwrap();
        assert_eq!(answer.end, text.len());
        let body = answer.body_of(more.as_bytes()).unwrap();
        (answer, String::from_utf8(body).unwrap())
    }

    #[test]
    fn an_answer_of_known_length_ends_there() {
        let text = "HTTP/1.1 201 Created\r\nX: content-length\r\nContent-Length: 5\r\n\r\nhello";
        let (answer, body) = whole(text);
        assert_eq!((answer.status, &*body), (201, "hello"));
    }

    #[test]
    fn an_answer_in_chunks_ends_with_the_empty_one() {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let (answer, body) = whole(&format!(
            "{head}4\r\n0\r\n\r\r\nb\r\nhello world\r\n0\r\n\r\n"
        ));
        assert_eq!((answer.status, &*body), (200, "0\r\n\rhello world"));
    }

    #[test]
    fn an_answer_without_an_end_is_an_error() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").is_err());
        assert!(parse(b"SSH-2.0-x\r\n\r\n").is_err());
    }
}
