//! Users: adding, listing, disabling, enabling, new passwords, groups, and who is responsible for
//! service accounts.

mod add;
mod shown;

use ats_pat_domain::group::Groups;
use ats_pat_program::Access;
use ats_pat_service::view::UserView;
use ats_pat_service::{Disabling, Error, UserUpdate};
use clap::{Args, Subcommand};
use serde_json::json;

use self::add::Add;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::warn;
use crate::secret_input::{SecretInputError, ask_for_new_password, can_ask, from_standard_input};

#[derive(Subcommand)]
pub enum Command {
    /// Adds a person, or a service account; for a person asks for the password, at a terminal
    Add(Add),
    /// Lists people and service accounts
    List,
    /// Keeps a user out: sessions end, tokens are refused
    Disable(Disable),
    /// Lets a disabled user in again
    Enable(Name),
    /// Gives a user a new password; the user's sessions end
    SetPassword(SetPassword),
    /// Makes another person responsible for a service account
    SetResponsible(SetResponsible),
    /// Puts a user or a service account into these groups and no others, which the policy can
    /// differ by; sessions end
    SetGroups(SetGroups),
    /// Links a person to an identity at an identity provider: who proves it signs in as this user;
    /// the password is erased, sessions end
    Link(Link),
    /// Removes a person's identities: nobody signs in as this user until there is a password
    Unlink(Unlink),
    /// Changes names, e-mail address or the right to administer
    Update(Update),
    /// Ends every active token of a user for good
    RevokeTokens(Name),
    /// Erases what is known of a person for good; events stay, and can be verified
    Erase(Erase),
}

#[derive(Args)]
#[group(id = "change", required = true, multiple = true)]
pub struct Changes {
    /// What the user signs in with from now on
    #[arg(long, value_name = "NAME", group = "change")]
    rename: Option<String>,
    /// What the user is shown by
    #[arg(long, value_name = "TEXT", group = "change")]
    display_name: Option<String>,
    /// Where notices are sent; an empty text removes it
    #[arg(long, value_name = "ADDRESS", group = "change")]
    email: Option<String>,
    /// Whether the user administers the service; with `no` the user's operator keys end
    #[arg(long, value_name = "yes|no", value_parser = yes_no, group = "change")]
    admin: Option<bool>,
}

#[derive(Args)]
pub struct Update {
    /// What the user signs in with
    name: String,
    #[command(flatten)]
    changes: Changes,
    /// The operator keys that a former administrator made stay
    #[arg(long)]
    keep_operator_keys: bool,
}

#[derive(Args)]
pub struct Link {
    /// What the user is called here
    name: String,
    /// The issuer, as in `[oidc.NAME]` of the settings
    #[arg(long, value_name = "ISSUER")]
    issuer: String,
    /// Who it is there: the claim `sub`
    #[arg(long, value_name = "SUBJECT")]
    subject: String,
}

#[derive(Args)]
pub struct Unlink {
    /// What the user is called here
    name: String,
    /// Only the identity at this provider of the settings
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
}

#[derive(Args)]
pub struct Erase {
    /// What the user signs in with
    name: String,
    /// Nothing brings the details back
    #[arg(long, required = true)]
    yes: bool,
}

#[derive(Args)]
pub struct SetResponsible {
    /// The name of the service account
    account: String,
    /// The name of the person who manages its tokens from now on
    person: String,
}

#[derive(Args)]
pub struct SetGroups {
    /// The name of the user or the service account
    name: String,
    /// The groups, such as corp/builders; without any the user is in none
    groups: Vec<String>,
}

#[derive(Args)]
pub struct Name {
    /// What the user signs in with
    name: String,
}

#[derive(Args)]
pub struct Disable {
    /// What the user signs in with
    name: String,
    /// Also where nobody could administer the service any more
    #[arg(long)]
    even_the_last: bool,
    /// The operator keys that the user made stay
    #[arg(long)]
    keep_operator_keys: bool,
}

#[derive(Args)]
pub struct SetPassword {
    /// What the user signs in with
    name: String,
    /// Revokes the user's active tokens as well
    #[arg(long)]
    revoke_tokens: bool,
    /// Reads the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(invocation).await,
            Self::List => {
                let users = invocation
                    .administer(Access::Use, async |deployment| deployment.users().await)
                    .await?;
                invocation.output.list(&users)
            }
            Self::Disable(Disable {
                name,
                even_the_last,
                keep_operator_keys,
            }) => {
                let how = Disabling {
                    even_the_last,
                    keep_operator_keys,
                };
                let (user, accounts) = invocation
                    .administer(Access::Use, async |deployment| {
                        let user = deployment.disable_user(&name, how).await?;
                        // The user is disabled. That is printed first, whether or not the rest
                        // succeeds.
                        let accounts = deployment.managed_by(user.id).await;
                        Ok((user, accounts))
                    })
                    .await?;
                invocation.output.one(&user)?;
                warn_of(&user, &accounts?);
                Ok(())
            }
            Self::Enable(Name { name }) => {
                let user = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.enable_user(&name).await
                    })
                    .await?;
                invocation.output.one(&user)
            }
            Self::SetPassword(set) => set.run(invocation).await,
            Self::SetResponsible(SetResponsible { account, person }) => {
                let update = UserUpdate {
                    responsible: Some(person),
                    ..UserUpdate::default()
                };
                change(invocation, &account, update).await
            }
            Self::SetGroups(SetGroups { name, groups }) => {
                Groups::new(&groups).map_err(Error::from)?;
                let update = UserUpdate {
                    groups: Some(groups),
                    ..UserUpdate::default()
                };
                change(invocation, &name, update).await
            }
            Self::Link(link) => link.run(invocation).await,
            Self::Unlink(unlink) => unlink.run(invocation).await,
            Self::Update(update) => {
                let Changes {
                    rename,
                    display_name,
                    email,
                    admin,
                } = update.changes;
                let to = UserUpdate {
                    user_name: rename,
                    display_name,
                    email,
                    administrator: admin,
                    keep_operator_keys: update.keep_operator_keys,
                    ..UserUpdate::default()
                };
                change(invocation, &update.name, to).await
            }
            Self::RevokeTokens(Name { name }) => {
                let revoked = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.revoke_tokens_of(&name).await
                    })
                    .await?;
                let text = format!("{revoked} active tokens were revoked.");
                let object = json!({"Revoked": revoked});
                invocation.output.text_or_object(&text, &object)
            }
            Self::Erase(Erase { name, yes: _ }) => {
                let user = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.erase_user(&name).await
                    })
                    .await?;
                invocation.output.one(&user)
            }
        }
    }
}

impl Link {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let user = invocation
            .at_the_database(LINKS, Access::Use, async |service| {
                let operator = service.operator();
                let linked = operator.link_identity(&self.name, &self.issuer, &self.subject);
                linked.await
            })
            .await?;
        invocation.output.one(&user)
    }
}

impl Unlink {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let user = invocation
            .at_the_database(LINKS, Access::Use, async |service| {
                let provider = self.provider.as_deref();
                let operator = service.operator();
                operator.unlink_identity(&self.name, provider).await
            })
            .await?;
        invocation.output.one(&user)
    }
}

/// Why identities are linked at the database.
const LINKS: &str = "identities are linked at the database";

async fn change(invocation: &Invocation, name: &str, update: UserUpdate) -> Result<(), Failure> {
    let user = invocation
        .administer(Access::Use, async |deployment| {
            deployment.update_user(name, update).await
        })
        .await?;
    invocation.output.one(&user)
}

fn yes_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no"),
    }
}

/// Names the service accounts that are left without a manager.
fn warn_of(disabled: &UserView, accounts: &[UserView]) {
    if accounts.is_empty() {
        return;
    }
    let names: Vec<&str> = accounts
        .iter()
        .map(|account| account.user_name.as_str())
        .collect();
    warn(&format!(
        "{} is responsible for {}: their tokens go on working, but nobody gets new ones; name another person by `ats-pat-admin user set-responsible`",
        disabled.user_name,
        names.join(", "),
    ));
}

impl SetPassword {
    async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        invocation.read_key()?;
        let password = if self.password_stdin || !can_ask() {
            from_standard_input("password")?
        } else {
            ask_for_new_password("New password: ")?.ok_or(SecretInputError::Empty)?
        };
        let update = UserUpdate {
            password: Some(password),
            revoke_tokens: self.revoke_tokens,
            ..UserUpdate::default()
        };
        change(invocation, &self.name, update).await
    }
}
