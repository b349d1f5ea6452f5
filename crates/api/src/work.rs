//! Which class of work an operation is.

use ats_pat_service::Work;
use poem::http::Method;

use crate::operations::{EXCHANGE, IDENTITY};

/// Ends of the paths whose POST takes rights away, or begins it. They are never refused because of
/// other work.
const TAKING: [&str; 8] = [
    "/revoke",
    "/revokeTokens",
    "/revokeMatching",
    "/disable",
    "/erase",
    "/endOverlap",
    "/reportLeaked",
    "/rotate",
];
/// The paths of sign-ins. They wait for each other where their names are known.
const SIGN_INS: [&str; 2] = ["/api/session", "/api/session/confirm"];
/// It may wait for half a minute for an event.
const EVENTS: &str = "/api/administration/events";

/// The class of the operation at this template. PATCH and PUT may take rights away, which only
/// their bodies tell.
pub fn work_of(template: &str, method: &Method) -> Work {
    let reads = method.is_safe();
    match template {
        EXCHANGE | EVENTS => Work::Free,
        IDENTITY => Work::Check,
        _ if reads => Work::Read,
        _ if *method != Method::POST || SIGN_INS.contains(&template) => Work::Free,
        _ if TAKING.iter().any(|end| template.ends_with(end)) => Work::Free,
        _ => Work::Change,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::operations::Operations;
    use crate::router::{Route, Router};

    /// A template whose parameters have no names.
    fn without_names(template: &str) -> String {
        let segments = template.split('/');
        let segments = segments.map(|it| if it.starts_with(':') { "*" } else { it });
        segments.collect::<Vec<_>>().join("/")
    }

    #[test]
    fn only_what_gives_something_is_a_change_that_may_be_refused() {
        let router = Router::new(Operations, EXCHANGE);
        let changes: BTreeSet<String> = router
            .routes()
            .iter()
            .filter(|route| route.operation(&Method::POST).is_ok())
            .map(Route::template)
            .filter(|template| work_of(template, &Method::POST) == Work::Change)
            .map(without_names)
            .collect();
        let known = [
            "/api/administration/operatorkey",
            "/api/administration/users",
            "/api/administration/users/*/enable",
            "/api/administration/users/*/personalaccesstoken",
            "/api/administration/users/*/personalaccesstoken/*/regenerate",
            "/api/personalaccesstoken",
            "/api/personalaccesstoken/*/regenerate",
            "/api/personalaccesstoken/self/regenerate",
            "/api/serviceaccount/*/personalaccesstoken",
            "/api/serviceaccount/*/personalaccesstoken/*/regenerate",
        ];
        assert_eq!(changes.into_iter().collect::<Vec<_>>(), known);
    }

    #[test]
    fn exchanges_and_removals_are_never_refused_and_reads_wait_for_reads() {
        for (template, method, work) in [
            (EXCHANGE, Method::GET, Work::Free),
            (IDENTITY, Method::GET, Work::Check),
            ("/api/personalaccesstoken", Method::GET, Work::Read),
            ("/api/personalaccesstoken", Method::HEAD, Work::Read),
            ("/api/personalaccesstoken/:id", Method::PATCH, Work::Free),
            ("/api/session", Method::DELETE, Work::Free),
        ] {
            assert_eq!(work_of(template, &method), work, "{method} {template}");
        }
    }
}
