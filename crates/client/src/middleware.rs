//! The bearer token in the requests of a `reqwest-middleware` client.

use async_trait::async_trait;
use http::Extensions;
use reqwest::header::{AUTHORIZATION, HeaderValue, InvalidHeaderValue};
use reqwest::{Request, Response, StatusCode, Url};
use reqwest_middleware::{Middleware, Next};

use crate::bearer::Bearer;
use crate::client::Client;
use crate::error::Error;
use crate::origin;

/// Adds the bearer token to requests of the named origins, and to no others.
///
/// A request with an `Authorization` of its own is not changed. After a 401, the request is sent
/// once more with a new token, if it can be repeated. A request whose body is a stream can't. If
/// there is no token, the request is not sent, and fails with [`Error`] inside
/// [`reqwest_middleware::Error::Middleware`].
///
/// ```no_run
/// use ats_pat_client::{Client, PersonalAccessToken};
///
/// # async fn orders(secret: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let secret = PersonalAccessToken::parse(secret)?;
/// let client = Client::builder("https://pat.example.com", secret).build()?;
/// let http = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(client.middleware(["https://orders.example.com"])?)
///     .build();
/// let orders = http.get("https://orders.example.com/orders").send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BearerMiddleware {
    client: Client,
    origins: Vec<Url>,
}

impl Client {
    /// A middleware for requests of these origins, such as `https://orders.example.com`.
    ///
    /// # Errors
    /// [`Error::Url`] if an origin is not an `https` origin; `http` is for this machine only.
    pub fn middleware(
        &self,
        origins: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<BearerMiddleware, Error> {
        Ok(BearerMiddleware {
            client: self.clone(),
            origins: origins
                .into_iter()
                .map(|text| origin::parse(text.as_ref()))
                .collect::<Result<_, _>>()?,
        })
    }
}

#[async_trait]
impl Middleware for BearerMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if !self.is_for(&request) {
            return next.run(request, extensions).await;
        }
        let again = request.try_clone();
        let bearer = self.bearer().await?;
        authorize(&mut request, &bearer)?;
        let answer = next.clone().run(request, extensions).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.client.invalidate(&bearer);
        let Some(mut again) = again else {
            return Ok(answer);
        };
        // The API's answer says more than the lack of another token would.
        match self.client.bearer().await {
            Ok(fresh) if !fresh.is(&bearer) => {
                authorize(&mut again, &fresh)?;
                next.run(again, extensions).await
            }
            _ => Ok(answer),
        }
    }
}

impl BearerMiddleware {
    fn is_for(&self, request: &Request) -> bool {
        let is_named = |origin| origin::is_of(request.url(), origin);
        self.origins.iter().any(is_named) && !request.headers().contains_key(AUTHORIZATION)
    }

    async fn bearer(&self) -> reqwest_middleware::Result<Bearer> {
        let bearer = self.client.bearer().await;
        bearer.map_err(reqwest_middleware::Error::middleware)
    }
}

fn authorize(request: &mut Request, bearer: &Bearer) -> reqwest_middleware::Result<()> {
    let value = header(bearer).map_err(reqwest_middleware::Error::middleware)?;
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(())
}

fn header(bearer: &Bearer) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", bearer.expose()))?;
    value.set_sensitive(true);
    Ok(value)
}
