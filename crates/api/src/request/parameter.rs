//! Parameters as the document shows them.

use std::marker::PhantomData;

use percent_encoding::percent_decode_str;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use uuid::Uuid;

use crate::call::Call;

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
        let given = &Call::of(request)?.token_id;
        Ok(Self(
            percent_decode_str(given).decode_utf8_lossy().into_owned(),
        ))
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
