//! Adding a person or a service account.

use ats_pat_domain::UserId;
use ats_pat_program::Access;
use ats_pat_service::{NewServiceAccount, NewUser};
use clap::Args;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::secret_input::{ask_for_new_password, can_ask, from_standard_input};

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
    /// Where notices are sent
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
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

impl Add {
    pub(super) async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        if let Some(responsible) = self.responsible {
            let new = NewServiceAccount {
                name: self.name,
                id: self.id,
                display_name: self.display_name,
                email: self.email,
                responsible,
            };
            let account = invocation
                .administer(Access::Create, async |deployment| {
                    deployment.add_service_account(new).await
                })
                .await?;
            return invocation.output.one(&account);
        }
        invocation.read_key()?;
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
            email: self.email,
            administrator: self.admin,
            password,
        };
        let user = invocation
            .administer(Access::Create, async |deployment| {
                deployment.add_user(new).await
            })
            .await?;
        invocation.output.one(&user)?;
        if !has_password {
            invocation.output.remark(
                "Without a password this user can't sign in: give one by `ats-pat-admin user set-password`.",
            )?;
        }
        Ok(())
    }
}
