use std::sync::Arc;
use std::time::Duration;

use hyper::rt::Executor;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;

use super::Limits;
use super::deadline::Deadlines;
use crate::pace::Pace;

/// How much of a request's head, or of an answer that waits for its client, is held in memory.
const BUFFER: usize = 64 * 1024;

/// HTTP/1.1 and HTTP/2, told apart by how a connection begins.
pub(super) fn protocol(limits: &Limits) -> auto::Builder<Streams> {
    let mut builder = auto::Builder::new(Streams {
        write_timeout: limits.write_timeout,
    });
    builder
        .http1()
        .timer(Deadlines)
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(BUFFER)
        // One piece is cheaper to send than two, though the body is copied behind its head.
        .writev(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.header_timeout)
        .keep_alive_timeout(limits.header_timeout)
        .max_concurrent_streams(100)
        .max_send_buf_size(BUFFER)
        .max_pending_accept_reset_streams(20)
        .max_header_list_size(16 * 1024);
    builder
}

/// Runs the streams of HTTP/2 connections. One whose answer nobody takes is reset, by dropping it, and the
/// others of its connection go on: they may be those of other users of a proxy.
#[derive(Clone)]
pub(super) struct Streams {
    write_timeout: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let limit = self.write_timeout;
        tokio::spawn(async move {
            let pace = Arc::new(Pace::default());
            tokio::select! {
                _ = pace.clone().of(stream) => {}
                () = pace.stalled(limit) => {
                    tracing::debug!("an answer was broken off: nobody takes it");
                }
            }
        });
    }
}
