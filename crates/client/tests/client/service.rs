//! A service that gives prepared answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use ats_pat_client::{Bearer, Builder, Client, PersonalAccessToken};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub const SECRET: &str = "atspat_00000000000000000000000000000000000000000002CZclj";
/// The time of the service's clock, which no other clock has.
const NOW: Duration = Duration::from_secs(1_000_000_000);

/// What the service does with one request.
#[derive(Clone)]
pub enum Answer {
    /// Writes this and closes the connection.
    Raw(String),
    /// The same, once it is notified.
    Held(Arc<Notify>, String),
    /// Never answers.
    Hang,
}

impl Answer {
    /// A token named `name` that lives for this many seconds.
    pub fn token(name: &str, seconds: u64) -> Self {
        Self::token_with(name, seconds, "")
    }

    /// The same, with `audience` in the answer.
    pub fn token_for(name: &str, audience: &str) -> Self {
        let told = format!("Ats-Authentication-Token-Audience: {audience}\r\n");
        Self::token_with(name, 300, &told)
    }

    fn token_with(name: &str, seconds: u64, headers: &str) -> Self {
        let expires_at = NOW + Duration::from_secs(seconds);
        Self::http(
            200,
            &format!(
                "Date: {}\r\nAts-Authentication-Token-Expires-At: {}\r\n\
                 Ats-Personal-Access-Token-Expires-At: {}\r\n{headers}",
                httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + NOW),
                rfc3339(expires_at),
                rfc3339(expires_at + Duration::from_hours(24)),
            ),
            &envelope(&format!("\"{name}\""), 1, ""),
        )
    }

    pub fn refusal(status: u16, code: u32, message: &str) -> Self {
        Self::http(status, "", &envelope("null", code, message))
    }

    pub fn http(status: u16, headers: &str, body: &str) -> Self {
        Self::Raw(format!(
            "HTTP/1.1 {status} Status\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    /// The same answer, once `until` is notified.
    pub fn held(self, until: &Arc<Notify>) -> Self {
        match self {
            Self::Raw(text) => Self::Held(Arc::clone(until), text),
            other => other,
        }
    }
}

/// Gives the answers in order, and repeats the last one.
pub struct Service {
    pub url: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: watch::Receiver<Vec<Request>>,
}

#[derive(Clone)]
pub struct Request {
    /// Request line and headers.
    pub head: String,
    pub at: Instant,
}

impl Service {
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (seen, requests) = watch::channel(Vec::new());
        let script = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), seen.clone()));
            }
        });
        Self {
            url,
            answers,
            requests,
        }
    }

    pub fn client(&self) -> Client {
        Client::builder(&self.url, PersonalAccessToken::parse(SECRET).unwrap())
            .build()
            .unwrap()
    }

    /// A client that asks for these audiences.
    pub fn client_for(&self, audience: &[&str]) -> Client {
        let token = PersonalAccessToken::parse(SECRET).unwrap();
        let builder = Client::builder(&self.url, token);
        let builder = audience.iter().copied().fold(builder, Builder::audience);
        builder.build().unwrap()
    }

    /// From now on, the service gives this answer.
    pub fn answer(&self, answer: Answer) {
        *self.answers.lock().unwrap() = VecDeque::from([answer]);
    }

    /// From now on, the service gives these answers.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.answers.lock().unwrap() = answers.into_iter().collect();
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// Waits until that many requests have come.
    pub async fn saw(&self, count: usize) {
        let mut requests = self.requests.clone();
        requests.wait_for(|seen| seen.len() >= count).await.unwrap();
    }
}

/// Asks until the exchange under way brings a bearer token other than `old`.
pub async fn renewed(client: &Client, old: &str) -> Bearer {
    loop {
        let bearer = client.bearer().await.unwrap();
        if bearer.expose() != old {
            return bearer;
        }
        tokio::task::yield_now().await;
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: watch::Sender<Vec<Request>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let answer = {
        let mut answers = answers.lock().unwrap();
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers.front().unwrap().clone()
        }
    };
    seen.send_modify(|seen| {
        seen.push(Request {
            head: String::from_utf8(head).unwrap(),
            at: Instant::now(),
        });
    });
    let text = match answer {
        Answer::Raw(text) => text,
        Answer::Held(until, text) => {
            until.notified().await;
            text
        }
        Answer::Hang => std::future::pending().await,
    };
    // The client closes the connection if it reads no further.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
    while let Ok(1..) = stream.read(&mut [0; 1024]).await {}
}

fn envelope(data: &str, code: u32, message: &str) -> String {
    format!(
        r#"{{"Data":{data},"ErrorMessage":"{message}","ErrorParameters":null,"ResponseCode":{code},"GetErrorParameters":"","Later":{{}}}}"#
    )
}

fn rfc3339(since_epoch: Duration) -> String {
    (OffsetDateTime::UNIX_EPOCH + since_epoch)
        .format(&Rfc3339)
        .unwrap()
}
