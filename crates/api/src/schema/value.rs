//! Types of values that Rust's own types can't describe in the document.

use std::borrow::Cow;

use ats_pat_domain::Timestamp;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde::Serialize;
use serde_json::Value;

use crate::operation::Data;

/// A time in UTC with milliseconds, `2026-11-24T10:20:30.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Time(pub Timestamp);

/// No result: always `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Nothing;

macro_rules! described {
    ($type:ty, $name:literal, $schema:expr) => {
        impl Type for $type {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}

described!(
    Time,
    "string_date-time",
    MetaSchema::new_with_format("string", "date-time")
);
described!(
    Nothing,
    "null",
    MetaSchema {
        nullable: true,
        ..MetaSchema::new("object")
    }
);

impl ToJSON for Time {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.to_string()))
    }
}

impl ParseFromJSON for Time {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(text)) => Ok(Self(Timestamp::parse(&text)?)),
            other => Err(ParseError::expected_type(other.unwrap_or_default())),
        }
    }
}

impl Data for Nothing {
    const DESCRIPTION: &'static str = "The answer of a success that has nothing to say.";

    fn envelope() -> String {
        "EmptyEnvelope".to_owned()
    }
}
