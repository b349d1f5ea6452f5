//! The OpenAPI document: what poem-openapi derives from the routes, corrected and completed.

mod example;
mod lines;
mod refusals;
mod shape;

use poem_openapi::OpenApiService;
use serde_json::{Value, json};

use crate::operations::Operations;

/// The version of the contract, not of the crates.
const VERSION: &str = "1.0.0";
const TITLE: &str = "ATS Personal Access Tokens";
const DESCRIPTION: &str = "Create personal access tokens, and exchange them for short-lived authentication tokens.\n\n\
    Every JSON body stands in an envelope: `Data` has the result, `ResponseCode` is 1 on success. \
    Response fields, codes and optional request fields may be added; ignore what you don't know.";

/// The document of a deployment. `is_https` says whether its public URL is https, because that
/// decides the cookie's name.
pub fn document(is_https: bool) -> Value {
    let written = OpenApiService::new(Operations, TITLE, VERSION)
        .description(DESCRIPTION)
        .server("/")
        .spec();
    // poem-openapi just wrote this JSON, so it can be read.
    let mut document: Value = serde_json::from_str(&written).unwrap_or_default();
    lines::join(&mut document);
    shape::put_right(&mut document);
    refusals::list(&mut document);
    example::add(&mut document);
    if is_https {
        document["components"]["securitySchemes"]["sessionCookie"]["name"] =
            json!("__Host-ats_session");
    }
    document
}

/// The document as in `/openapi.json` and in the repository: indented, with a line end at the end.
pub fn as_json(document: &Value) -> String {
    format!("{document:#}\n")
}

/// The document as in `/openapi.yaml`.
pub fn as_yaml(document: &Value) -> String {
    // Every JSON value can be written as YAML. If not, JSON is YAML too (YAML 1.2, section 1.2).
    yaml_serde::to_string(document).unwrap_or_else(|_| as_json(document))
}

#[cfg(test)]
mod tests;
