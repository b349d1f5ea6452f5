//! One request for a page: who asks for what.

use std::sync::Arc;

use ats_pat_domain::{Problem, Timestamp};
use ats_pat_http::{HttpSettings, RequestContext, SessionCookie};
use ats_pat_service::view::{PolicyView, ServiceAccountView, SessionUser};
use ats_pat_service::{Acting, Error, Owner, Service, SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Request;
use poem::http::{Method, Uri};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::assets::Assets;
use crate::docs::Reference;
use crate::flash::Flash;
use crate::flow_cookie;
use crate::place::Place;
use crate::zone::Zone;

/// What all pages share.
pub struct Shared {
    /// The product's name.
    pub product: String,
    /// Styles and scripts.
    pub assets: Assets,
    /// What is written of the interface for programs.
    pub reference: Reference,
    /// How many more exports of the audit trail may be sent now.
    pub exports: Arc<Semaphore>,
}

/// One request for a page.
pub struct Visit<'a> {
    /// The use cases.
    pub service: &'a Service,
    /// The deployment.
    pub settings: &'a HttpSettings,
    /// What all pages share.
    pub shared: &'a Shared,
    /// Id and origin of the request.
    pub context: &'a RequestContext,
    /// Path and query.
    pub uri: Uri,
    /// Whether a form was posted.
    pub is_post: bool,
    /// Who is signed in, once that is known.
    pub person: Option<SessionUser>,
    /// Whether the person has a password, once that is known.
    pub has_password: bool,
    /// The service accounts that the person is responsible for, once that is known.
    pub accounts: Vec<ServiceAccountView>,
    policy: Option<PolicyView>,
    /// Whose tokens the page is about, where it is about tokens.
    pub place: Place,
    /// What was done just before.
    pub flash: Option<Flash>,
    /// What zone the person's days and times are in.
    pub zone: Zone,
    /// The texts in the person's language.
    pub text: Text,
    /// Why the form that was posted is not taken: it needs a recent sign-in. It has no password, or
    /// a wrong one.
    pub unconfirmed: Option<Problem>,
    /// The sign-ins at identity providers that the browser has begun: cookies and values.
    pub flows: Vec<(String, String)>,
    /// The session that this request began in the place of the browser's.
    pub new_session: Option<SecretString>,
    session_ids: Vec<String>,
}

impl<'a> Visit<'a> {
    /// Looks at a request.
    pub fn new(
        service: &'a Service,
        settings: &'a HttpSettings,
        shared: &'a Shared,
        context: &'a RequestContext,
        request: &Request,
    ) -> Self {
        let headers = request.headers();
        Self {
            service,
            settings,
            shared,
            context,
            uri: request.uri().clone(),
            is_post: *request.method() == Method::POST,
            person: None,
            has_password: false,
            accounts: Vec::new(),
            policy: None,
            place: Place::own(),
            flash: Flash::take(settings, headers),
            zone: Zone::of(settings, headers),
            text: Text::ENGLISH,
            unconfirmed: None,
            flows: flow_cookie::flows(settings.is_https(), headers),
            new_session: None,
            session_ids: cookie(settings)
                .read(headers)
                .into_iter()
                .map(ToOwned::to_owned)
                .collect(),
        }
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// 1100 if nobody is.
    pub async fn signed_in(&mut self) -> Result<SignedIn, Problem> {
        let ids: Vec<&str> = self.session_ids().collect();
        let by = self.service.authenticate_one_of(&ids).await;
        let by = by.map_err(|error| self.problem(error))?;
        self.person = Some(by.user());
        self.has_password = by.has_password();
        let accounts = self.service.service_accounts(&by).await;
        self.accounts = accounts.map_err(|error| self.problem(error))?;
        let policy = self.service.policy_for(&by, self.account()).await;
        // What takes away goes on without; the cause is logged.
        self.policy = policy.map_err(|error| self.problem(error)).ok();
        Ok(by)
    }

    /// Who has just signed in.
    ///
    /// # Errors
    /// 1100 if the session was ended at once.
    pub async fn signed_in_as(&mut self, session_id: &SecretString) -> Result<SignedIn, Problem> {
        self.session_ids = vec![session_id.expose_secret().to_owned()];
        self.signed_in().await
    }

    /// Ends the sessions that the browser sent: another one takes their place. What fails is
    /// logged.
    pub async fn end_sessions(&self) {
        for replaced in self.session_ids() {
            if let Err(error) = self.service.sign_out(Some(replaced)).await {
                self.problem(error);
            }
        }
    }

    /// Who goes on in a session that took the place of the browser's. The browser's others end:
    /// their cookie is replaced.
    ///
    /// # Errors
    /// 1100 if the session was ended at once.
    pub async fn go_on_in(&mut self, session_id: SecretString) -> Result<SignedIn, Problem> {
        self.end_sessions().await;
        let by = self.signed_in_as(&session_id).await;
        self.new_session = Some(session_id);
        by
    }

    /// The signed-in person, who acts on the tokens that the page is about.
    pub fn acting<'b>(&self, by: &'b SignedIn) -> Acting<'b> {
        Acting::on(by, self.place.owner)
    }

    /// The service account whose tokens the page is about.
    pub fn account(&self) -> Option<&ServiceAccountView> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| Owner::ServiceAccount(account.id) == self.place.owner)
    }

    /// What the tokens that the page is about may be like: those of a service account by the
    /// account's groups. Where that can't be told now, no token can be made.
    pub fn policy(&self) -> PolicyView {
        let known = self.policy.clone();
        known.unwrap_or_else(PolicyView::nothing_allowed)
    }

    /// Asks for a recent sign-in, as the use case will.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`].
    pub fn require_recent_sign_in(&self, by: &SignedIn, step_up: StepUp) -> Result<(), Problem> {
        let minutes = step_up.minutes(&self.policy());
        self.service.require_sign_in_within(by, minutes)
    }

    /// A key for one showing of a form that makes something once.
    ///
    /// # Errors
    /// [`Problem::InternalError`] where there are no random bytes.
    pub fn new_form_key(&self) -> Result<String, Problem> {
        let key = self.service.new_form_key();
        key.map_err(|error| self.problem(error))
    }

    /// The sessions' ids that the browser sent.
    pub fn session_ids(&self) -> impl Iterator<Item = &str> {
        self.session_ids.iter().map(String::as_str)
    }

    /// The session's cookie.
    pub fn cookie(&self) -> SessionCookie {
        cookie(self.settings)
    }

    /// What a person is told of a use case's error; its cause is logged.
    pub fn problem(&self, error: Error) -> Problem {
        error.into_problem(self.context.request_id())
    }

    /// The time that the service goes by.
    pub fn now(&self) -> Timestamp {
        self.service.now()
    }

    /// Path and query, to come back to.
    pub fn path_and_query(&self) -> &str {
        self.uri
            .path_and_query()
            .map_or("/", |path_and_query| path_and_query.as_str())
    }
}

fn cookie(settings: &HttpSettings) -> SessionCookie {
    SessionCookie::new(settings.is_https())
}
