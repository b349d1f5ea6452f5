//! Checks the identity providers of the settings, with nobody and nothing changed.

use ats_pat_domain::port::{
    Flow, IdentityError, IdentityProvider as _, ProvenIdentity, ProviderAnswer, Randomness as _,
};
use ats_pat_identity::Published;
use ats_pat_program::{Provider, callback, provider_of};
use ats_pat_service::SystemRandomness;
use clap::{Args, Subcommand};
use reqwest::Url;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::failure::Failure;
use crate::invocation::{Invocation, public_url};
use crate::output::{Shown, or_dash, say, yes_or_no};
use crate::secret_input::from_standard_input;

const WHERE_SETTINGS_ARE: &str = "the identity providers are in the settings of the server";

#[derive(Subcommand)]
pub enum Command {
    /// Checks a provider of the settings: discovery, keys, clock, claims. Nothing is changed
    Check(Check),
}

#[derive(Args)]
pub struct Check {
    /// The provider: NAME of its table `[oidc.NAME]`
    name: String,
    /// Also signs somebody in, and prints what the provider tells and how it would be used. Nobody
    /// gets a session or a user
    #[arg(long)]
    sign_in: bool,
}

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self {
            Self::Check(check) => check.run(invocation).await,
        }
    }
}

impl Check {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let settings = invocation.settings(WHERE_SETTINGS_ARE)?;
        let mut providers = settings.providers.iter();
        let found = providers.find(|provider| provider.rules.name.as_str() == self.name);
        let Some(found) = found else {
            let names = settings.providers.iter();
            let names: Vec<_> = names.map(|it| format!("`{}`", it.rules.name)).collect();
            return Err(Failure::NoProvider {
                name: self.name,
                known: if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            });
        };
        let origin = public_url(settings);
        let provider = provider_of(found, &origin)?;
        let published = provider.examine().await.map_err(advise)?;
        let report = Report::new(found, &origin, &published);
        if !self.sign_in {
            invocation.output.one(&report)?;
            return report.verdict();
        }
        report.verdict()?;
        let proven = sign_in(&provider, &report.redirect_address).await?;
        invocation.output.one(&Claims::new(found, proven))
    }
}

/// Signs somebody in as a browser would, but for the browser: its address is copied.
async fn sign_in(
    provider: &ats_pat_identity::Provider,
    redirect_address: &str,
) -> Result<ProvenIdentity, Failure> {
    let flow = Flow {
        provider: provider.name().clone(),
        state: random()?,
        nonce: random()?,
        verifier: random()?,
        max_age: None,
    };
    let url = provider.authorization_url(&flow).await.map_err(advise)?;
    say("Open this address in a browser, and sign in:");
    say(&url);
    say(&format!(
        "The browser comes back to {redirect_address}, which says that the sign-in began in another browser, or can't be \
         reached. Copy the whole address from the address bar, paste it here, and press Enter:"
    ));
    let pasted = from_standard_input("address")?;
    let answer = answer(pasted.expose_secret()).ok_or(Failure::NotTheCallback)?;
    provider.prove(&flow, &answer).await.map_err(advise)
}

fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    let filled = SystemRandomness.fill(&mut bytes);
    filled.map_err(|_| Failure::Randomness)?;
    Ok(bytes)
}

/// The answer in the address that the browser came back to.
fn answer(address: &str) -> Option<ProviderAnswer> {
    let url: Url = address.trim().parse().ok()?;
    let mut answer = ProviderAnswer::default();
    for (name, value) in url.query_pairs() {
        let part = match &*name {
            "state" => &mut answer.state,
            "code" => &mut answer.code,
            "iss" => &mut answer.issuer,
            "error" => &mut answer.error,
            _ => continue,
        };
        if part.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    answer.state.is_some().then_some(answer)
}

/// What to do about a provider that does not do as it should.
fn advise(source: IdentityError) -> Failure {
    let advice = match &source {
        IdentityError::Unavailable(_) => {
            "the provider can't be used like this: look at `issuer`, `client-id` and `client-secret`, and whether this \
             machine reaches it"
        }
        IdentityError::Refused { .. } => {
            "the provider signed nobody in: look there whether the person may use this application, and whether the \
             redirect address and the scopes are registered"
        }
        IdentityError::Untrusted(_) => {
            "the answer is not believed: begin again, and if that does not help, look at the rule that it breaks"
        }
        IdentityError::NotRecent => "the provider does not tell `auth_time`: let it do so",
    };
    Failure::Identity {
        advice: advice.to_owned(),
        source,
    }
}

/// What there is to say of a provider, and what to do.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    issuer: String,
    client_id: String,
    has_client_secret: bool,
    redirect_address: String,
    back_channel_logout_address: String,
    scopes: Vec<String>,
    user_name_claim: String,
    display_name_claim: String,
    email_claim: String,
    groups_claim: String,
    authorization_endpoint: String,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    back_channel_logout: Option<bool>,
    keys: usize,
    algorithms: Vec<&'static str>,
    clock: Option<String>,
    /// What keeps everybody from signing in.
    faults: Vec<String>,
    /// What an operator should know.
    remarks: Vec<String>,
}

impl Report {
    fn new(provider: &Provider, origin: &str, published: &Published) -> Self {
        let rules = &provider.rules;
        let name = &rules.name;
        let (faults, remarks) = judge(published);
        Self {
            issuer: rules.issuer.to_string(),
            client_id: provider.client_id.clone(),
            has_client_secret: provider.client_secret.is_some(),
            redirect_address: callback(origin, name),
            back_channel_logout_address: format!("{origin}/signin/{name}/back-channel-logout"),
            scopes: provider.scopes.clone(),
            user_name_claim: provider.user_name_claim.clone(),
            display_name_claim: provider.display_name_claim.clone(),
            email_claim: provider.email_claim.clone(),
            groups_claim: provider.groups_claim.clone(),
            authorization_endpoint: published.authorization_endpoint.clone(),
            token_endpoint: published.token_endpoint.clone(),
            userinfo_endpoint: published.userinfo_endpoint.clone(),
            end_session_endpoint: published.end_session_endpoint.clone(),
            back_channel_logout: published.back_channel_logout,
            keys: published.keys,
            algorithms: published.algorithms.clone(),
            clock: published.clock.map(|clock| {
                let direction = if clock.is_ahead { "ahead" } else { "behind" };
                format!("{} s {direction}", clock.by.as_secs())
            }),
            faults,
            remarks,
        }
    }

    fn verdict(&self) -> Result<(), Failure> {
        if self.faults.is_empty() {
            return Ok(());
        }
        for fault in &self.faults {
            say(fault);
        }
        Err(Failure::Unfit)
    }
}

/// What is wrong, and what an operator should know.
fn judge(published: &Published) -> (Vec<String>, Vec<String>) {
    let (mut faults, mut remarks) = (Vec::new(), Vec::new());
    if published.algorithms.is_empty() {
        faults.push(
            "The provider signs ID tokens by none of `signing-algorithms`: name one there that it announces.".to_owned(),
        );
    }
    match published.clock {
        Some(clock) if clock.is_too_much() => faults.push(
            "The clocks differ by more than a minute, so ID tokens are refused: set the clock of this machine by NTP."
                .to_owned(),
        ),
        Some(_) => {}
        None => remarks.push("The provider does not tell the time, so the clocks are not compared.".to_owned()),
    }
    if let Some(unknown) = published
        .unknown_scopes
        .as_ref()
        .filter(|it| !it.is_empty())
    {
        remarks.push(format!(
            "The provider does not name the scopes {} among its own: if it refuses them, take them out of `scopes`.",
            unknown.join(" ")
        ));
    }
    if published.userinfo_endpoint.is_none() {
        remarks
            .push("The provider has no userinfo: all claims must be in the ID token.".to_owned());
    }
    if published.end_session_endpoint.is_none() {
        remarks.push(
            "The provider names no address to sign out: people stay signed in there.".to_owned(),
        );
    }
    if published.back_channel_logout != Some(true) {
        remarks.push(
            "The provider does not announce back-channel logout: sessions here end by themselves only.".to_owned(),
        );
    }
    (faults, remarks)
}

impl Shown for Report {
    const COLUMNS: &'static [&'static str] = &[
        "Issuer",
        "Client id",
        "Client secret",
        "Redirect address",
        "Back-channel logout address",
        "Scopes",
        "User name from",
        "Display name from",
        "E-mail from",
        "Groups from",
        "Signing in",
        "Tokens",
        "Userinfo",
        "Signing out",
        "Keys",
        "Algorithms",
        "Clock of the provider",
        "Remarks",
    ];

    fn cells(&self) -> Vec<String> {
        let secret = if self.has_client_secret {
            "set"
        } else {
            "none"
        };
        vec![
            self.issuer.clone(),
            self.client_id.clone(),
            secret.to_owned(),
            self.redirect_address.clone(),
            self.back_channel_logout_address.clone(),
            self.scopes.join(" "),
            self.user_name_claim.clone(),
            self.display_name_claim.clone(),
            self.email_claim.clone(),
            self.groups_claim.clone(),
            self.authorization_endpoint.clone(),
            or_dash(self.token_endpoint.as_ref()),
            or_dash(self.userinfo_endpoint.as_ref()),
            or_dash(self.end_session_endpoint.as_ref()),
            self.keys.to_string(),
            self.algorithms.join(" "),
            or_dash(self.clock.as_ref()),
            or_dash((!self.remarks.is_empty()).then(|| self.remarks.join(" "))),
        ]
    }
}

/// What a provider told of somebody, and what that means here.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Claims {
    issuer: String,
    subject: String,
    user_name: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    groups: Option<Vec<String>>,
    may_sign_in: bool,
    administers: bool,
    authenticated_at: Option<String>,
    has_session_id: bool,
}

impl Claims {
    fn new(provider: &Provider, proven: ProvenIdentity) -> Self {
        let rules = &provider.rules;
        let groups = proven.groups.as_deref();
        // What was not told is never no groups.
        let decide = !rules.allowed_groups.is_empty() || !rules.administrator_groups.is_empty();
        Self {
            may_sign_in: groups.map_or(!decide, |groups| rules.allow(groups)),
            administers: groups.is_some_and(|groups| rules.make_administrator(groups)),
            issuer: proven.identity.issuer.to_string(),
            subject: proven.identity.subject.to_string(),
            user_name: proven.user_name,
            display_name: proven.display_name,
            email: proven.email,
            groups: proven.groups,
            authenticated_at: proven.authenticated_at.map(|at| at.to_string()),
            has_session_id: proven.session.is_some(),
        }
    }
}

impl Shown for Claims {
    const COLUMNS: &'static [&'static str] = &[
        "Issuer",
        "Subject",
        "User name",
        "Display name",
        "E-mail",
        "Groups",
        "May sign in",
        "Administers",
        "Gave a password at",
        "Session id (sid)",
    ];

    fn cells(&self) -> Vec<String> {
        let told = |claim: &Option<String>| claim.clone().unwrap_or_else(|| "not told".to_owned());
        let groups = self.groups.as_ref().map(|groups| {
            if groups.is_empty() {
                "none".to_owned()
            } else {
                groups.join(", ")
            }
        });
        vec![
            self.issuer.clone(),
            self.subject.clone(),
            told(&self.user_name),
            told(&self.display_name),
            told(&self.email),
            groups.unwrap_or_else(|| "not told, or not all of them".to_owned()),
            yes_or_no(self.may_sign_in),
            yes_or_no(self.administers),
            told(&self.authenticated_at),
            if self.has_session_id {
                "told"
            } else {
                "not told"
            }
            .to_owned(),
        ]
    }
}
