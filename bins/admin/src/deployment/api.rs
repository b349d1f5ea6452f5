//! The administration interface of a service, by an operator key.

use std::time::Duration;

use ats_pat_client::{Response, Transport, secret_header};
use ats_pat_token::OperatorKeySecret;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::failure::{Failure, Refusal};

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
const ROOT: &str = "/api/administration/";
/// Longer than a change waits for every server, and than an answer waits for an event.
const TIMEOUT: Duration = Duration::from_mins(2);
/// A thousand events, each as large as a database takes one by default, would be more. Then the
/// export asks for fewer.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// The envelope's code of a success.
const SUCCESS: u32 = 1;
/// Longer sentences are cut, because a text from a network must not fill a terminal.
const LONGEST_MESSAGE: usize = 1000;

/// The administration interface of a service.
pub struct Api {
    transport: Transport,
    authorization: HeaderValue,
}

impl Api {
    /// For the service at an origin, such as `https://pat.example.com`.
    pub fn new(url: &str, key: &OperatorKeySecret) -> Result<Self, Failure> {
        let bearer = Zeroizing::new(format!("Bearer {}", key.expose()));
        Ok(Self {
            transport: Transport::new(url, USER_AGENT, TIMEOUT)?,
            authorization: secret_header(&bearer)?,
        })
    }

    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        Ok(self.get_with_headers(path, query).await?.0)
    }

    pub async fn get_with_headers<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<(T, HeaderMap), Failure> {
        self.call(Method::GET, self.url(path, query), None, None)
            .await
    }

    /// Sends a body only where there is one.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Failure> {
        let url = self.url(path, &[]);
        Ok(self.call(Method::POST, url, None, body).await?.0)
    }

    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        let url = self.url(path, &[]);
        Ok(self.call(Method::PATCH, url, None, Some(body)).await?.0)
    }

    pub async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        if_match: Option<&str>,
        body: &Value,
    ) -> Result<(T, HeaderMap), Failure> {
        let url = self.url(path, query);
        self.call(Method::PUT, url, if_match, Some(body)).await
    }

    fn url(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.transport.url(&format!("{ROOT}{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        if_match: Option<&str>,
        body: Option<&Value>,
    ) -> Result<(T, HeaderMap), Failure> {
        let mut request = self.transport.request(method, url);
        request = request.header(header::AUTHORIZATION, self.authorization.clone());
        if let Some(version) = if_match {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        if let Some(body) = body {
            let json = HeaderValue::from_static("application/json");
            request = request.header(header::CONTENT_TYPE, json);
            request = request.body(body.to_string());
        }
        let response = self.transport.send(request, MAX_BODY).await?;
        Ok((read(&response)?, response.headers))
    }
}

/// The result in an answer. An answer without the envelope does not come from the service, whatever
/// its status.
fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    let unexpected = || Failure::UnexpectedAnswer {
        status: response.status.as_u16(),
    };
    let envelope: Envelope = serde_json::from_slice(&response.body).map_err(|_| unexpected())?;
    if envelope.code != SUCCESS {
        return Err(Failure::Refused(Refusal {
            code: envelope.code,
            message: harmless(&envelope.message),
            parameters: envelope.parameters.unwrap_or_default(),
        }));
    }
    if !response.status.is_success() {
        return Err(unexpected());
    }
    // The data may have a secret, so no error quotes it.
    serde_json::from_value(envelope.data).map_err(|_| unexpected())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(default)]
    data: Value,
    #[serde(rename = "ErrorMessage")]
    message: String,
    #[serde(rename = "ErrorParameters")]
    parameters: Option<Vec<String>>,
    #[serde(rename = "ResponseCode")]
    code: u32,
}

/// The service quotes no secret. But another server in its place may send back the request.
fn harmless(text: &str) -> String {
    if text.contains(OperatorKeySecret::PREFIX) {
        return "(a message that quotes an operator key)".to_owned();
    }
    text.chars().take(LONGEST_MESSAGE).collect()
}
