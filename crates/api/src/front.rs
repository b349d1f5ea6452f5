//! The front layer: every check between the connection and a handler, in the contract's order.

use std::sync::Arc;

use ats_pat_domain::{Code, Problem};
use ats_pat_http::cross_site::{self, Unmarked};
use ats_pat_http::{
    Answered, Challenge, Half, HttpSettings, RequestContext, RouteId, SessionCookie, caught,
    problem_headers, read_body, status, transport_headers, without_body,
};
use ats_pat_service::{Service, Work};
use poem::http::{HeaderName, HeaderValue, Method, header};
use poem::{Body, Endpoint, IntoResponse, Request, Response, Result};

use crate::answer;
use crate::call::{Call, Named};
use crate::oauth::OAuth;
use crate::operations::{EXCHANGE, Exchanger, IDENTITY, Operations};
use crate::refused::Refused;
use crate::router::{Route, Router, is_under_api};
use crate::routes::Routes;
use crate::standard::Standard;
use crate::work::work_of;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The interface for programs: everything under `/api/`, and the standard endpoints.
pub fn endpoint(service: Service, settings: HttpSettings) -> Interface {
    let router = Router::new(Operations, EXCHANGE);
    Interface {
        routes: Routes::new(&router, settings.traffic()),
        router,
        standard: Standard::new(service.clone(), &settings),
        oauth: OAuth::new(service.clone(), settings.clone()),
        exchanger: Exchanger::new(service.clone()),
        cookie: SessionCookie::new(settings.is_https()),
        service,
        settings,
    }
}

/// The endpoint that [`endpoint`] makes.
pub struct Interface {
    service: Service,
    settings: HttpSettings,
    cookie: SessionCookie,
    router: Router,
    routes: Routes,
    exchanger: Exchanger,
    standard: Standard,
    oauth: OAuth,
}

impl Half for Interface {
    fn owns(&self, path: &str) -> bool {
        is_under_api(path) || Standard::template(path).is_some() || OAuth::template(path).is_some()
    }
}

impl Endpoint for Interface {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let context = RequestContext::new(&request, &self.settings);
        let method = request.method().clone();
        // Rare requests are boxed, because otherwise the future of an exchange, which is often
        // moved, would be as large as theirs.
        let (route, code, mut response) =
            if let Some(path) = Standard::template(request.uri().path()) {
                let response = Box::pin(self.standard.answer(&request, &context)).await;
                (self.routes.bare(path), None, response)
            } else if let Some(path) = OAuth::template(request.uri().path()) {
                let response = Box::pin(self.oauth.answer(&mut request, &context)).await;
                (self.routes.bare(path), None, response)
            } else {
                self.envelope(request, &context).await
            };
        let answered = Answered {
            context: &context,
            kind: self.routes.kind(route),
            method: &method,
            route,
            status: response.status(),
            code,
        };
        answered.note(self.settings.traffic());
        transport_headers(&self.settings, response.headers_mut());
        if let Ok(id) = HeaderValue::from_str(context.request_id()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Ok(if method == Method::HEAD {
            without_body(response)
        } else {
            response
        })
    }
}

impl Interface {
    async fn envelope(
        &self,
        request: Request,
        context: &RequestContext,
    ) -> (RouteId, Option<Code>, Response) {
        let found = self.router.find(request.uri().path());
        let found = found.map(|(route, ids)| (route, Named::of(ids)));
        let challenge = found
            .as_ref()
            .map_or(Challenge::Session, |(route, _)| challenge(route));
        let route = self.routes.of(found.as_ref().ok().map(|(route, _)| *route));
        let answer = async {
            let (route, named) = found?;
            self.answer(request, context, route, named).await
        };
        let (code, mut response) = match answer.await {
            Ok(response) => (Code::Success, response),
            Err(problem) => (problem.code(), refusal(&problem, challenge)),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::VARY,
            HeaderValue::from_static(credential_header(challenge)),
        );
        if let Some(cookie) = headers.get_mut(header::SET_COOKIE) {
            cookie.set_sensitive(true);
        }
        (route, Some(code), response)
    }

    async fn answer(
        &self,
        mut request: Request,
        context: &RequestContext,
        route: &Route,
        named: Named,
    ) -> Result<Response, Problem> {
        let operation = route.operation(request.method())?;
        let work = work_of(route.template(), request.method());
        self.service.admit(work, context.address())?;
        let body = read_body(&mut request).await?;
        if !request.method().is_safe() {
            cross_site::check(
                request.headers(),
                self.settings.origin(),
                Unmarked::Accepted,
            )?;
        }
        // Boxed, so that the future of an exchange stays small.
        let _entered = match work {
            Work::Free => None,
            work => Some(Box::pin(self.service.enter(work, context.address())).await?),
        };
        let answered = caught(async {
            if route.template() == EXCHANGE {
                let token = self.exchanger.exchange(&request, context).await;
                return token.map(IntoResponse::into_response);
            }
            if !body.is_empty() {
                request.set_body(Body::from_bytes(body));
            }
            request.set_data(Arc::new(Call {
                service: self.service.clone(),
                context: context.clone(),
                cookie: self.cookie,
                named,
            }));
            operation.call(request).await.map_err(Refused::of)
        });
        match answered.await {
            Some(Ok(response)) => Ok(response),
            Some(Err(refused)) => Err(refused.into_problem(context.request_id())),
            None => {
                tracing::error!(
                    request_id = context.request_id(),
                    route = route.template(),
                    "a handler panicked"
                );
                Err(Problem::InternalError {
                    request_id: context.request_id().to_owned(),
                })
            }
        }
    }
}

fn challenge(route: &Route) -> Challenge {
    match route.template() {
        EXCHANGE => Challenge::PersonalAccessToken,
        IDENTITY => Challenge::Bearer,
        path if path.starts_with(ADMINISTRATION) => Challenge::Bearer,
        _ => Challenge::Session,
    }
}

/// The beginning of the paths of the administration API.
const ADMINISTRATION: &str = "/api/administration/";

/// The request header with the credential. Answers name it in `Vary`.
const fn credential_header(challenge: Challenge) -> &'static str {
    match challenge {
        Challenge::PersonalAccessToken => "personalAccessToken",
        Challenge::Bearer => "Authorization",
        Challenge::Session => "Cookie",
    }
}

/// The envelope of a refusal with its status and headers.
fn refusal(problem: &Problem, challenge: Challenge) -> Response {
    let mut response = answer::refusal(problem);
    response.set_status(status(problem));
    problem_headers(problem, challenge, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::problem::{Failure, Place, Reason};
    use ats_pat_domain::{Code, Rule, Status, Timestamp};
    use std::fmt::Write as _;

    use super::*;

    fn every_problem() -> Vec<Problem> {
        let at = Timestamp::from_millis(1_800_000_000_123);
        vec![
            Problem::InvalidRequest {
                place: Place::Body,
                path: None,
            },
            Problem::InvalidRequest {
                place: Place::Body,
                path: Some("Scopes[1]".to_owned()),
            },
            Problem::InvalidRequest {
                place: Place::Header,
                path: Some("personalAccessToken".to_owned()),
            },
            Problem::NotUtf8,
            Problem::ByteOrderMark,
            Problem::FieldMisspelt {
                path: "name".to_owned(),
                expected: "Name".to_owned(),
            },
            Problem::ForeignCharset,
            Problem::AuthenticationTokenMissing,
            Problem::NotExchanged,
            Problem::ValidationFailed(vec![
                Failure::new("Name", Reason::Required),
                Failure::new("ExpiresAt", Reason::NotATime),
            ]),
            Problem::QueryMisspelt {
                names: vec!["audience".to_owned(), "Audience[]".to_owned()],
                expected: "Audience",
            },
            Problem::PathNotFound,
            Problem::MethodNotAllowed {
                allow: vec!["GET", "HEAD"],
            },
            Problem::BodyTooLarge { limit: 65_536 },
            Problem::UnsupportedMediaType,
            Problem::SignInRequired,
            Problem::InvalidCredentials,
            Problem::Forbidden,
            Problem::CrossSiteRequest,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::PersonalAccessTokenMissing,
            Problem::PersonalAccessTokenInvalid,
            Problem::PersonalAccessTokenExpired { expiry: at },
            Problem::PersonalAccessTokenRevoked,
            Problem::NetworkNotAllowed,
            Problem::OwnerDisabled,
            Problem::OwnerSignInOverdue { days: 1 },
            Problem::OwnerSignInOverdue { days: 30 },
            Problem::AuthenticationTokenInvalid,
            Problem::SelfRegenerateNotAllowed,
            Problem::TokenNotFound,
            Problem::NameInUse {
                name: "build \"1\"".to_owned(),
            },
            Problem::ExpirationNotAllowed { latest: at },
            Problem::TokenNotActive {
                status: Status::Revoked,
            },
            Problem::TokenLimitReached { limit: 100 },
            Problem::UnknownScope {
                scope: "orders:read".to_owned(),
            },
            Problem::PolicyForbids {
                rule: Rule::MayCreate,
            },
            Problem::PolicyForbids {
                rule: Rule::AllScope,
            },
            Problem::PolicyForbids {
                rule: Rule::Overlap,
            },
            Problem::PolicyForbids {
                rule: Rule::Responsible,
            },
            Problem::PolicyForbids {
                rule: Rule::PolicySource,
            },
            Problem::OperatorKeyInvalid,
            Problem::UserNameInUse {
                name: "ada".to_owned(),
            },
            Problem::LastAdministrator,
            Problem::CountMismatch {
                confirmed: 12,
                current: 13,
            },
            Problem::VersionMismatch {
                current: "0193f2a0-7b1c-7d2e-8f00-0123456789ab".to_owned(),
            },
            Problem::IdempotencyKeyReused,
            Problem::UserNotFound,
            Problem::too_many_requests(7),
            Problem::InternalError {
                request_id: "0193f2a0-7b1c-7d2e-8f00-0123456789ab".to_owned(),
            },
            Problem::Unavailable,
        ]
    }

    #[tokio::test]
    async fn every_problem_has_its_envelope_status_and_headers() {
        let problems = every_problem();
        for code in Code::ALL.iter().filter(|code| **code != Code::Success) {
            assert!(
                problems.iter().any(|problem| problem.code() == *code),
                "{} is missing",
                code.name()
            );
        }
        let mut text = String::new();
        for problem in problems {
            let challenge = match problem.code().number() {
                1200..=1205 => Challenge::PersonalAccessToken,
                1206 => Challenge::Bearer,
                _ => Challenge::Session,
            };
            let response = refusal(&problem, challenge);
            writeln!(
                text,
                "{} {} {}",
                problem.code().number(),
                problem.code().name(),
                response.status()
            )
            .unwrap();
            for (name, value) in response.headers() {
                writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
            }
            writeln!(
                text,
                "{}\n",
                response.into_body().into_string().await.unwrap()
            )
            .unwrap();
        }
        insta::assert_snapshot!("problems", text);
    }
}
