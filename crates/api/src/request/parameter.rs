//! Parameters as the document shows them.

use std::marker::PhantomData;

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use ats_pat_service::IDEMPOTENCY_KEY;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use uuid::Uuid;

use crate::call::Call;
use crate::refused::Refused;

/// The token that the path names: any text, since one that is no id is as unknown as one that nobody has.
pub struct TokenId(pub String);

impl<'a> ApiExtractor<'a> for TokenId {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = true;

    type ParamType = Uuid;
    type ParamRawType = Uuid;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Path)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(Uuid::schema_ref())
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<Uuid>,
    ) -> Result<Self> {
        Ok(Self(Call::of(request)?.named.token_id.clone()))
    }
}

/// The header `Idempotency-Key`, as it was sent.
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
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

impl<'a> ApiExtractor<'a> for IdempotencyKey {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    type ParamType = Uuid;
    type ParamRawType = Uuid;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(Uuid::schema_ref())
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<Uuid>,
    ) -> Result<Self> {
        Ok(Self::read(request)?)
    }
}

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
