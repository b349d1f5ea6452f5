use hyper::server::conn::http1;

/// How much of a request's head, or of an answer that waits for its client, is held in memory.
const BUFFER: usize = 64 * 1024;

/// HTTP/1.1 only. A connection of HTTP/2 asks for many answers before it takes the first, and each of them is held in
/// memory until then; callers who want HTTP/2 get it from the proxy.
pub(super) fn protocol() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Hyper's timer runs from the last answer on, so it closes idle connections too; the connection has its own.
        .header_read_timeout(None)
        .max_buf_size(BUFFER)
        // One piece is cheaper to send than two, though the body is copied behind its head.
        .writev(false);
    builder
}
