//! Parameters in paths and headers, as the document describes them.

use std::marker::PhantomData;

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use ats_pat_service::IDEMPOTENCY_KEY;
use poem::http::header;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use uuid::Uuid;

use crate::call::Call;
use crate::refused::Refused;

/// Documents a type as a parameter with this schema at this place. Its `read` takes it from the
/// request.
macro_rules! parameter {
    ($type:ty: $schema:ty, $place:ident, required: $required:literal) => {
        impl<'a> ApiExtractor<'a> for $type {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
            const PARAM_IS_REQUIRED: bool = $required;

            type ParamType = $schema;
            type ParamRawType = $schema;

            fn param_in() -> Option<MetaParamIn> {
                Some(MetaParamIn::$place)
            }

            fn param_schema_ref() -> Option<MetaSchemaRef> {
                Some(<$schema>::schema_ref())
            }

            async fn from_request(
                request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<$schema>,
            ) -> Result<Self> {
                Ok(Self::read(request)?)
            }
        }
    };
}

/// The id of a token in the path. It can be any text, because a malformed id gets the same answer
/// as an unknown one.
pub struct TokenId(pub String);

impl TokenId {
    fn read(request: &Request) -> Result<Self, Refused> {
        Ok(Self(Call::of(request)?.named.token_id.clone()))
    }
}

parameter!(TokenId: Uuid, Path, required: true);

/// The header `Idempotency-Key`, as it was sent.
pub struct IdempotencyKeyHeader(pub Option<String>);

impl IdempotencyKeyHeader {
    fn read(request: &Request) -> Result<Self, Refused> {
        let mut values = request.headers().get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        match (value.to_str(), values.next()) {
            (Ok(text), None) => Ok(Self(Some(text.to_owned()))),
            _ => Err(Refused::from(Problem::InvalidRequest {
                place: Place::Header,
                path: Some(IDEMPOTENCY_KEY.to_owned()),
            })),
        }
    }
}

parameter!(IdempotencyKeyHeader: Uuid, Header, required: false);

/// The header `If-Match` (RFC 9110, section 13.1.1). One of these versions must be the current one.
/// `None` allows any version.
pub struct IfMatch(pub Option<Vec<String>>);

impl IfMatch {
    fn read(request: &Request) -> Result<Self, Refused> {
        let mut versions = Vec::new();
        for value in request.headers().get_all(header::IF_MATCH) {
            let unreadable = || Problem::InvalidRequest {
                place: Place::Header,
                path: Some("If-Match".to_owned()),
            };
            for tag in value.to_str().map_err(|_| unreadable())?.split(',') {
                let tag = tag.trim();
                // A weak tag never matches.
                if tag == "*" {
                    return Ok(Self(None));
                }
                let version = tag.strip_prefix("W/").unwrap_or(tag);
                let version = version
                    .strip_prefix('"')
                    .and_then(|version| version.strip_suffix('"'))
                    .ok_or_else(unreadable)?;
                if !tag.starts_with("W/") {
                    versions.push(version.to_owned());
                }
            }
        }
        let is_there = request.headers().contains_key(header::IF_MATCH);
        Ok(Self(is_there.then_some(versions)))
    }
}

parameter!(IfMatch: String, Header, required: false);

/// Documents a query parameter that [`ListQuery`](super::ListQuery) reads.
pub struct InQuery<T>(PhantomData<T>);

impl<'a, T: Type> ApiExtractor<'a> for InQuery<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = T;
    type ParamRawType = T;

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(T::schema_ref())
    }

    async fn from_request(
        _: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<T>,
    ) -> Result<Self> {
        Ok(Self(PhantomData))
    }
}
