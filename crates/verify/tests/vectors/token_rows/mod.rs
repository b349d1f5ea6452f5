//! The tokens of the vectors: some that are accepted, and those that attackers and mistakes make.

mod claims;
mod headers;
mod json;
mod revocation;
mod signatures;
mod texts;
mod times;

use crate::row::{Row, Rows};

pub fn rows() -> Vec<Row> {
    let mut rows = Rows::default();
    claims::accepted(&mut rows);
    revocation::revocation(&mut rows);
    headers::headers(&mut rows);
    headers::types_and_key_ids(&mut rows);
    times::times(&mut rows);
    claims::claims_of_other_types(&mut rows);
    json::names_that_stand_twice(&mut rows);
    json::other_json(&mut rows);
    texts::other_texts(&mut rows);
    texts::long_texts_and_secrets(&mut rows);
    signatures::signatures(&mut rows);
    rows.0
}
