//! A request for a page, with everything that its handler needs.

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
    /// The product's name, as the settings have it.
    pub product: String,
    /// The styles and scripts that pages refer to.
    pub assets: Assets,
    /// The content of the pages that describe the API.
    pub reference: Reference,
    /// How many more exports of the audit trail may be sent now.
    pub exports: Arc<Semaphore>,
}

/// A request for a page.
pub struct Visit<'a> {
    /// The use cases, which pages call.
    pub service: &'a Service,
    /// The settings of the deployment.
    pub settings: &'a HttpSettings,
    /// What all pages share.
    pub shared: &'a Shared,
    /// The request ID, and where the request comes from.
    pub context: &'a RequestContext,
    /// The path and the query of the request.
    pub uri: Uri,
    /// Whether a form was posted.
    pub is_post: bool,
    /// The signed-in user. `None` before [`Self::signed_in`], and if nobody is signed in.
    pub person: Option<SessionUser>,
    /// Whether the user has a password. False before [`Self::signed_in`].
    pub has_password: bool,
    /// The service accounts that the user is responsible for. Empty before [`Self::signed_in`].
    pub accounts: Vec<ServiceAccountView>,
    policy: Option<PolicyView>,
    /// The owner of the tokens, if the page is about tokens.
    pub place: Place,
    /// The message about the change before.
    pub flash: Option<Flash>,
    /// The time zone of days and times.
    pub zone: Zone,
    /// The texts in the person's language.
    pub text: Text,
    /// Why a form that needs a recent sign-in is not accepted: it has no password, or a wrong one.
    pub unconfirmed: Option<Problem>,
    /// The sign-ins at identity providers that the browser has begun: the cookies' names and
    /// values.
    pub flows: Vec<(String, String)>,
    /// The session that this request began. It replaces the one of the browser.
    pub new_session: Option<SecretString>,
    session_ids: Vec<String>,
}

impl<'a> Visit<'a> {
    /// Reads what every page needs of a request.
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

    /// Requires a session. Also reads what pages show about its user.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] without a valid session.
    pub async fn signed_in(&mut self) -> Result<SignedIn, Problem> {
        let ids: Vec<&str> = self.session_ids().collect();
        let by = self.service.authenticate_one_of(&ids).await;
        let by = by.map_err(|error| self.problem(error))?;
        self.person = Some(by.user());
        self.has_password = by.has_password();
        let accounts = self.service.service_accounts(&by).await;
        self.accounts = accounts.map_err(|error| self.problem(error))?;
        let policy = self.service.policy_for(&by, self.account()).await;
        // Revoking must work without the policy, so the failure is only logged.
        self.policy = policy.map_err(|error| self.problem(error)).ok();
        Ok(by)
    }

    /// Continues the request in a session that just began.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] if the session has ended again.
    pub async fn signed_in_as(&mut self, session_id: &SecretString) -> Result<SignedIn, Problem> {
        self.session_ids = vec![session_id.expose_secret().to_owned()];
        self.signed_in().await
    }

    /// Ends the sessions that the browser sent, because another one replaces them. Failures are
    /// only logged.
    pub async fn end_sessions(&self) {
        for replaced in self.session_ids() {
            if let Err(error) = self.service.sign_out(Some(replaced)).await {
                self.problem(error);
            }
        }
    }

    /// Continues the request in a session that replaced the browser's. The other sessions of the
    /// browser end, because the new cookie replaces theirs.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] if the session has ended again.
    pub async fn go_on_in(&mut self, session_id: SecretString) -> Result<SignedIn, Problem> {
        self.end_sessions().await;
        let by = self.signed_in_as(&session_id).await;
        self.new_session = Some(session_id);
        by
    }

    /// The signed-in user, acting on the tokens of the page's owner.
    pub fn acting<'b>(&self, by: &'b SignedIn) -> Acting<'b> {
        Acting::on(by, self.place.owner)
    }

    /// The service account that owns the tokens of the page, if one does.
    pub fn account(&self) -> Option<&ServiceAccountView> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| Owner::ServiceAccount(account.id) == self.place.owner)
    }

    /// The policy for the owner of the tokens, by the owner's groups. If it can't be read now, it
    /// is one that allows no new token.
    pub fn policy(&self) -> PolicyView {
        let known = self.policy.clone();
        known.unwrap_or_else(PolicyView::nothing_allowed)
    }

    /// Requires a recent sign-in, as the use case will.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`].
    pub fn require_recent_sign_in(&self, by: &SignedIn, step_up: StepUp) -> Result<(), Problem> {
        let minutes = step_up.minutes(&self.policy());
        self.service.require_sign_in_within(by, minutes)
    }

    /// An idempotency key for a form that must make something only once.
    ///
    /// # Errors
    /// [`Problem::InternalError`] if the system has no random bytes.
    pub fn new_form_key(&self) -> Result<String, Problem> {
        let key = self.service.new_form_key();
        key.map_err(|error| self.problem(error))
    }

    /// The ids of the sessions that the browser sent.
    pub fn session_ids(&self) -> impl Iterator<Item = &str> {
        self.session_ids.iter().map(String::as_str)
    }

    /// The cookie of sessions.
    pub fn cookie(&self) -> SessionCookie {
        cookie(self.settings)
    }

    /// The problem to show for an error of a use case. The cause is logged.
    pub fn problem(&self, error: Error) -> Problem {
        error.into_problem(self.context.request_id())
    }

    /// The time of the service.
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
