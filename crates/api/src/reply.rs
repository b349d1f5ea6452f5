//! How an answer's body is written.

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use serde::Serialize;

const JSON: &str = "application/json";

/// A JSON body. Unlike poem-openapi's own it is written in one go, its members in their order.
pub struct Reply<T>(pub T);

impl<T: Type + Serialize> Payload for Reply<T> {
    const CONTENT_TYPE: &'static str = JSON;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type + Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let Ok(body) = serde_json::to_vec(&self.0) else {
            // Strings, numbers and lists can always be written.
            return StatusCode::INTERNAL_SERVER_ERROR.into();
        };
        json(body)
    }
}

/// The answer with this JSON text.
pub fn json(body: Vec<u8>) -> Response {
    let mut response = Response::from(body);
    // Room for what the layers in front add.
    response.headers_mut().reserve(12);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
