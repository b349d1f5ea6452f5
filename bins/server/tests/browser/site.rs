//! The whole site in this process: interface and pages over a service with a clock that the test
//! owns.

use std::sync::Arc;

use ats_pat_domain::port::IdentityProvider;
use ats_pat_http::{HttpSettings, Limits};
use ats_pat_service::{NewUser, Parts, Service, Settings};
use ats_pat_test_support::clock::TestClock;
use ats_pat_test_support::world::{World, person};
use ats_pat_test_support::{TestDatabase, sqlite};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

/// A running site; it serves until the runtime of the test ends.
pub struct Site {
    /// The service behind it.
    pub world: World,
    origin: String,
    _database: TestDatabase,
}

impl Site {
    /// Adds the administrator `root`, called Ada Lovelace, and the users `ada` and `eve`, who is
    /// disabled.
    pub async fn add_people(&self) {
        let new = NewUser {
            display_name: Some("Ada Lovelace".to_owned()),
            ..person("root", true)
        };
        let operator = self.world.service.operator();
        operator.add_user(new).await.expect("the user is added");
        for name in ["ada", "eve"] {
            self.world.add_user(name).await;
        }
        operator.disable_user("eve").await.expect("it is disabled");
    }

    /// Serves a site over an empty database, with settings of its own (scopes on offer, say).
    pub async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        Self::named("127.0.0.1", change).await
    }

    /// The same under another name of this machine, which the browser knows: `plain.test` is no
    /// secure context to it.
    pub async fn named(host: &str, change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(host, change, |_, _| Vec::new()).await
    }

    /// A site whose people can sign in at these providers, which get its origin and its clock. The
    /// settings need their rules.
    pub async fn of(
        host: &str,
        change: impl FnOnce(&mut Settings),
        providers: impl FnOnce(&str, &TestClock) -> Vec<Arc<dyn IdentityProvider>>,
    ) -> Self {
        // First, since the public URL is part of the settings.
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let origin = format!("http://{host}:{port}");
        let database = sqlite();
        let mut world = World::with(database.url(), |settings| {
            settings.issuer.clone_from(&origin);
            settings.audience = vec![origin.clone()];
            change(settings);
        })
        .await;
        let providers = providers(&origin, &world.clock);
        if !providers.is_empty() {
            let parts = Parts {
                providers,
                ..world.parts()
            };
            world.service = Service::open(parts).await.expect("the service opens");
        }
        let http = HttpSettings::new(&origin, Vec::new()).expect("an origin");
        let service = world.service.clone();
        let branding = ats_pat_web::Branding::default();
        let document = ats_pat_api::document(http.is_https());
        let site = ats_pat_http::Site::new(
            ats_pat_api::endpoint(service.clone(), http.clone()),
            ats_pat_web::endpoint(service, http.clone(), branding, &document),
            http,
        );
        tokio::spawn(ats_pat_http::serve(
            listener,
            site,
            Limits::default(),
            std::future::pending(),
        ));
        Self {
            world,
            origin,
            _database: database,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The link that the server prints while there is no administrator.
    pub async fn setup_link(&self) -> String {
        let code = self
            .world
            .service
            .make_setup_link()
            .await
            .expect("the database answers")
            .expect("there is no administrator yet");
        self.url(&format!("/setup#{}", code.expose_secret()))
    }
}
