//! What a refusal says to a person.

use ats_pat_text::Text;

use super::{Place, Problem};
use crate::rule::Rule;

impl Problem {
    /// One sentence for a person.
    pub fn message(&self, text: Text) -> String {
        let plain = match self {
            Self::InvalidRequest { place, path: None } => match place {
                Place::Body => text.refusal_body_unreadable(),
                Place::Header => text.refusal_header_unreadable(),
            },
            Self::InvalidRequest {
                place,
                path: Some(path),
            } => {
                return match place {
                    Place::Body => text.refusal_field_unreadable(path),
                    Place::Header => text.refusal_named_header_unreadable(path),
                };
            }
            Self::NotUtf8 => text.refusal_not_utf8(),
            Self::ByteOrderMark => text.refusal_byte_order_mark(),
            Self::FieldMisspelt { path, expected } => {
                return text.refusal_field_misspelt(path, expected);
            }
            Self::ValidationFailed(failures) => {
                let failed: Vec<String> = failures
                    .iter()
                    .map(|failure| format!("{} ({})", failure.field, failure.reason.as_str()))
                    .collect();
                return text.refusal_validation_failed(failed.join(", "));
            }
            Self::QueryMisspelt { names, expected } => {
                return text.refusal_query_misspelt(names.join(", "), expected);
            }
            Self::MethodNotAllowed { .. } => text.refusal_method_not_allowed(),
            Self::BodyTooLarge { limit } => return text.refusal_body_too_large(limit),
            Self::RecentSignInRequired { minutes } => {
                return text.refusal_recent_sign_in_required(minutes);
            }
            Self::PersonalAccessTokenExpired { expiry } => {
                return text.refusal_personal_access_token_expired(expiry);
            }
            Self::OwnerSignInOverdue { days } => return text.refusal_owner_sign_in_overdue(days),
            Self::NameInUse { name } => return text.refusal_name_in_use(name),
            Self::UserNameInUse { name } => return text.refusal_user_name_in_use(name),
            Self::ExpirationNotAllowed { latest } => {
                return text.refusal_expiration_not_allowed(latest);
            }
            Self::TokenNotActive { status } => return text.refusal_token_not_active(status),
            Self::TokenLimitReached { limit } => return text.refusal_token_limit_reached(limit),
            Self::UnknownScope { scope } => return text.refusal_unknown_scope(scope),
            Self::PolicyForbids {
                rule: Rule::MayCreate,
            } => text.refusal_creation_forbidden(),
            Self::PolicyForbids {
                rule: Rule::AllScope,
            } => text.refusal_all_scope_forbidden(),
            Self::PolicyForbids {
                rule: Rule::Overlap,
            } => text.refusal_overlap_too_long(),
            Self::PolicyForbids {
                rule: Rule::SelfRegenerate,
            } => text.refusal_self_regenerate_forbidden(),
            Self::PolicyForbids {
                rule: Rule::PolicySource,
            } => text.refusal_policy_in_settings(),
            Self::PolicyForbids {
                rule: Rule::Responsible,
            } => text.refusal_nobody_responsible(),
            Self::VersionMismatch { current } => return text.refusal_version_mismatch(current),
            Self::CountMismatch { confirmed, current } => {
                return text.refusal_count_mismatch(confirmed, current);
            }
            Self::TooManyRequests { seconds, .. } => {
                return text.refusal_too_many_requests(seconds);
            }
            Self::InternalError { request_id } => return text.refusal_internal_error(request_id),
            Self::PathNotFound => text.refusal_path_not_found(),
            Self::UnsupportedMediaType => text.refusal_unsupported_media_type(),
            Self::ForeignCharset => text.refusal_foreign_charset(),
            Self::SignInRequired => text.refusal_sign_in_required(),
            Self::InvalidCredentials => text.refusal_invalid_credentials(),
            Self::Forbidden => text.refusal_forbidden(),
            Self::CrossSiteRequest => text.refusal_cross_site_request(),
            Self::PersonalAccessTokenMissing => text.refusal_personal_access_token_missing(),
            Self::PersonalAccessTokenInvalid => text.refusal_personal_access_token_invalid(),
            Self::PersonalAccessTokenRevoked => text.refusal_personal_access_token_revoked(),
            Self::NetworkNotAllowed => text.refusal_network_not_allowed(),
            Self::OwnerDisabled => text.refusal_owner_disabled(),
            Self::AuthenticationTokenInvalid => text.refusal_authentication_token_invalid(),
            Self::AuthenticationTokenMissing => text.refusal_authentication_token_missing(),
            Self::NotExchanged => text.refusal_not_exchanged(),
            Self::SelfRegenerateNotAllowed => text.refusal_self_regenerate_not_allowed(),
            Self::OperatorKeyInvalid => text.refusal_operator_key_invalid(),
            Self::TokenNotFound => text.refusal_token_not_found(),
            Self::IdempotencyKeyReused => text.refusal_idempotency_key_reused(),
            Self::LastAdministrator => text.refusal_last_administrator(),
            Self::UserNotFound => text.refusal_user_not_found(),
            Self::Unavailable => text.refusal_unavailable(),
        };
        plain.to_owned()
    }
}
