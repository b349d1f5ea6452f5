//! The whole site: one half for programs, one for people.

use poem::{Endpoint, IntoResponse, Request, Response, Result};

/// A half of the site that knows which paths are its own.
pub trait Half: Endpoint {
    /// Whether requests for this path, as it was sent, are answered here.
    fn owns(&self, path: &str) -> bool;
}

/// Programs' paths go to the interface, every other to the pages.
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
            // What a page waits for takes much room; the futures of programs' requests, which are moved about, would have
            // it too.
            Box::pin(self.pages.call(request))
                .await
                .map(IntoResponse::into_response)
        }
    }
}
