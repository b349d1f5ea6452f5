//! Users: adding, listing, disabling, enabling, new passwords, groups, and who is responsible for
//! service accounts.

use ats_pat_domain::UserId;
use ats_pat_program::Access;
use ats_pat_service::view::{Responsible, UserView};
use ats_pat_service::{NewServiceAccount, NewUser};
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::{Shown, or_dash, warn, yes_or_no};
use crate::secret_input::{SecretInputError, ask_for_new_password, can_ask, from_standard_input};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Command {
    /// Adds a person, or a service account; for a person asks for the password, at a terminal
    Add(Add),
    /// Every user
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
}

#[derive(Args)]
pub struct Add {
    /// What the user signs in with
    name: String,
    /// The id that the user has elsewhere
    #[arg(long, value_name = "UUID")]
    id: Option<UserId>,
    /// What the user is shown by; the name where none is given
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// The user administers the service
    #[arg(long)]
    admin: bool,
    /// Reads the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// A service account: an owner of tokens that is no person, and that nobody signs in with
    #[arg(long, requires = "responsible", conflicts_with_all = ["admin", "password_stdin"])]
    service: bool,
    /// The person who manages the tokens of the service account
    #[arg(long, value_name = "PERSON", requires = "service")]
    responsible: Option<String>,
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

const NOT_OFFERED: &str = "this command does not work over the interface yet, which has `PATCH /api/administration/users/{Id}` for it";

impl Command {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List => {
                let users = session
                    .administer(Access::Use, async |deployment| deployment.users().await)
                    .await?;
                session.output.list(&users)
            }
            Self::Disable(Disable {
                name,
                even_the_last,
            }) => {
                let (user, accounts) = session
                    .administer(Access::Use, async |deployment| {
                        let user = if even_the_last {
                            deployment.disable_even_the_last(&name).await?
                        } else {
                            deployment.disable_user(&name).await?
                        };
                        // The user is disabled. That is printed first, whether or not the rest
                        // succeeds.
                        let accounts = deployment.managed_by(user.id).await;
                        Ok((user, accounts))
                    })
                    .await?;
                session.output.one(&user)?;
                warn_of(&user, &accounts?);
                Ok(())
            }
            Self::Enable(Name { name }) => {
                let user = session
                    .administer(Access::Use, async |deployment| {
                        deployment.enable_user(&name).await
                    })
                    .await?;
                session.output.one(&user)
            }
            Self::SetPassword(set) => set.run(session).await,
            Self::SetResponsible(SetResponsible { account, person }) => {
                let account = session
                    .at_the_database(NOT_OFFERED, Access::Use, async |service| {
                        service.operator().set_responsible(&account, &person).await
                    })
                    .await?;
                session.output.one(&account)
            }
            Self::SetGroups(SetGroups { name, groups }) => {
                let user = session
                    .at_the_database(NOT_OFFERED, Access::Use, async |service| {
                        service.operator().set_groups(&name, &groups).await
                    })
                    .await?;
                session.output.one(&user)
            }
        }
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

impl Add {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        if let Some(responsible) = self.responsible {
            let new = NewServiceAccount {
                name: self.name,
                id: self.id,
                display_name: self.display_name,
                email: None,
                responsible,
            };
            let account = session
                .administer(Access::Create, async |deployment| {
                    deployment.add_service_account(new).await
                })
                .await?;
            return session.output.one(&account);
        }
        session.read_key()?;
        let password = if self.password_stdin {
            Some(from_standard_input("password")?)
        } else if can_ask() {
            ask_for_new_password("Password (empty for none): ")?
        } else {
            None
        };
        let has_password = password.is_some();
        let new = NewUser {
            name: self.name,
            id: self.id,
            display_name: self.display_name,
            email: None,
            administrator: self.admin,
            password,
        };
        let user = session
            .administer(Access::Create, async |deployment| {
                deployment.add_user(new).await
            })
            .await?;
        session.output.one(&user)?;
        if !has_password {
            session.output.remark(
                "Without a password this user can't sign in: give one by `ats-pat-admin user set-password`.",
            )?;
        }
        Ok(())
    }
}

impl SetPassword {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        session.settings(NOT_OFFERED)?;
        let password = if self.password_stdin || !can_ask() {
            from_standard_input("password")?
        } else {
            ask_for_new_password("New password: ")?.ok_or(SecretInputError::Empty)?
        };
        let user = session
            .at_the_database(NOT_OFFERED, Access::Use, async |service| {
                service
                    .operator()
                    .set_password(&self.name, &password, self.revoke_tokens)
                    .await
            })
            .await?;
        session.output.one(&user)
    }
}

fn responsible(person: &Responsible) -> String {
    if person.disabled {
        format!("{} (disabled)", person.user_name)
    } else {
        person.user_name.clone()
    }
}

fn groups(user: &UserView) -> String {
    or_dash((!user.groups.is_empty()).then(|| user.groups.names().join(", ")))
}

impl Shown for UserView {
    const COLUMNS: &'static [&'static str] = &[
        "Id",
        "User name",
        "Display name",
        "Admin",
        "Disabled",
        "Kind",
        "Responsible",
        "Groups",
        "Created at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.user_name.clone(),
            self.display_name.clone(),
            yes_or_no(self.is_admin),
            yes_or_no(self.disabled),
            self.kind.to_owned(),
            or_dash(self.responsible.as_ref().map(responsible)),
            groups(self),
            self.created_at.to_string(),
        ]
    }
}
