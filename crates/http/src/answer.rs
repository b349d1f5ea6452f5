//! An answer on its way to the client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, SizeHint};

use crate::pace::Pace;

/// The largest piece that is handed over at a time. It must not be the whole body, because hyper
/// drops a body when it takes the last piece.
const PIECE: usize = 16 * 1024;

/// The body of an answer, and a value that is kept until the answer is sent or dropped.
pub(crate) struct Answer<H> {
    body: BoxBody<Bytes, io::Error>,
    rest: Bytes,
    pace: Arc<Pace>,
    _held: H,
}

impl<H> Answer<H> {
    /// Call this in the future that sends it.
    pub(crate) fn new(body: BoxBody<Bytes, io::Error>, held: H) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            pace: Pace::current(),
            _held: held,
        }
    }
}

impl<H> Drop for Answer<H> {
    fn drop(&mut self) {
        // The sender is ready for its next answer.
        self.pace.ask();
    }
}

impl<H: Unpin> Body for Answer<H> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.pace.ask();
        if self.rest.is_empty() {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            let Some(Ok(frame)) = frame else {
                return Poll::Ready(frame);
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.pace.hand_over();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower().saturating_add(rest));
        if let Some(upper) = body.upper().and_then(|upper| upper.checked_add(rest)) {
            hint.set_upper(upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_is_sent_whole_in_small_pieces() {
        let whole: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PIECE + 7).collect();
        let mut answer = Answer::new(poem::Body::from(whole.clone()).into(), ());
        let mut sent = Vec::new();
        while !answer.is_end_stream() {
            let left = (whole.len() - sent.len()) as u64;
            assert_eq!(answer.size_hint().exact(), Some(left));
            let piece = answer.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            sent.extend_from_slice(&piece);
        }
        assert_eq!(sent, whole);
        assert!(answer.frame().await.is_none());
    }
}
