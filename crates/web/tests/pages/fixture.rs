//! The pages over a service of their own, and a person's browser without script.

use std::net::SocketAddr;

use ats_pat_domain::scope::Scope;
use ats_pat_http::{HttpSettings, Limits, serve};
use ats_pat_service::Settings;
use ats_pat_test_support::world::{ISSUER, PASSWORD, World};
use ats_pat_test_support::{TestDatabase, sqlite};
use ats_pat_web::Branding;
use reqwest::header::{CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use tokio::net::TcpListener;

pub const TOKENS: &str = "/settings/personal-access-tokens";

/// The pages, served.
pub struct Site {
    pub world: World,
    pub address: SocketAddr,
    pub database: TestDatabase,
}

impl Site {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With settings of its own.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = sqlite();
        let world = World::with(database.url(), |settings| {
            settings.policy.base.max_active_tokens = 1000;
            settings.policy.base.scopes = vec![
                Scope::new("orders:read", "Read orders").unwrap(),
                Scope::new("orders:write", "Write orders").unwrap(),
            ];
            change(settings);
        })
        .await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages = ats_pat_web::endpoint(
            world.service.clone(),
            HttpSettings::new(ISSUER, Vec::new()).unwrap(),
            Branding::default(),
            &document(),
        );
        let never = std::future::pending();
        tokio::spawn(serve(listener, pages, Limits::default(), never));
        Self {
            world,
            address,
            database,
        }
    }

    /// The same pages without a connection between.
    pub fn pages(&self) -> ats_pat_web::Pages {
        let settings = HttpSettings::new(ISSUER, Vec::new()).unwrap();
        let service = self.world.service.clone();
        ats_pat_web::endpoint(service, settings, Branding::default(), &document())
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser {
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            address: self.address,
            cookies: Vec::new(),
            twins: Vec::new(),
        }
    }

    /// The browser of a new user who is signed in.
    pub async fn signed_in(&self, name: &str) -> Browser {
        self.world.add_user(name).await;
        self.browser().signed_in(name).await
    }

    /// The browser of a new administrator who is signed in.
    pub async fn administrator(&self, name: &str) -> Browser {
        self.world.add_administrator(name).await;
        self.browser().signed_in(name).await
    }

    /// How many events the log has.
    pub async fn events(&self) -> u64 {
        let operator = self.world.service.operator();
        operator.verify_audit().await.unwrap().events
    }
}

/// A browser without script: keeps cookies, marks its forms as our own pages' do, follows redirects
/// only where it is told to.
pub struct Browser {
    http: reqwest::Client,
    address: SocketAddr,
    cookies: Vec<(String, String)>,
    /// Cookies that other sites of the host or its parent domain set.
    twins: Vec<(String, String)>,
}

/// What a page answered.
pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Page {
    /// Where the answer leads.
    pub fn leads_to(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |to| to.to_str().unwrap())
    }

    /// The text of the element with `role="status"` or `role="alert"` at the top of the page.
    pub fn says(&self, role: &str) -> &str {
        let Some((_, rest)) = self.text.split_once(&format!("role=\"{role}\" tabindex")) else {
            return "";
        };
        let (_, rest) = rest.split_once("<p>").unwrap();
        rest.split_once("</p>").unwrap().0
    }

    /// What is wrong with the field of this id, which is marked, described by it, and has the
    /// focus.
    pub fn error_at(&self, id: &str) -> &str {
        let described = self.text.split("aria-invalid=\"true\" aria-describedby=\"");
        let mut described = described.skip(1);
        let is_described = described.any(|rest| {
            let (ids, rest) = rest.split_once('"').unwrap();
            ids.ends_with(&format!("{id}-error")) && rest.starts_with(" autofocus")
        });
        assert!(
            is_described,
            "{id} has no error, or not the focus: {}",
            self.text
        );
        let error = format!("<p class=\"error\" id=\"{id}-error\">");
        let (_, rest) = self.text.split_once(&error).unwrap();
        rest.split_once("</p>").unwrap().0
    }

    /// The value of the field of this name.
    pub fn value(&self, name: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        rest.split_once('"').unwrap().0
    }

    /// The new personal access token that the page shows.
    pub fn secret(&self) -> Option<&str> {
        let start = self.text.find("atspat_")?;
        self.text.get(start..start + 56)
    }
}

impl Browser {
    pub async fn signed_in(mut self, name: &str) -> Self {
        let answer = self.sign_in(name, PASSWORD, "").await;
        assert_eq!(
            (answer.status, answer.leads_to()),
            (303, "/"),
            "{}",
            answer.text
        );
        self
    }

    pub async fn sign_in(&mut self, name: &str, password: &str, next: &str) -> Page {
        let fields = [("user_name", name), ("password", password), ("next", next)];
        self.post("/signin", &fields).await
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().unwrap();
        let request = self
            .http
            .request(method, format!("http://{}{path}", self.address));
        let cookies: Vec<String> = self
            .twins
            .iter()
            .chain(&self.cookies)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if cookies.is_empty() {
            request
        } else {
            request.header("cookie", cookies.join("; "))
        }
    }

    /// What [`Browser::get`] asks for, for [`Site::pages`].
    pub fn request_in_process(&self, path: &str) -> poem::Request {
        let session = self.cookie("__Host-ats_session").unwrap();
        poem::Request::builder()
            .uri(path.parse().unwrap())
            .header("cookie", format!("__Host-ats_session={session}"))
            .finish()
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.request("GET", path);
        self.send(request).await
    }

    /// Posts a form as our own page does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self
            .request("POST", path)
            .header(ORIGIN, ISSUER)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(fields));
        self.send(request).await
    }

    /// Posts a form and looks at the page that it leads to.
    pub async fn post_and_follow(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let next = answer.leads_to().to_owned();
        self.get(&next).await
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Page {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(kept, _)| kept != name);
            if !attributes.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Page {
            status,
            headers,
            text: answer.text().await.unwrap(),
        }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies
            .iter()
            .find(|(kept, _)| kept == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn set_twin(&mut self, name: &str, value: &str) {
        self.twins = vec![(name.to_owned(), value.to_owned())];
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(kept, _)| kept != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }
}

/// Fields as a browser posts them.
pub fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// The document of the repository, which is the program's.
pub fn document() -> serde_json::Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
