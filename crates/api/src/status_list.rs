//! The status list and its address (draft-ietf-oauth-status-list, sections 8.1 and 9.1).

use ats_pat_http::RequestContext;
use ats_pat_service::{PublishedStatusList, STATUS_LISTS, Service};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};
use serde_json::json;

use crate::bare::{failure, plain, public, set_age};

/// The template under which requests for lists are counted.
pub const TEMPLATE: &str = "/status-lists/{id}";
const CONTENT_TYPE: &str = "application/statuslist+jwt";
/// Caches must ask again each time, because an older list accepts revoked tokens.
const CACHE: &str = "no-cache";

/// Whether a path is that of a list, or of their addresses.
pub fn owns(path: &str) -> bool {
    name(path).is_some()
}

/// The last segment of a list's path. Empty at the path of the addresses.
fn name(path: &str) -> Option<&str> {
    match path.strip_prefix(STATUS_LISTS)? {
        "" => Some(""),
        rest => rest
            .strip_prefix('/')
            .filter(|name| !name.is_empty() && !name.contains('/')),
    }
}

/// The answer to GET at a path that [`owns`] accepts.
pub async fn answer(service: &Service, request: &Request, context: &RequestContext) -> Response {
    match name(request.uri().path()).unwrap_or_default() {
        "" => addresses(service, context).await,
        name => list(service, name, request, context).await,
    }
}

/// The addresses of all lists: the aggregation of section 9.3.
async fn addresses(service: &Service, context: &RequestContext) -> Response {
    match service.status_list_addresses().await {
        Ok(lists) => {
            let body = json!({ "status_lists": lists }).to_string();
            public("application/json", CACHE, body.into())
        }
        Err(error) => failure(error, context),
    }
}

async fn list(
    service: &Service,
    name: &str,
    request: &Request,
    context: &RequestContext,
) -> Response {
    let list = match service.status_list(name).await {
        Ok(Some(list)) => list,
        Ok(None) => {
            let text = format!("no such status list: {STATUS_LISTS} tells where the lists are\n");
            return plain(StatusCode::NOT_FOUND, text);
        }
        Err(error) => return failure(error, context),
    };
    let is_known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|known| names(known, &list));
    let mut response = if is_known {
        let mut response = public(CONTENT_TYPE, CACHE, bytes::Bytes::new());
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.set_status(StatusCode::NOT_MODIFIED);
        response
    } else {
        public(
            CONTENT_TYPE,
            CACHE,
            bytes::Bytes::from_owner(list.text.clone()),
        )
    };
    set_age(&mut response, list.age);
    if let Ok(tag) = HeaderValue::from_str(&list.entity_tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether a list of entity tags has the one of this status list, in the weak comparison (RFC 9110,
/// section 13.1.2).
fn names(known: &str, list: &PublishedStatusList) -> bool {
    known.split(',').map(str::trim).any(|known| {
        let known = known.strip_prefix("W/").unwrap_or(known);
        known == "*" || known == &*list.entity_tag || list.is_said_by(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_segment() {
        assert_eq!(name("/status-lists"), Some(""));
        assert_eq!(name("/status-lists/0"), Some("0"));
        for other in [
            "/status-lists/",
            "/status-lists/0/",
            "/status-lists/0/1",
            "/status-listsx",
            "/",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
