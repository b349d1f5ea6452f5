//! The whole site: one half for programs, one for people.

use poem::{Endpoint, IntoResponse, Request, Response, Result};

/// A half of the site. It knows its own paths.
pub trait Half: Endpoint {
    /// Whether this half answers requests for this path, as it was sent.
    fn owns(&self, path: &str) -> bool;
}

/// Two halves that count as one.
pub struct Both<A, B> {
    first: A,
    second: B,
}

impl<A: Half, B: Half> Both<A, B> {
    /// A path that both own is the first one's.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Half, B: Half> Half for Both<A, B> {
    fn owns(&self, path: &str) -> bool {
        self.first.owns(path) || self.second.owns(path)
    }
}

impl<A: Half, B: Half> Endpoint for Both<A, B> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if self.second.owns(request.uri().path()) && !self.first.owns(request.uri().path()) {
            // Boxed, because the future of the first half, which is moved around, would have the
            // same size.
            return Box::pin(self.second.call(request))
                .await
                .map(IntoResponse::into_response);
        }
        self.first
            .call(request)
            .await
            .map(IntoResponse::into_response)
    }
}

/// The interface answers the paths for programs, and the pages answer all others.
pub struct Site<A, W> {
    interface: A,
    pages: W,
}

impl<A: Half, W: Endpoint> Site<A, W> {
    /// The site of these halves.
    pub fn new(interface: A, pages: W) -> Self {
        Self { interface, pages }
    }
}

impl<A: Half, W: Endpoint> Endpoint for Site<A, W> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if self.interface.owns(request.uri().path()) {
            self.interface
                .call(request)
                .await
                .map(IntoResponse::into_response)
        } else {
            // Boxed, because the future of a page is large. The futures of programs' requests,
            // which are moved around, would have the same size.
            Box::pin(self.pages.call(request))
                .await
                .map(IntoResponse::into_response)
        }
    }
}
