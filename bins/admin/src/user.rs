//! Users: adding, listing, disabling, enabling, new passwords.

use ats_pat_domain::UserId;
use ats_pat_program::Access;
use ats_pat_service::NewUser;
use ats_pat_service::view::UserView;
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::output::{Shown, yes_or_no};
use crate::secret_input::{SecretInputError, ask_for_new_password, can_ask, from_standard_input};
use crate::session::Session;

#[derive(Subcommand)]
pub enum Command {
    /// Adds a user; at a terminal, asks for the password
    Add(Add),
    /// Every user
    List,
    /// Keeps a user out: sessions end, tokens are refused
    Disable(Disable),
    /// Lets a disabled user in again
    Enable(Name),
    /// Gives a user a new password; the user's sessions end
    SetPassword(SetPassword),
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

impl Command {
    pub async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Add(add) => add.run(session).await,
            Self::List => {
                let users = session
                    .with_service(Access::Use, async |service| {
                        service.operator().users().await
                    })
                    .await?;
                session.output.list(&users)
            }
            Self::Disable(Disable {
                name,
                even_the_last,
            }) => {
                let user = session
                    .with_service(Access::Use, async |service| {
                        let operator = service.operator();
                        if even_the_last {
                            operator.disable_even_the_last(&name).await
                        } else {
                            operator.disable_user(&name).await
                        }
                    })
                    .await?;
                session.output.one(&user)
            }
            Self::Enable(Name { name }) => {
                let user = session
                    .with_service(Access::Use, async |service| {
                        service.operator().enable_user(&name).await
                    })
                    .await?;
                session.output.one(&user)
            }
            Self::SetPassword(set) => set.run(session).await,
        }
    }
}

impl Add {
    async fn run(self, session: &Session) -> Result<(), Failure> {
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
            administrator: self.admin,
            password,
        };
        let user = session
            .with_service(Access::Create, async |service| {
                service.operator().add_user(new).await
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
        let password = if self.password_stdin || !can_ask() {
            from_standard_input("password")?
        } else {
            ask_for_new_password("New password: ")?.ok_or(SecretInputError::Empty)?
        };
        let user = session
            .with_service(Access::Use, async |service| {
                service
                    .operator()
                    .set_password(&self.name, &password, self.revoke_tokens)
                    .await
            })
            .await?;
        session.output.one(&user)
    }
}

impl Shown for UserView {
    const COLUMNS: &'static [&'static str] = &[
        "Id",
        "User name",
        "Display name",
        "Admin",
        "Disabled",
        "Created at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.user_name.clone(),
            self.display_name.clone(),
            yes_or_no(self.is_admin),
            yes_or_no(self.disabled),
            self.created_at.to_string(),
        ]
    }
}
