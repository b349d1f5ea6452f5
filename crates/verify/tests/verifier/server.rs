//! The issuer over real HTTP on this machine, with a verifier that follows it closely.

use std::{net::SocketAddr, time::Duration};

use ats_pat_verify::{Verifier, VerifierBuilder};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Response, header},
};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    clock::TestClock,
    issuer::{AUDIENCE, Issuer},
};

/// An issuer that can be killed: it has a runtime of its own.
pub struct Server {
    pub issuer: Issuer,
    pub clock: TestClock,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    pub fn start() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut server = Self {
            issuer: Issuer::new(&format!("http://{address}")),
            clock: TestClock::new(),
            address,
            runtime: None,
        };
        server.revive();
        server
    }

    /// Ends it, with all its connections.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Starts it again at the same address.
    pub fn revive(&mut self) {
        let runtime = Runtime::new().unwrap();
        let router = Router::new()
            .fallback(answer)
            .with_state(self.issuer.clone());
        let address = self.address;
        runtime.spawn(async move {
            let listener = loop {
                // The earlier listener may still be open.
                match TcpListener::bind(address).await {
                    Ok(listener) => break listener,
                    Err(_) => tokio::task::yield_now().await,
                }
            };
            axum::serve(listener, router).await.unwrap();
        });
        self.runtime = Some(runtime);
    }

    /// Settings with which everything is requested at once. Each test changes the ones it needs.
    pub fn builder(&self) -> VerifierBuilder {
        Verifier::builder(self.issuer.url(), AUDIENCE)
            .clock(self.clock.clone())
            .list_interval(Duration::from_millis(5))
            .lookup_interval(Duration::from_millis(5))
    }

    pub fn verifier(&self) -> Verifier {
        self.builder().build().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn answer(State(issuer): State<Issuer>, request: Request) -> Response<Body> {
    let headers = request.headers();
    let etag = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let reply = issuer.answer(request.uri().path(), etag);
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder()
        .status(reply.status)
        .header(header::CONTENT_TYPE, reply.content_type);
    if let Some(etag) = reply.etag {
        response = response.header(header::ETAG, etag);
    }
    if let Some(age) = reply.age {
        response = response.header(header::AGE, age);
    }
    if let Some(location) = reply.location {
        response = response.header(header::LOCATION, location);
    }
    response.body(reply.body.into()).unwrap()
}
