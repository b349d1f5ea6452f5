//! All users' personal access tokens: listing, showing and revoking them, and making one for a
//! service account.

use ats_pat_domain::list::{MAX_PAGE_SIZE, MAX_SEARCH, MAX_UNUSED_DAYS, Sort, TokenQuery};
use ats_pat_domain::name::fold;
use ats_pat_domain::{Status, Timestamp};
use ats_pat_program::Access;
use ats_pat_service::view::OwnedTokenView;
use ats_pat_service::{BulkJobView, NewToken};
use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{Shown, or_dash};
use crate::progress::Progress;
use crate::secret_input::pasted_from_standard_input;

#[derive(Subcommand)]
pub enum Command {
    /// A page of tokens, of one user or of everybody
    List(List),
    /// One token, by its id or by its secret
    Show(Show),
    /// Makes a token for a service account, and prints its secret this once
    Create(Create),
    /// Ends a token for good
    Revoke(Revoke),
    /// Ends all active tokens that match; without --confirm it only shows them
    RevokeMatching(RevokeMatching),
}

#[derive(Args)]
pub struct List {
    /// Only those of this user
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only those of this status: Active, Expired or Revoked
    #[arg(long, value_parser = status)]
    status: Option<Status>,
    /// Only those with this text in name or description
    #[arg(long, value_name = "TEXT", value_parser = search)]
    search: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// Name, CreatedAt, ExpiresAt or LastUsedAt; `-` before it for descending
    #[arg(long, value_name = "FIELD", default_value = "-CreatedAt", allow_hyphen_values = true, value_parser = sort)]
    sort: Sort,
    /// Which page, from 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// How many tokens a page has, up to 100
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PAGE_SIZE)))]
    page_size: u32,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Show {
    /// The id of the token, as `token list` shows it
    id: Option<String>,
    /// Reads a secret from the first line of standard input and names the token that it belongs to
    #[arg(long)]
    from_stdin: bool,
}

#[derive(Args)]
pub struct Create {
    /// The name of the service account
    account: String,
    /// The name of the new token
    #[arg(long)]
    name: String,
    /// When the token stops working: RFC 3339, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    expires_at: String,
    /// What the token is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A scope; all the account's rights where none is given
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// An address or a network that the token may be used from; anywhere where none is given
    #[arg(long = "network", value_name = "CIDR")]
    networks: Vec<String>,
}

/// What tokens have in common.
#[derive(Args)]
pub struct Filter {
    /// Only those that nobody used, made or regenerated for so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_UNUSED_DAYS)))]
    unused_for_days: Option<u32>,
    /// Only those made before: RFC 3339, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    created_before: Option<Timestamp>,
    /// Only those that expire before
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires_before: Option<Timestamp>,
    /// Only those with this scope
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
}

#[derive(Args)]
pub struct RevokeMatching {
    /// Only those of this user
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only those with this text in name or description
    #[arg(long, value_name = "TEXT", value_parser = search)]
    search: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// Revokes them, if there are as many
    #[arg(long, value_name = "COUNT")]
    confirm: Option<u64>,
}

#[derive(Args)]
pub struct Revoke {
    /// The id of the token, as `token list` shows it
    id: String,
}

const BY_SECRET: &str = "no interface names a token by its secret; a leaked one is ended by `POST /api/personalaccesstoken/reportLeaked`";

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(invocation).await,
            Self::Show(show) => show.run(invocation).await,
            Self::Create(create) => create.run(invocation).await,
            Self::RevokeMatching(revoke) => revoke.run(invocation).await,
            Self::Revoke(Revoke { id }) => {
                let token = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.revoke_token(&id).await
                    })
                    .await?;
                invocation.output.one(&token)
            }
        }
    }
}

impl List {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let query = TokenQuery {
            page: self.page,
            page_size: self.page_size,
            status: self.status,
            search: self.search.filter(|text| !text.is_empty()),
            sort: self.sort,
            ..self.filter.query()
        };
        let page = invocation
            .administer(Access::Use, async |deployment| {
                deployment.tokens(self.owner.as_deref(), query).await
            })
            .await?;
        invocation.output.list(&page.items)?;
        invocation.output.remark(&format!(
            "Page {}: {} of {}",
            page.page,
            page.items.len(),
            page.total
        ))
    }
}

impl Create {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let given = |values: Vec<String>| (!values.is_empty()).then_some(values);
        let new = NewToken {
            name: Some(self.name),
            expires_at: Some(self.expires_at),
            description: self.description,
            scopes: given(self.scopes),
            allowed_networks: given(self.networks),
            ..NewToken::default()
        };
        let issued = invocation
            .administer(Access::Use, async |deployment| {
                deployment.create_token(&self.account, new).await
            })
            .await?;
        let secret = issued.secret.expose_secret();
        let object = json!({"Token": issued.token, "Secret": secret});
        invocation.output.text_or_object(secret, &object)
    }
}

impl Show {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let token = if let Some(id) = self.id {
            invocation
                .administer(Access::Use, async |deployment| deployment.token(&id).await)
                .await?
        } else {
            invocation.settings(BY_SECRET)?;
            let secret = pasted_from_standard_input("personal access token")?;
            invocation
                .at_the_database(BY_SECRET, Access::Use, async |service| {
                    service.operator().token_of_secret(&secret).await
                })
                .await?
        };
        invocation.output.one(&token)
    }
}

impl Filter {
    fn query(self) -> TokenQuery {
        TokenQuery {
            unused_for_days: self.unused_for_days,
            created_before: self.created_before,
            expires_before: self.expires_before,
            scope: self.scope,
            ..TokenQuery::of(None)
        }
    }
}

impl RevokeMatching {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let query = TokenQuery {
            search: self.search.filter(|text| !text.is_empty()),
            ..self.filter.query()
        };
        let owner = self.owner.as_deref();
        let Some(confirmed) = self.confirm else {
            let found = invocation
                .administer(Access::Use, async |deployment| {
                    deployment.matching_tokens(owner, query).await
                })
                .await?;
            return invocation
                .output
                .list_of(&found, &found.sample, &hint(found.count));
        };
        let progress = Progress::new();
        let job = invocation
            .administer(Access::Use, async |deployment| {
                let told = |done, count| progress.show(done, count);
                deployment
                    .revoke_matching(owner, query, confirmed, told)
                    .await
            })
            .await;
        progress.end();
        invocation.output.one(&job?)
    }
}

fn hint(count: u64) -> String {
    match count {
        0 => "No active tokens match.".to_owned(),
        1 => "1 token matches. To revoke it, add --confirm 1.".to_owned(),
        count => format!("{count} tokens match. To revoke them, add --confirm {count}."),
    }
}

impl Shown for BulkJobView {
    const COLUMNS: &'static [&'static str] = &["Job id", "Count", "Done", "Finished at"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.job_id.to_string(),
            self.count.to_string(),
            self.done.to_string(),
            or_dash(self.finished_at),
        ]
    }
}

fn time(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(text).map_err(|_| "write a time of RFC 3339, such as 2027-01-31T00:00:00Z")
}

fn status(text: &str) -> Result<Status, &'static str> {
    text.parse()
        .map_err(|()| "write Active, Expired or Revoked")
}

fn sort(text: &str) -> Result<Sort, &'static str> {
    Sort::parse(text).map_err(
        |_| "write Name, CreatedAt, ExpiresAt or LastUsedAt, with `-` before it for descending",
    )
}

fn search(text: &str) -> Result<String, String> {
    if text.chars().count() > MAX_SEARCH {
        return Err(format!("write at most {MAX_SEARCH} characters"));
    }
    Ok(fold(text))
}

impl Shown for OwnedTokenView {
    const COLUMNS: &'static [&'static str] = &[
        "Id",
        "Owner",
        "Name",
        "Status",
        "Scopes",
        "Created at",
        "Expires at",
        "Last used at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.token.id.to_string(),
            self.owner_name.clone(),
            self.token.name.clone(),
            self.token.status.to_string(),
            self.token.scopes.join(" "),
            self.token.created_at.to_string(),
            self.token.expires_at.to_string(),
            or_dash(self.token.last_used_at),
        ]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let networks = self.token.allowed_networks.as_ref();
        vec![
            ("Id", self.token.id.to_string()),
            ("Owner", self.owner_name.clone()),
            ("Owner id", self.owner_id.to_string()),
            ("Name", self.token.name.clone()),
            ("Description", self.token.description.clone()),
            ("Status", self.token.status.to_string()),
            ("Scopes", self.token.scopes.join(" ")),
            (
                "Networks",
                networks.map_or_else(|| "any".to_owned(), |networks| networks.join(" ")),
            ),
            ("Created at", self.token.created_at.to_string()),
            ("Expires at", self.token.expires_at.to_string()),
            ("Regenerated at", or_dash(self.token.regenerated_at)),
            ("Revoked at", or_dash(self.token.revoked_at)),
            ("Last used at", or_dash(self.token.last_used_at)),
            (
                "Last used from",
                or_dash(self.token.last_used_from.as_ref()),
            ),
        ]
    }
}
