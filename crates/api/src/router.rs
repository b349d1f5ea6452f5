//! Finds the operation of a path and a method.
//!
//! The table is made from the routes that the document describes, so there is no second list.
//! Poem's router compares bytes. This one ignores ASCII case in fixed segments, and ignores one
//! slash at the end.

use std::collections::HashMap;

use ats_pat_domain::Problem;
use percent_encoding::percent_decode_str;
use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use poem_openapi::OpenApi;

/// The operations by path and method.
pub struct Router {
    routes: Vec<Route>,
}

/// A path with its operations.
pub struct Route {
    /// Its index in the table.
    number: usize,
    template: String,
    segments: Vec<Segment>,
    is_fixed: bool,
    operations: Vec<(Method, BoxEndpoint<'static>)>,
    takes_head: bool,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Fixed(String),
    Id(Named),
}

/// The kinds of ids in a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Owner,
    Token,
}

/// The ids in a path, not decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ids<'a> {
    /// The id of the owner of the tokens: of a service account, or of the user in a path that also
    /// names a token. `None` for the caller's own tokens.
    pub owner: Option<&'a str>,
    /// The id of the token. Empty if the path has none.
    pub token: &'a str,
}

/// The parameter of a template that names a service account. If a template has several parameters,
/// all but the last name an owner, too. Every other parameter names a token, or whatever the
/// operation is about.
pub const SERVICE_ACCOUNT: &str = ":service_account";

impl Router {
    /// Makes the table of `api`. HEAD is answered like GET without the body, except at the path
    /// `without_head`.
    pub fn new(api: impl OpenApi, without_head: &str) -> Self {
        let mut table = HashMap::new();
        api.add_routes(&mut table);
        let mut routes: Vec<Route> = table
            .into_iter()
            .map(|(template, operations)| Route::new(template, operations, without_head))
            .collect();
        // Fixed segments come first, so `policy` is never read as an id.
        routes.sort_by(|a, b| a.segments.cmp(&b.segments));
        for (number, route) in routes.iter_mut().enumerate() {
            route.number = number;
        }
        Self { routes }
    }

    /// All routes, by index.
    #[cfg(test)]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The templates of all routes, by index.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(Route::template)
    }

    /// The route of a path as it was sent, and the ids in the path.
    ///
    /// # Errors
    /// [`Problem::PathNotFound`].
    pub fn find<'a>(&self, path: &'a str) -> Result<(&Route, Ids<'a>), Problem> {
        let path = path.strip_prefix('/').ok_or(Problem::PathNotFound)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        self.routes
            .iter()
            .find_map(|route| Some((route, route.matches(path)?)))
            .ok_or(Problem::PathNotFound)
    }
}

impl Route {
    fn new(
        template: String,
        operations: HashMap<Method, BoxEndpoint<'static>>,
        without_head: &str,
    ) -> Self {
        let ids = template.matches("/:").count();
        let mut before = 0;
        let segments: Vec<_> = template
            .split('/')
            .skip(1)
            .map(|segment| {
                before += usize::from(segment.starts_with(':'));
                if segment == SERVICE_ACCOUNT || (segment.starts_with(':') && before < ids) {
                    Segment::Id(Named::Owner)
                } else if segment.starts_with(':') {
                    Segment::Id(Named::Token)
                } else {
                    Segment::Fixed(segment.to_owned())
                }
            })
            .collect();
        let mut operations: Vec<_> = operations.into_iter().collect();
        operations.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        let takes_head = template != without_head;
        Self {
            is_fixed: segments
                .iter()
                .all(|segment| matches!(segment, Segment::Fixed(_))),
            number: 0,
            template,
            segments,
            operations,
            takes_head,
        }
    }

    fn matches<'a>(&self, path: &'a str) -> Option<Ids<'a>> {
        if self.is_fixed {
            let template = self.template.strip_prefix('/')?;
            return template.eq_ignore_ascii_case(path).then(Ids::default);
        }
        let mut given = path.split('/');
        let mut ids = Ids::default();
        for segment in &self.segments {
            let given = given.next()?;
            match segment {
                Segment::Fixed(fixed) if fixed.eq_ignore_ascii_case(given) => {}
                Segment::Id(_) if given.is_empty() => return None,
                Segment::Id(Named::Owner) => ids.owner = Some(given),
                Segment::Id(Named::Token) => ids.token = given,
                Segment::Fixed(_) => return None,
            }
        }
        given.next().is_none().then_some(ids)
    }

    /// Its index in [`Router::templates`].
    pub fn number(&self) -> usize {
        self.number
    }

    /// The path as in the document, except for the names of its parameters.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The operation of a method.
    ///
    /// # Errors
    /// [`Problem::MethodNotAllowed`] names the methods that the path supports.
    pub fn operation(&self, method: &Method) -> Result<&BoxEndpoint<'static>, Problem> {
        let meant = if *method == Method::HEAD && self.takes_head {
            &Method::GET
        } else {
            method
        };
        self.operations
            .iter()
            .find_map(|(method, operation)| (method == meant).then_some(operation))
            .ok_or_else(|| Problem::MethodNotAllowed {
                allow: self.allow(),
            })
    }

    fn allow(&self) -> Vec<&'static str> {
        let mut allow = Vec::new();
        for (method, _) in &self.operations {
            match *method {
                Method::GET if self.takes_head => allow.extend(["GET", "HEAD"]),
                Method::GET => allow.push("GET"),
                Method::POST => allow.push("POST"),
                Method::DELETE => allow.push("DELETE"),
                Method::PATCH => allow.push("PATCH"),
                Method::PUT => allow.push("PUT"),
                _ => {}
            }
        }
        allow
    }
}

/// Whether a path, as it was sent, is under `/api/`, so its refusals are envelopes. This includes
/// paths with doubled slashes or a percent-encoded `api`, which are then not found.
pub fn is_under_api(path: &str) -> bool {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    first.eq_ignore_ascii_case("api")
        || (first.contains('%')
            && percent_decode_str(first)
                .decode_utf8()
                .is_ok_and(|first| first.eq_ignore_ascii_case("api")))
}

#[cfg(test)]
mod tests {
    use poem::EndpointExt;
    use poem::endpoint::make_sync;

    use super::*;

    fn router() -> Router {
        let operation = |methods: &[Method]| {
            methods
                .iter()
                .map(|method| {
                    (
                        method.clone(),
                        make_sync(|_| poem::Response::default()).boxed(),
                    )
                })
                .collect::<HashMap<_, _>>()
        };
        let mut routes: Vec<Route> = [
            ("/api/things", &[Method::GET, Method::POST][..]),
            ("/api/things/policy", &[Method::GET]),
            ("/api/things/take", &[Method::GET]),
            (
                "/api/things/:param0",
                &[Method::GET, Method::DELETE, Method::PATCH],
            ),
            ("/api/things/:param0/end", &[Method::POST]),
            ("/api/accounts/:service_account/things", &[Method::GET]),
            (
                "/api/accounts/:service_account/things/:param0",
                &[Method::GET],
            ),
        ]
        .into_iter()
        .map(|(template, methods)| {
            Route::new(template.to_owned(), operation(methods), "/api/things/take")
        })
        .collect();
        routes.sort_by(|a, b| a.segments.cmp(&b.segments));
        Router { routes }
    }

    fn find(path: &str) -> Option<(String, String)> {
        router().find(path).ok().map(|(route, ids)| {
            let account = ids.owner.map(|account| format!("{account} "));
            let ids = format!("{}{}", account.unwrap_or_default(), ids.token);
            (route.template().to_owned(), ids)
        })
    }

    #[test]
    fn fixed_segments_ignore_case_and_parameters_keep_theirs() {
        for (path, template, id) in [
            ("/api/things", "/api/things", ""),
            ("/API/Things/", "/api/things", ""),
            ("/api/things/POLICY", "/api/things/policy", ""),
            ("/api/things/AbC", "/api/things/:param0", "AbC"),
            ("/Api/Things/a%2Fb/END/", "/api/things/:param0/end", "a%2Fb"),
            (
                "/api/Accounts/x/Things",
                "/api/accounts/:service_account/things",
                "x ",
            ),
            (
                "/api/accounts/x/things/Y/",
                "/api/accounts/:service_account/things/:param0",
                "x Y",
            ),
        ] {
            assert_eq!(
                find(path),
                Some((template.to_owned(), id.to_owned())),
                "{path}"
            );
        }
    }

    #[test]
    fn what_is_no_path_of_ours_is_not_found() {
        for path in [
            "",
            "/",
            "/api",
            "/api/",
            "//api/things",
            "/api//things",
            "/api/things//",
            "/api/things//end",
            "/%61pi/things",
            "/api/thing%73",
            "/api/things/a/end/more",
            "/api/things/a/%65nd",
            "/api/accounts",
            "/api/accounts//things",
            "/api/accounts/x/things//",
            "/api/accounts/x/things/y/z",
            "/apix/things",
            "api/things",
            "*",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn methods_are_told_apart_and_allow_names_them() {
        let router = router();
        let allow =
            |path: &str, method: Method| match router.find(path).unwrap().0.operation(&method) {
                Ok(_) => None,
                Err(Problem::MethodNotAllowed { allow }) => Some(allow.join(", ")),
                Err(problem) => panic!("{problem:?}"),
            };
        assert_eq!(allow("/api/things", Method::GET), None);
        assert_eq!(allow("/api/things", Method::HEAD), None);
        assert_eq!(
            allow("/api/things", Method::OPTIONS).as_deref(),
            Some("GET, HEAD, POST")
        );
        assert_eq!(
            allow("/api/things/take", Method::HEAD).as_deref(),
            Some("GET")
        );
        assert_eq!(
            allow("/api/things/a/end", Method::HEAD).as_deref(),
            Some("POST")
        );
        assert_eq!(
            allow("/api/things/a", Method::PUT).as_deref(),
            Some("DELETE, GET, HEAD, PATCH")
        );
    }

    #[test]
    fn refusals_of_disguised_paths_are_envelopes_too() {
        for path in [
            "/api",
            "/api/",
            "/API/x",
            "//api/x",
            "/%61pi/x",
            "/%61%70%49",
        ] {
            assert!(is_under_api(path), "{path}");
        }
        for path in ["/", "/apis", "/docs/api", "/a%70", "*", ""] {
            assert!(!is_under_api(path), "{path}");
        }
    }
}
