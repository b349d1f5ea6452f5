use hyper::server::conn::http1;

/// How many bytes of a request's head, or of an answer that waits for its client, are kept in
/// memory.
const BUFFER: usize = 64 * 1024;

/// HTTP/1.1 only. A connection of HTTP/2 can ask for many answers before it reads the first, and
/// all of them would be kept in memory. Callers who want HTTP/2 get it from the proxy.
pub(super) fn protocol() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Hyper's timer starts at the last answer, so it would also close idle connections. The
        // connection has its own timer.
        .header_read_timeout(None)
        .max_buf_size(BUFFER)
        // One piece is cheaper to send than two, although the body is copied behind its head.
        .writev(false);
    builder
}
