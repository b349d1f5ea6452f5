//! The pages as an endpoint: who is there, which page is meant, which method it takes.

use std::sync::Arc;

use ats_pat_domain::Problem;
use ats_pat_http::{HttpSettings, RequestContext, caught, page_headers, without_body};
use ats_pat_service::{Service, SignedIn};
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::assets::Assets;
use crate::docs::{self, Reference};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{problem, redirect};
use crate::return_path::sign_in_path;
use crate::route::Route;
use crate::theme::Branding;
use crate::visit::Visit;
use crate::{account, administration, home, setup, sign_in, tokens};

/// How many exports of the audit trail are sent at once: each reads much of the database.
const EXPORTS: usize = 2;

/// What pages and files take that only show something.
const READING: &[&str] = &["GET", "HEAD"];
/// What pages with a form take.
const READING_AND_POSTING: &[&str] = &["GET", "HEAD", "POST"];

/// The pages: every path that is not the interface's, whose OpenAPI `document` is shown at `/docs`.
pub fn endpoint(
    service: Service,
    settings: HttpSettings,
    branding: Branding,
    document: &Value,
) -> Pages {
    let assets = Assets::new(&branding);
    Pages {
        service,
        settings,
        product: branding.product_name,
        assets,
        reference: Reference::read(document),
        exports: Arc::new(Semaphore::new(EXPORTS)),
    }
}

/// See [`endpoint`].
pub struct Pages {
    service: Service,
    settings: HttpSettings,
    product: String,
    assets: Assets,
    reference: Reference,
    exports: Arc<Semaphore>,
}

impl Endpoint for Pages {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let context = RequestContext::new(&request, &self.settings);
        let is_head = *request.method() == Method::HEAD;
        let answer = caught(self.answer(&mut request, &context)).await;
        let mut response = answer.unwrap_or_else(|| {
            tracing::error!(request_id = context.request_id(), "a page panicked");
            let defect = Problem::InternalError {
                request_id: context.request_id().to_owned(),
            };
            problem(&self.visit(&request, &context), &defect)
        });
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
        let look = (&*self.product, &self.assets);
        Visit::new(&self.service, &self.settings, look, context, request)
    }

    async fn answer(&self, request: &mut Request, context: &RequestContext) -> Response {
        let mut visit = self.visit(request, context);
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = visit.uri.path();
        let answer = if let Some(asset) = self.assets.find(path, visit.uri.query()) {
            if reads {
                return asset;
            }
            Err(not_allowed(READING))
        } else {
            match Route::parse(path) {
                Some(route) if reads => self.show(&route, &mut visit).await,
                Some(route) if route.takes_posts() => {
                    if visit.is_post {
                        self.take(&route, &mut visit, request).await
                    } else {
                        Err(not_allowed(READING_AND_POSTING))
                    }
                }
                Some(_) => Err(not_allowed(READING)),
                None => Err(Problem::PathNotFound),
            }
        };
        let mut response = match answer {
            Ok(response) => response,
            Err(refused) => {
                if visit.person.is_none() {
                    // For the menu of whoever is there; the answer is the same where nobody is.
                    let _ = visit.signed_in().await;
                }
                problem(&visit, &refused)
            }
        };
        if visit.flash.is_some() && is_page(&response) {
            Flash::clear(&self.settings, &mut response);
        }
        response
    }

    async fn show(&self, route: &Route, visit: &mut Visit<'_>) -> Result<Response, Problem> {
        match route {
            Route::SetUp => return setup::show(visit).await,
            Route::SignIn => return sign_in::show(visit).await,
            Route::Docs => {
                // Only for the header bar: anybody may read this.
                let _ = visit.signed_in().await;
                return Ok(docs::show(visit, &self.reference));
            }
            _ => {}
        }
        if let Some(page) = route.page() {
            return Ok(redirect(page));
        }
        let by = match visit.signed_in().await {
            Ok(by) => by,
            Err(Problem::SignInRequired) => {
                let mut response = redirect(&sign_in_path(visit.path_and_query()));
                if visit.session_ids().next().is_some() {
                    Flash::SessionOver.put(&self.settings, &mut response);
                }
                return Ok(response);
            }
            Err(refused) => return Err(refused),
        };
        match route {
            Route::Tokens => tokens::show(visit, &by).await,
            Route::NewToken => tokens::show_form(visit, &by).await,
            Route::Token(id) => tokens::details::show(visit, &by, id).await,
            Route::Password => Ok(account::password::show(visit)),
            Route::Sessions => account::sessions::show(visit, &by).await,
            Route::Users => administration::users::show(visit, &by).await,
            Route::SetPassword => administration::password::show(visit, &by),
            Route::AllTokens => administration::tokens::show(visit, &by).await,
            Route::AnyToken(id) => administration::tokens::show_one(visit, &by, id).await,
            Route::Audit => administration::audit::show(visit, &by).await,
            Route::AuditExport => administration::audit::export(visit, &by, &self.exports).await,
            _ => home::show(visit, &by).await,
        }
    }

    async fn take(
        &self,
        route: &Route,
        visit: &mut Visit<'_>,
        request: &mut Request,
    ) -> Result<Response, Problem> {
        let form = Form::read(request, &self.settings).await?;
        match route {
            Route::SetUp => return setup::take(visit, &form).await,
            Route::SignIn => return sign_in::take(visit, &form).await,
            Route::SignOut => return sign_in::sign_out(visit).await,
            _ => {}
        }
        let answer = match visit.signed_in().await {
            Ok(by) => take_signed_in(route, visit, &by, &form).await,
            Err(refused) => Err(refused),
        };
        match answer {
            Err(Problem::SignInRequired) if *route == Route::Tokens => {
                Ok(sign_in::keep(visit, &tokens::kept(&form)))
            }
            Err(Problem::SignInRequired) => {
                let back = match route {
                    Route::Regenerate(_) | Route::Revoke(_) => tokens::address_of_view(visit),
                    Route::RevokeAny(_) => administration::tokens::address_of_view(visit),
                    Route::Users => administration::users::address_of_form(visit, &form),
                    Route::Password => account::password::address_of_form(&form),
                    _ => route.page().unwrap_or(visit.path_and_query()).to_owned(),
                };
                let mut response = redirect(&sign_in_path(&back));
                Flash::NothingDone.put(&self.settings, &mut response);
                Ok(response)
            }
            other => other,
        }
    }
}

async fn take_signed_in(
    route: &Route,
    visit: &Visit<'_>,
    by: &SignedIn,
    form: &Form,
) -> Result<Response, Problem> {
    match route {
        Route::Tokens => tokens::create(visit, by, form).await,
        Route::Regenerate(id) => tokens::regenerate(visit, by, id, form).await,
        Route::Revoke(id) => tokens::revoke(visit, by, id).await,
        Route::Password => account::password::change(visit, by, form).await,
        Route::EndSession => account::sessions::end(visit, by, form).await,
        Route::Users => administration::users::add(visit, by, form).await,
        Route::DisableUser => administration::users::disable(visit, by, form).await,
        Route::EnableUser => administration::users::enable(visit, by, form).await,
        Route::SetPassword => administration::password::set(visit, by, form).await,
        Route::RevokeAny(id) => administration::tokens::revoke(visit, by, id).await,
        _ => Ok(redirect(route.page().unwrap_or("/"))),
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
