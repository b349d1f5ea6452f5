use std::io;
use std::thread;

use poem::IntoEndpoint;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use super::{Limits, Listeners, Pulse, Serving, start};

/// Threads that serve, one for each accept queue, each with its own runtime. A connection stays on
/// one core, and its work waits for no other thread.
pub struct Workers {
    serving: Serving,
    end: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
    pulse: Pulse,
}

impl Workers {
    /// Starts a thread for each queue of `listeners`. They serve HTTP/1.1, and the limits count for
    /// all of them together. An error means that the system has no more threads or descriptors.
    pub fn start<E>(listeners: Listeners, endpoint: E, limits: Limits) -> io::Result<Self>
    where
        E: IntoEndpoint + 'static,
        E::Endpoint: 'static,
    {
        let (serving, acceptor) = start(endpoint, limits);
        let (end, asked_to_end) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        let mut asked = Vec::new();
        for (index, queue) in listeners.into_queues().into_iter().enumerate() {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let queue = {
                let _its_own = runtime.enter();
                TcpListener::from_std(queue)?
            };
            let (question, questions) = mpsc::channel(1);
            asked.push(question);
            let (acceptor, mut end, alive) =
                (acceptor.clone(), asked_to_end.clone(), alive.clone());
            thread::Builder::new()
                .name(format!("serve-{index}"))
                .spawn(move || {
                    runtime.block_on(async {
                        acceptor.answer(questions);
                        acceptor.accept(queue).await;
                        // An error means that nobody will ask, so there is nothing to wait for.
                        let _ = end.wait_for(|asked| *asked).await;
                    });
                    drop(runtime);
                    drop(alive);
                })?;
        }
        Ok(Self {
            serving,
            end,
            ended,
            pulse: Pulse::of(asked),
        })
    }

    /// What asks these workers whether they still answer.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Lets them serve until `shutdown` completes. Then requests under way may end, for at most
    /// [`Limits::shutdown_timeout`].
    ///
    /// Their runtimes go on running. Database connections that were opened in a request belong to
    /// them, and so does work that outlives its request. Close the database, then
    /// [`end`](Self::end) them.
    pub async fn serve(&self, shutdown: impl Future<Output = ()>) {
        self.serving.until(shutdown).await;
    }

    /// Ends threads and runtimes.
    pub async fn end(mut self) {
        self.end.send_replace(true);
        // Nothing is ever sent. The channel closes when the last thread is done.
        let _ = self.ended.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::num::NonZero;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Condvar, Mutex};

    use poem::http::StatusCode;
    use poem::{Response, endpoint};

    use super::*;

    /// A place where a thread can be held, as by a deadlock.
    #[derive(Default)]
    struct Gate {
        is_closed: Mutex<bool>,
        opened: Condvar,
        held: AtomicUsize,
    }

    impl Gate {
        fn set(&self, closed: bool) {
            *self.is_closed.lock().unwrap() = closed;
            self.opened.notify_all();
        }

        fn pass(&self) {
            let mut closed = self.is_closed.lock().unwrap();
            if *closed {
                self.held.fetch_add(1, Ordering::SeqCst);
            }
            while *closed {
                closed = self.opened.wait(closed).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_pulse_is_answered_only_while_every_worker_answers() {
        const WORKERS: usize = 3;
        let gate = Arc::new(Gate::default());
        let through = Arc::clone(&gate);
        let endpoint = endpoint::make_sync(move |request| {
            // Only one of the workers gets to this path.
            if request.uri().path() == "/hang" {
                through.pass();
            }
            let mut response = Response::default();
            if request.uri().path() == "/ill" {
                response.set_status(StatusCode::SERVICE_UNAVAILABLE);
            }
            response
        });
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind(any_port, NonZero::new(WORKERS).unwrap()).unwrap();
        let workers = Workers::start(listeners, endpoint, Limits::default()).unwrap();
        let pulse = workers.pulse();
        assert!(pulse.is_answered("/").await);
        assert!(!pulse.is_answered("/ill").await);

        gate.set(true);
        let hanging = tokio::spawn({
            let pulse = pulse.clone();
            async move { pulse.is_answered("/hang").await }
        });
        while gate.held.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let asked =
            tokio::time::timeout(std::time::Duration::from_millis(50), pulse.is_answered("/"));
        assert!(asked.await.is_err());
        gate.set(false);
        assert!(hanging.await.unwrap());
        assert!(pulse.is_answered("/").await);
        workers.serve(std::future::ready(())).await;
        workers.end().await;
        assert!(!pulse.is_answered("/").await);
    }
}
