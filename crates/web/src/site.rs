//! Which page a path means.

use ats_pat_http::{HttpSettings, RequestContext, caught, page_headers, without_body};
use ats_pat_service::Service;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};

use crate::page::Message;
use crate::{assets, setup};

/// The pages: every path that is not the interface's.
pub fn endpoint(service: Service, settings: HttpSettings) -> Pages {
    Pages { service, settings }
}

/// See [`endpoint`].
pub struct Pages {
    service: Service,
    settings: HttpSettings,
}

impl Endpoint for Pages {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let context = RequestContext::new(&request, &self.settings);
        let is_head = *request.method() == Method::HEAD;
        let answer = caught(self.answer(&mut request, &context)).await;
        let mut response = answer.unwrap_or_else(|| {
            tracing::error!(request_id = context.request_id(), "a page panicked");
            Message::defect(context.request_id()).page()
        });
        page_headers(&self.settings, response.headers_mut());
        Ok(if is_head {
            without_body(response).await
        } else {
            response
        })
    }
}

impl Pages {
    async fn answer(&self, request: &mut Request, context: &RequestContext) -> Response {
        let path = request.uri().path().to_owned();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        match path.as_str() {
            setup::PATH if reads => setup::show(),
            setup::PATH if *request.method() == Method::POST => {
                setup::take(&self.service, &self.settings, request, context).await
            }
            setup::PATH => not_allowed("GET, HEAD, POST"),
            _ => match assets::find(&path) {
                Some(asset) if reads => asset,
                Some(_) => not_allowed("GET, HEAD"),
                None => Message::not_found().page(),
            },
        }
    }
}

fn not_allowed(allow: &'static str) -> Response {
    let mut response = Message {
        status: StatusCode::METHOD_NOT_ALLOWED,
        title: "Not possible here",
        text: "This page can't be used in this way.".to_owned(),
    }
    .page();
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}
