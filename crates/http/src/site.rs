//! The whole site: one half for programs, one for people.

use std::sync::Arc;

use poem::{Endpoint, IntoResponse, Request, Response, Result};
use tracing::Instrument as _;

use crate::settings::HttpSettings;
use crate::traced::Traced;

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
    settings: HttpSettings,
}

impl<A: Half, W: Endpoint> Site<A, W> {
    /// The site of these halves, with the settings that they have too.
    pub fn new(interface: A, pages: W, settings: HttpSettings) -> Self {
        Self {
            interface,
            pages,
            settings,
        }
    }

    async fn answer(&self, request: Request) -> Result<Response> {
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

impl<A: Half, W: Endpoint> Endpoint for Site<A, W> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let Some(traced) = Traced::begin(&request, &self.settings) else {
            return self.answer(request).await;
        };
        request.extensions_mut().insert(Arc::clone(&traced));
        // Boxed, because few requests are recorded, and the future of the others stays small.
        Box::pin(self.answer(request).instrument(traced.span().clone())).await
    }
}
