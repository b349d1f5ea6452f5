//! The endpoint of the pages: finds the route, and checks the method and the session.

use std::sync::Arc;

use ats_pat_domain::{Code, Problem};
use ats_pat_http::{
    Answered, HttpSettings, Kind, RequestContext, RouteId, caught, page_headers, without_body,
};
use ats_pat_service::{Service, Work};
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::assets::Assets;
use crate::cookie::set_cookie;
use crate::docs::Reference;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{problem, redirect};
use crate::return_path::sign_in_path;
use crate::route::{Kept, Route, Shows, Takes};
use crate::theme::Branding;
use crate::visit::{Shared, Visit};
use crate::zone::Zone;
use crate::{routes, sign_in, step_up};

/// How many exports of the audit trail may run at once, because each reads much of the database.
const EXPORTS: usize = 2;

/// The methods of files, and of pages without a form.
const READING: &[&str] = &["GET", "HEAD"];
/// The methods of pages with a form.
const READING_AND_POSTING: &[&str] = &["GET", "HEAD", "POST"];

/// The endpoint for every path that is not the API's. The pages under `/docs` show the OpenAPI
/// `document`.
pub fn endpoint(
    service: Service,
    settings: HttpSettings,
    branding: Branding,
    document: &Value,
) -> Pages {
    let assets = Assets::new(&branding);
    let traffic = settings.traffic();
    Pages {
        routes: routes::paths().map(|path| traffic.route(path)).collect(),
        files: traffic.route("files of pages"),
        none: traffic.route("none"),
        service,
        settings,
        shared: Shared {
            product: branding.product_name,
            assets,
            reference: Reference::read(document),
            exports: Arc::new(Semaphore::new(EXPORTS)),
        },
    }
}

/// The endpoint that [`endpoint`] makes.
pub struct Pages {
    service: Service,
    settings: HttpSettings,
    shared: Shared,
    routes: Vec<RouteId>,
    files: RouteId,
    none: RouteId,
}

impl Endpoint for Pages {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let context = RequestContext::new(&request, &self.settings);
        let is_head = *request.method() == Method::HEAD;
        let method = request.method().clone();
        let answer = caught(self.answer(&mut request, &context)).await;
        let (route, code, mut response) = answer.unwrap_or_else(|| {
            tracing::error!(request_id = context.request_id(), "a page panicked");
            let defect = Problem::InternalError {
                request_id: context.request_id().to_owned(),
            };
            let page = problem(&self.visit(&request, &context), &defect);
            (self.none, Some(Code::InternalError), page)
        });
        let answered = Answered {
            context: &context,
            kind: Kind::Page,
            method: &method,
            route,
            status: response.status(),
            code,
        };
        answered.note(self.settings.traffic());
        page_headers(&self.settings, response.headers_mut());
        Ok(if is_head {
            without_body(response)
        } else {
            response
        })
    }
}

impl Pages {
    fn visit<'a>(&'a self, request: &Request, context: &'a RequestContext) -> Visit<'a> {
        Visit::new(
            &self.service,
            &self.settings,
            &self.shared,
            context,
            request,
        )
    }

    /// The answer, its route, and the code of a refusal.
    async fn answer(
        &self,
        request: &mut Request,
        context: &RequestContext,
    ) -> (RouteId, Option<Code>, Response) {
        let mut visit = self.visit(request, context);
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut number = self.none;
        let found = routes::find(visit.uri.path()).map(|found| {
            visit.place = found.place;
            number = self.routes.get(found.number).copied().unwrap_or(self.none);
            (found.route, found.id)
        });
        let path = visit.uri.path();
        let answer = if let Some(asset) = self.shared.assets.find(path, visit.uri.query()) {
            number = self.files;
            if reads {
                return (number, None, asset);
            }
            Err(not_allowed(READING))
        } else {
            match found {
                Some((route, id)) if reads => self.show(route, &id, &mut visit).await,
                Some((Route { takes: None, .. }, _)) => Err(not_allowed(READING)),
                Some(_) if !visit.is_post => Err(not_allowed(READING_AND_POSTING)),
                Some((
                    route @ Route {
                        takes: Some(takes), ..
                    },
                    id,
                )) => {
                    let taken = self.take((route, takes), &id, &mut visit, request);
                    taken.await
                }
                None => Err(Problem::PathNotFound),
            }
        };
        let (code, mut response) = match answer {
            Ok(response) => (None, response),
            Err(refused) => {
                if visit.person.is_none() && refused != Problem::Unavailable {
                    // Only for the menu of the page. Without a session, the answer is the same. A
                    // request that comes at a bad time must not cost more.
                    let _ = visit.signed_in().await;
                }
                (Some(refused.code()), problem(&visit, &refused))
            }
        };
        if let Some(session) = &visit.new_session {
            set_cookie(&mut response, &visit.cookie().set(session));
        }
        if visit.flash.is_some() && is_page(&response) {
            Flash::clear(&self.settings, &mut response);
        }
        (number, code, response)
    }

    async fn show(
        &self,
        route: &Route,
        id: &str,
        visit: &mut Visit<'_>,
    ) -> Result<Response, Problem> {
        let show = match route.shows {
            Shows::ToAnybody(show) => return show(visit).await,
            Shows::Elsewhere(page) => return Ok(redirect(&visit.place.here(page))),
            Shows::ToSignedIn(show) => show,
        };
        let address = visit.context.address();
        let _entered = self.service.enter(Work::Read, address).await?;
        match visit.signed_in().await {
            Ok(by) => show(visit, &by, id).await,
            Err(Problem::SignInRequired) => {
                let mut response = redirect(&sign_in_path(visit.path_and_query()));
                if visit.session_ids().next().is_some() {
                    Flash::SessionOver.put(&self.settings, &mut response);
                }
                Ok(response)
            }
            Err(refused) => Err(refused),
        }
    }

    async fn take(
        &self,
        (route, takes): (&Route, &Takes),
        id: &str,
        visit: &mut Visit<'_>,
        request: &mut Request,
    ) -> Result<Response, Problem> {
        if let Takes::Posted(take) = takes {
            return take(visit, request).await;
        }
        let (work, address) = (route.work(), visit.context.address());
        self.service.admit(work, address)?;
        let form = Form::read(request, &self.settings).await?;
        let _entered = self.service.enter(work, address).await?;
        // Days in a form are in the time zone of the page with the form, even if another page found
        // a new zone since.
        if let Some(zone) = Zone::named(form.field("zone")) {
            visit.zone = zone;
        }
        let (take, after_session, step_up) = match takes {
            Takes::FromAnybody(take) => return take(visit, &form).await,
            Takes::FromSignedIn(take, after_session, step_up) => (take, after_session, step_up),
            Takes::Posted(take) => return take(visit, request).await,
        };
        let by = match (visit.signed_in().await, step_up) {
            (Ok(by), Some(step_up)) => step_up::confirm(visit, by, *step_up, &form).await,
            (by, _) => by,
        };
        let answer = match by {
            Ok(by) => take(visit, &by, id, &form).await,
            Err(refused) => Err(refused),
        };
        if answer.as_ref().err() != Some(&Problem::SignInRequired) {
            return answer;
        }
        Ok(match after_session(visit, &form) {
            Kept::Form { page, typed } => sign_in::keep(visit, &page, &typed),
            Kept::Page(address) => {
                let mut response = redirect(&sign_in_path(&address));
                Flash::NothingDone.put(&self.settings, &mut response);
                response
            }
        })
    }
}

fn not_allowed(allow: &[&'static str]) -> Problem {
    Problem::MethodNotAllowed {
        allow: allow.to_vec(),
    }
}

fn is_page(response: &Response) -> bool {
    response.status() != StatusCode::SEE_OTHER
        && response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/html"))
}
