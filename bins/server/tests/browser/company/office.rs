//! The people of a company, what they do at its provider, and a site that sends them there.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::{Clock as _, IdentityProvider};
use ats_pat_domain::{Issuer, ProviderName};
use ats_pat_identity::{Algorithm, ClaimNames};
use ats_pat_service::{ProviderRules, Settings, SystemClock};
use ats_pat_test_support::browser::{Browser, Tab};
use ats_pat_test_support::provider::OidcProvider;
use serde_json::{Value, json};

use crate::site::Site;

/// The name of the provider in the settings.
pub const COMPANY: &str = "company";
/// The link to it on the sign-in page.
pub const BUTTON: &str = "Sign in with Contoso";
/// The link to it in a form that needs a recent sign-in.
pub const CONFIRM: &str = "Confirm with Contoso in a new tab";

/// Starts the provider of a company with two people.
pub fn provider() -> OidcProvider {
    OidcProvider::start(&json!({
        "ada": {
            "sub": "ada", "preferred_username": "ada", "name": "Ada Lovelace",
            "email": "ada@example.com", "groups": ["builders", "admins"],
        },
        "grace": {
            "sub": "grace", "preferred_username": "grace", "name": "Grace Hopper",
            "email": "grace@example.com", "groups": ["builders"],
        },
    }))
}

/// The claims that it tells for each scope.
pub fn claims() -> Value {
    json!({
        "openid": ["sub"],
        "profile": ["preferred_username", "name", "groups"],
        "email": ["email"],
    })
}

/// What a person types at the provider, whose page is shown.
pub async fn give_account(browser: &Browser, name: &str) {
    browser.heading("The company").await;
    browser.field("Account").await.type_text(name).await;
    browser.button("Go on").await.click().await;
}

/// Follows a link that opens a tab. Gives the tab that it is in.
pub async fn follow_into_a_tab(browser: &Browser, link: &str) -> Tab {
    let here = browser.tab().await;
    let before = browser.tabs().await;
    browser.link(link).await.click().await;
    loop {
        let tabs = browser.tabs().await;
        if let Some(new) = tabs.iter().find(|tab| !before.contains(tab)) {
            browser.switch_to(new).await;
            return here;
        }
        tokio::task::yield_now().await;
    }
}

/// A site in this process, with a clock that the test owns, and the provider of its people.
pub struct Office {
    pub site: Site,
    pub provider: OidcProvider,
}

impl Office {
    /// With these changes of its settings.
    pub async fn open(change: impl FnOnce(&mut Settings)) -> Self {
        let provider = provider();
        let issuer = Issuer::new(&provider.issuer).expect("an issuer");
        let rules = ProviderRules {
            name: ProviderName::new(COMPANY).expect("a name"),
            label: "Contoso".to_owned(),
            issuer: issuer.clone(),
            allowed_groups: Vec::new(),
            administrator_groups: vec!["admins".to_owned()],
            subject_is_id: false,
            sign_in_every_days: None,
        };
        let change = |settings: &mut Settings| {
            settings.providers = vec![rules];
            change(settings);
        };
        let site = Site::of("127.0.0.1", change, |origin, clock| {
            provider.serve(origin, COMPANY, &claims(), false);
            let settings = ats_pat_identity::Settings {
                name: ProviderName::new(COMPANY).expect("a name"),
                issuer,
                client_id: OidcProvider::CLIENT.to_owned(),
                client_secret: Some(OidcProvider::SECRET.into()),
                redirect_url: format!("{origin}/signin/{COMPANY}/callback"),
                scopes: ["openid", "profile", "email"].map(String::from).to_vec(),
                algorithms: Algorithm::DEFAULT.to_vec(),
                claims: ClaimNames::default(),
                timeout: Duration::from_secs(10),
            };
            // The browser's own clock can't be set, and it judges the provider's cookies.
            clock.set(SystemClock.now());
            let provider = ats_pat_identity::Provider::new(settings, Arc::new(clock.clone()));
            let provider: Arc<dyn IdentityProvider> = Arc::new(provider.expect("a provider"));
            vec![provider]
        })
        .await;
        let office = Self { site, provider };
        office.later(Duration::ZERO);
        office
    }

    /// Time passes, at the provider too.
    pub fn later(&self, by: Duration) {
        self.site.world.clock.advance(by);
        self.provider.set_clock(self.site.world.now());
    }
}
