use std::sync::Arc;

use poem::http::Uri;
use poem::{Endpoint, Request, Response};
use tokio::sync::{mpsc, oneshot};

/// A question to one worker: the path to ask for, and where to say that it was answered.
pub(super) type Question = (&'static str, oneshot::Sender<()>);

/// Asks all workers whether they still answer. It takes none of the places of connections, so
/// callers can't keep it from being answered.
#[derive(Clone)]
pub struct Pulse {
    workers: Vec<mpsc::Sender<Question>>,
}

impl Pulse {
    pub(super) fn of(workers: Vec<mpsc::Sender<Question>>) -> Self {
        Self { workers }
    }

    /// Whether each worker answers `GET path` with success. While one does not answer, this does
    /// not complete.
    pub async fn is_answered(&self, path: &'static str) -> bool {
        for worker in &self.workers {
            let (answered, answer) = oneshot::channel();
            if worker.send((path, answered)).await.is_err() || answer.await.is_err() {
                return false;
            }
        }
        true
    }
}

/// Answers the questions to one worker, on its own runtime.
pub(super) async fn answer<E>(endpoint: Arc<E>, mut questions: mpsc::Receiver<Question>)
where
    E: Endpoint<Output = Response>,
{
    while let Some((path, answered)) = questions.recv().await {
        let request = Request::builder().uri(Uri::from_static(path)).finish();
        if endpoint.get_response(request).await.is_success() {
            // If this fails, nobody waits any more.
            let _ = answered.send(());
        }
    }
}
