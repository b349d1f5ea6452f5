//! The routes by which requests are counted.

use ats_pat_http::{Kind, RouteId, Traffic};

use crate::oauth::OAuth;
use crate::operations::EXCHANGE;
use crate::router::{Route, Router};
use crate::standard::Standard;

/// The name for all paths that don't exist.
const NONE: &str = "none";

/// The numbers of the routes.
pub struct Routes {
    of_router: Vec<RouteId>,
    bare: Vec<(&'static str, RouteId)>,
    exchange: RouteId,
    none: RouteId,
}

impl Routes {
    /// Makes every route known to the counts of requests.
    pub fn new(router: &Router, traffic: &Traffic) -> Self {
        let bare = Standard::TEMPLATES.into_iter().chain(OAuth::TEMPLATES);
        Self {
            of_router: router.templates().map(|it| traffic.route(it)).collect(),
            bare: bare.map(|it| (it, traffic.route(it))).collect(),
            exchange: traffic.route(EXCHANGE),
            none: traffic.route(NONE),
        }
    }

    /// The number of a route of the router. `None` means that the path was not found.
    pub fn of(&self, route: Option<&Route>) -> RouteId {
        let known = route.and_then(|route| self.of_router.get(route.number()));
        known.copied().unwrap_or(self.none)
    }

    /// The number of a path that is answered without an envelope.
    pub fn bare(&self, template: &str) -> RouteId {
        let known = self.bare.iter().find(|(known, _)| *known == template);
        known.map_or(self.none, |(_, route)| *route)
    }

    /// The kind of a route. Exchanges are counted separately.
    pub fn kind(&self, route: RouteId) -> Kind {
        if route == self.exchange {
            Kind::Exchange
        } else {
            Kind::Interface
        }
    }
}
