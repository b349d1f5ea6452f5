//! The operations of administrators and of programs with an operator key.

mod create_service_token;
mod create_user;
mod disable_user;
mod enable_user;
mod erase_user;
mod get_any_token;
mod get_policy;
mod get_user;
mod list_all_tokens;
mod list_events;
mod list_user_tokens;
mod list_users;
mod operator_key;
mod policy;
mod put_policy;
mod regenerate_service_token;
mod revoke_any_token;
mod revoke_matching;
mod revoke_user_token;
mod revoke_user_tokens;
mod signing_key;
mod token;
mod update_user;
mod user;

pub use self::list_events::{LONGEST_WAIT, MOST_EVENTS, USUAL_EVENTS};
use crate::operation::Entry;

/// All operations of the administration.
pub const ALL: [Entry; 25] = [
    Entry::of::<list_users::ListUsers>(),
    Entry::of::<create_user::CreateUser>(),
    Entry::of::<get_user::GetUser>(),
    Entry::of::<update_user::UpdateUser>(),
    Entry::of::<disable_user::DisableUser>(),
    Entry::of::<enable_user::EnableUser>(),
    Entry::of::<revoke_user_tokens::RevokeUserTokens>(),
    Entry::of::<erase_user::EraseUser>(),
    Entry::of::<list_user_tokens::ListUserTokens>(),
    Entry::of::<create_service_token::CreateServiceToken>(),
    Entry::of::<regenerate_service_token::RegenerateServiceToken>(),
    Entry::of::<revoke_user_token::RevokeUserToken>(),
    Entry::of::<list_all_tokens::ListAllTokens>(),
    Entry::of::<get_any_token::GetAnyToken>(),
    Entry::of::<revoke_any_token::RevokeAnyToken>(),
    Entry::of::<revoke_matching::RevokeMatchingTokens>(),
    Entry::of::<revoke_matching::GetRevocationJob>(),
    Entry::of::<list_events::ListEvents>(),
    Entry::of::<get_policy::GetPolicy>(),
    Entry::of::<put_policy::PutPolicy>(),
    Entry::of::<signing_key::ListSigningKeys>(),
    Entry::of::<signing_key::RotateSigningKeys>(),
    Entry::of::<operator_key::ListOperatorKeys>(),
    Entry::of::<operator_key::CreateOperatorKey>(),
    Entry::of::<operator_key::RevokeOperatorKey>(),
];
