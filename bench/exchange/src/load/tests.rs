use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;

/// Answers every request on every connection with the result of `answer` for the path.
fn serve(answer: impl Fn(&str) -> String + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || {
                let mut received = [0; 4096];
                // A client sends its next request only after the answer to the last one.
                while let Ok(count @ 1..) = stream.read(&mut received) {
                    let request = String::from_utf8_lossy(&received[..count]).into_owned();
                    let path = request.split(' ').nth(1).unwrap();
                    stream.write_all(answer(path).as_bytes()).unwrap();
                }
            });
        }
    });
    address
}

fn ok(_: &str) -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned()
}

fn requests(to: SocketAddr, count: usize) -> Vec<Request> {
    let path = |number| format!("/{number}");
    (0..count)
        .map(|number| Request::get(to, &path(number), &[]))
        .collect()
}

#[test]
fn a_sweep_sends_every_request_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let address = serve({
        let seen = Arc::clone(&seen);
        move |path| {
            seen.lock().unwrap().push(path.to_owned());
            ok(path)
        }
    });
    let requests = requests(address, 500);
    let mut load = Load::connect(address, 7, &requests, 1).unwrap();
    assert_eq!(load.sweep().unwrap().requests, 500);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 500);
}

#[test]
fn an_answer_that_is_no_success_fails_the_run() {
    let address = serve(|path| match path {
        "/3" => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\n1201".to_owned(),
        path => ok(path),
    });
    let requests = requests(address, 5);
    let mut load = Load::connect(address, 2, &requests, 1).unwrap();
    let error = load.sweep().err().unwrap().to_string();
    assert_eq!(error, "answered 401: 1201");
}

#[test]
fn a_connection_that_is_closed_fails_the_run() {
    let address = serve(|_| "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned());
    let requests = requests(address, 1);
    let mut load = Load::connect(address, 1, &requests, 1).unwrap();
    let length = Duration::from_millis(1);
    assert!(load.run(Pace::Peak, length).is_err());
}

/// A clock that goes on by a microsecond each time somebody reads it. So no other program on the
/// machine can keep the load from seeing the time.
#[derive(Clone)]
struct TestClock {
    begun: Instant,
    microseconds: Arc<AtomicU64>,
}

impl TestClock {
    fn new() -> Self {
        Self {
            begun: now(),
            microseconds: Arc::default(),
        }
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.microseconds.load(Ordering::Relaxed))
    }

    fn read(&self) -> Instant {
        self.microseconds.fetch_add(1, Ordering::Relaxed);
        self.begun + self.elapsed()
    }
}

#[test]
fn at_a_rate_a_stall_shows_in_every_request_that_it_held_up() {
    const STALL: Duration = Duration::from_millis(100);
    let clock = TestClock::new();
    let address = serve({
        let clock = clock.clone();
        move |path| {
            while clock.elapsed() < STALL {
                thread::yield_now();
            }
            ok(path)
        }
    });
    let requests = requests(address, 1);
    let mut load = Load::connect(address, 1, &requests, 1).unwrap();
    let measured = load.send_at(1000.0, 2 * STALL, || clock.read()).unwrap();
    assert_eq!(measured.requests, 200);
    // The first hundred were due during the stall, and half of these waited for at least half of
    // it. If latencies counted from the sending, only the first one would be late.
    assert!(
        measured.latencies.at(0.75) >= 50.0,
        "{}",
        measured.latencies.at(0.75)
    );
}
