//! Panics. A defect must cost one answer, not the connection.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// Awaits `future`; `None` if it panicked. The panic's text goes to the panic hook, never to the
/// caller.
pub async fn caught<F: Future>(future: F) -> Option<F::Output> {
    // This is unwind safe, because everything in the future is dropped with it.
    AssertUnwindSafe(future).catch_unwind().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_no_answer() {
        assert_eq!(caught(async { 7 }).await, Some(7));
        assert_eq!(
            caught(async { assert!(std::hint::black_box(false)) }).await,
            None
        );
    }
}
