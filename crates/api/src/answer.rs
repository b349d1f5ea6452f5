//! Writes answers in the domain's envelope, and the schemas of the envelopes.

use ats_pat_domain::{Envelope, Problem};
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type;
use serde::Serialize;

use crate::operation::{Data, Operation};

/// The content type of every body.
pub const JSON: &str = "application/json";

/// The success of an operation: its result in the envelope, and the operation's headers.
pub struct Answer<O: Operation> {
    data: O::Data,
    headers: Vec<(HeaderName, String)>,
}

impl<O: Operation> Answer<O> {
    /// An answer with this result.
    pub fn of(data: impl Into<O::Data>) -> Self {
        Self {
            data: data.into(),
            headers: Vec::new(),
        }
    }

    /// The same answer with another header.
    pub fn with_header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl<O: Operation> IntoResponse for Answer<O> {
    fn into_response(self) -> Response {
        let mut response = written(&Envelope::success(self.data));
        response.set_status(O::STATUS);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl<O: Operation> ApiResponse for Answer<O> {
    fn meta() -> MetaResponses {
        let headers = O::HEADERS.iter().map(|header| MetaHeader {
            name: header.name.to_owned(),
            description: Some(header.description.to_owned()),
            required: header.always,
            deprecated: false,
            schema: String::schema_ref(),
        });
        MetaResponses {
            responses: vec![MetaResponse {
                description: O::SUCCESS,
                status: Some(O::STATUS.as_u16()),
                status_range: None,
                content: vec![content(O::Data::envelope())],
                headers: headers.collect(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        O::Data::register(registry);
        register_envelope(
            registry,
            O::Data::envelope(),
            O::Data::DESCRIPTION,
            O::Data::schema_ref(),
        );
    }
}

/// The envelope of a refusal. The caller sets the status.
pub fn refusal(problem: &Problem) -> Response {
    written(&Envelope::<()>::problem(problem))
}

/// A JSON body with the schema of this name.
pub fn content(envelope: String) -> MetaMediaType {
    MetaMediaType {
        content_type: JSON,
        schema: MetaSchemaRef::Reference(envelope),
    }
}

/// Adds the schema of an envelope to the document. OpenAPI has no generic types, so each envelope
/// has a schema of its own.
pub fn register_envelope(
    registry: &mut Registry,
    name: String,
    description: &'static str,
    data: MetaSchemaRef,
) {
    let described = |schema: MetaSchemaRef, description| {
        schema.merge(MetaSchema {
            description: Some(description),
            ..MetaSchema::ANY
        })
    };
    let properties = vec![
        ("Data", described(data, "The result.")),
        (
            "ErrorMessage",
            described(
                String::schema_ref(),
                "One English sentence; empty on success.",
            ),
        ),
        (
            "ErrorParameters",
            described(
                Vec::<String>::schema_ref(),
                "The values that stand in the sentence, in order; null where there are none.",
            ),
        ),
        (
            "ResponseCode",
            described(
                u32::schema_ref(),
                "1 on success, else a code of the catalogue; judge an unknown one by the HTTP status.",
            ),
        ),
        (
            "GetErrorParameters",
            described(String::schema_ref(), "The same values joined by \", \"."),
        ),
    ];
    let required = properties.iter().map(|(name, _)| *name);
    let schema = MetaSchema {
        title: Some(name.clone()),
        description: Some(description),
        required: required.filter(|name| *name != "ErrorParameters").collect(),
        properties,
        ..MetaSchema::new("object")
    };
    registry.schemas.insert(name, schema);
}

fn written(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => json(body),
        // Strings, numbers and lists can always be written.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
    }
}

/// An answer with this JSON text.
pub fn json(body: Vec<u8>) -> Response {
    let mut response = Response::from(body);
    // Reserves room for the headers that the outer layers add.
    response.headers_mut().reserve(12);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}
