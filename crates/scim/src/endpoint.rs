//! From a request to its answer: path, method, size, origin, key, content type, syntax, use case.

use ats_pat_domain::Problem;
use ats_pat_http::cross_site::{self, Unmarked};
use ats_pat_http::{
    Answered, Half, HttpSettings, Kind, RequestContext, RouteId, caught, read_body,
    transport_headers, without_body,
};
use ats_pat_service::view::{DirectoryGroupView, DirectoryUserView};
use ats_pat_service::{Directory, Error, Precondition, Service, Work};
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use poem::{Endpoint, Request, Response, Result};
use serde_json::Value;

use crate::answer::{answer, describe};
use crate::body::{object, versions};
use crate::list::Query;
use crate::projection::Projection;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::{discovery, group, patch, user};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// SCIM for the company's directory. Without a directory in the settings, it owns no path.
pub fn endpoint(service: Service, settings: HttpSettings) -> Scim {
    let traffic = settings.traffic();
    Scim {
        routes: Route::TEMPLATES.map(|template| traffic.route(template)),
        service,
        settings,
    }
}

/// The interface for the company's directory, as [`endpoint`] makes it.
pub struct Scim {
    service: Service,
    settings: HttpSettings,
    routes: [RouteId; Route::TEMPLATES.len()],
}

impl Half for Scim {
    fn owns(&self, path: &str) -> bool {
        self.service.has_directory() && Route::is_here(path)
    }
}

impl Endpoint for Scim {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let context = RequestContext::new(&request, &self.settings);
        let method = request.method().clone();
        let route = Route::of(request.uri().path());
        let number = self.routes[route.number()];
        let answered = caught(Box::pin(self.answer(&route, &mut request, &context))).await;
        let answered = answered.unwrap_or_else(|| {
            let request_id = context.request_id().to_owned();
            tracing::error!(request_id, "a handler panicked");
            Err(Problem::InternalError { request_id }.into())
        });
        let mut response = answered.unwrap_or_else(Refusal::into_response);
        let answered = Answered {
            context: &context,
            kind: Kind::Interface,
            method: &method,
            route: number,
            status: response.status(),
            code: None,
        };
        answered.note(self.settings.traffic());
        transport_headers(&self.settings, response.headers_mut());
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
        if let Ok(id) = HeaderValue::from_str(context.request_id()) {
            headers.insert(REQUEST_ID, id);
        }
        Ok(if method == Method::HEAD {
            without_body(response)
        } else {
            response
        })
    }
}

impl Scim {
    async fn answer(
        &self,
        route: &Route,
        request: &mut Request,
        context: &RequestContext,
    ) -> Result<Response, Refusal> {
        let methods = route.methods();
        if methods.is_empty() {
            return Err(Refusal::not_found());
        }
        if !methods.contains(&request.method().as_str()) {
            return Err(Problem::MethodNotAllowed {
                allow: methods.to_vec(),
            }
            .into());
        }
        let work = work_of(request.method());
        self.service.admit(work, context.address())?;
        let body = read_body(request).await?;
        if !request.method().is_safe() {
            let headers = request.headers();
            cross_site::check(headers, self.settings.origin(), Unmarked::Accepted)?;
        }
        let _entered = self.service.enter(work, context.address()).await?;
        let directory = self.directory(request.headers(), context).await?;
        let call = Call {
            directory,
            origin: self.settings.origin(),
            context,
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            body: &body,
        };
        match route {
            Route::Users => call.users().await,
            Route::User(id) => call.user(id).await,
            Route::Groups => call.groups().await,
            Route::Group(id) => call.group(id).await,
            Route::NotImplemented => Err(Refusal::not_implemented()),
            other => {
                let document = discovery::document(other, self.settings.origin());
                let document = document.ok_or_else(Refusal::not_found)?;
                Ok(answer(StatusCode::OK, &document))
            }
        }
    }

    /// The use cases, for whoever shows an operator key with the right `scim`.
    async fn directory(
        &self,
        headers: &HeaderMap,
        context: &RequestContext,
    ) -> Result<Directory<'_>, Refusal> {
        let refused = |error| Refusal::of_use_case(error, context);
        let presented = bearer(headers);
        let holder = self
            .service
            .authenticate_operator_key(presented, context.address());
        self.service
            .directory(&holder.await.map_err(refused)?)
            .map_err(refused)
    }
}

/// What a request asks for. PATCH, PUT and DELETE take rights away from users who leave.
fn work_of(method: &Method) -> Work {
    match *method {
        Method::GET | Method::HEAD => Work::Read,
        Method::POST => Work::Change,
        _ => Work::Free,
    }
}

/// The key of the one header `Authorization: Bearer …`; empty, if there is none.
fn bearer(headers: &HeaderMap) -> &[u8] {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return &[];
    };
    let (scheme, key) = value.as_bytes().split_at(value.len().min("Bearer ".len()));
    if scheme.eq_ignore_ascii_case(b"Bearer ") {
        key.trim_ascii()
    } else {
        &[]
    }
}

/// A request whose key is right.
struct Call<'a> {
    directory: Directory<'a>,
    origin: &'a str,
    context: &'a RequestContext,
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Call<'_> {
    fn done<T>(&self, result: Result<T, Error>) -> Result<T, Refusal> {
        result.map_err(|error| Refusal::of_use_case(error, self.context))
    }

    fn only_if(&self) -> Precondition {
        Precondition::any_of(versions(self.headers))
    }

    async fn written(&self, seen: &DirectoryUserView) -> Result<Value, Refusal> {
        let groups = if seen.groups.is_empty() {
            Vec::new()
        } else {
            self.done(self.directory.group_names().await)?
        };
        Ok(user::written(seen, self.origin, &groups))
    }

    async fn users(&self) -> Result<Response, Refusal> {
        let query = Query::of(self.uri)?;
        if *self.method == Method::POST {
            let new = user::read(&object(self.headers, self.body)?, false)?;
            let made = self.done(self.directory.create_user(&new).await)?;
            let written = self.written(&made).await?;
            return Ok(resource(StatusCode::CREATED, written, &query.projection));
        }
        let conditions = query.filter.iter().cloned().map(user::condition);
        let conditions: Vec<_> = conditions.collect::<Result<_, _>>()?;
        let found = self
            .directory
            .users(&conditions, query.offset(), query.count);
        let found = self.done(found.await)?;
        let groups = self.done(self.directory.group_names().await)?;
        let resources = found.items.iter();
        let resources = resources.map(|seen| user::written(seen, self.origin, &groups));
        let page = query.page(found.total, resources.collect());
        Ok(answer(StatusCode::OK, &page))
    }

    async fn user(&self, id: &str) -> Result<Response, Refusal> {
        let projection = Query::of(self.uri)?.projection;
        let changed = match *self.method {
            Method::DELETE => {
                self.done(self.directory.delete_user(id, self.only_if()).await)?;
                return Ok(StatusCode::NO_CONTENT.into());
            }
            Method::PUT => user::read(&object(self.headers, self.body)?, true)?,
            Method::PATCH => {
                let body = object(self.headers, self.body)?;
                user::patched(&patch::operations(&body, user::URN)?)?
            }
            _ => {
                let seen = self.done(self.directory.user(id).await)?;
                let written = self.written(&seen).await?;
                return Ok(resource(StatusCode::OK, written, &projection));
            }
        };
        let changed = self.directory.update_user(id, &changed, self.only_if());
        let changed = self.done(changed.await)?;
        let written = self.written(&changed).await?;
        Ok(resource(StatusCode::OK, written, &projection))
    }

    async fn groups(&self) -> Result<Response, Refusal> {
        let query = Query::of(self.uri)?;
        if *self.method == Method::POST {
            let new = group::read(&object(self.headers, self.body)?)?;
            let made = self.done(self.directory.create_group(new).await)?;
            return Ok(self.of_group(StatusCode::CREATED, &made, &query.projection));
        }
        let conditions = query.filter.iter().cloned().map(group::condition);
        let conditions: Vec<_> = conditions.collect::<Result<_, _>>()?;
        let with_members = query.projection.wants("members");
        let (offset, count) = (query.offset(), query.count);
        let found = self
            .directory
            .groups(&conditions, offset, count, with_members);
        let found = self.done(found.await)?;
        let resources = found.items.iter();
        let resources = resources.map(|seen| group::written(seen, self.origin));
        let page = query.page(found.total, resources.collect());
        Ok(answer(StatusCode::OK, &page))
    }

    async fn group(&self, id: &str) -> Result<Response, Refusal> {
        let projection = Query::of(self.uri)?.projection;
        let with_members = projection.wants("members");
        let changed = match *self.method {
            Method::DELETE => {
                self.done(self.directory.delete_group(id, self.only_if()).await)?;
                return Ok(StatusCode::NO_CONTENT.into());
            }
            Method::PUT => group::read(&object(self.headers, self.body)?)?,
            Method::PATCH => {
                let body = object(self.headers, self.body)?;
                group::patched(&patch::operations(&body, group::URN)?)?
            }
            _ => {
                let seen = self.done(self.directory.group(id, with_members).await)?;
                return Ok(self.of_group(StatusCode::OK, &seen, &projection));
            }
        };
        let only_if = self.only_if();
        let changed = self
            .directory
            .update_group(id, changed, only_if, with_members);
        let changed = self.done(changed.await)?;
        Ok(self.of_group(StatusCode::OK, &changed, &projection))
    }

    fn of_group(
        &self,
        status: StatusCode,
        seen: &DirectoryGroupView,
        projection: &Projection,
    ) -> Response {
        resource(status, group::written(seen, self.origin), projection)
    }
}

/// The answer with one resource.
fn resource(status: StatusCode, resource: Value, projection: &Projection) -> Response {
    let whole = resource.clone();
    let mut response = answer(status, &projection.apply(resource));
    describe(&mut response, &whole);
    response
}
