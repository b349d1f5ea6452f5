//! The catalogue of response codes.

macro_rules! catalogue {
    ($($(#[$meta:meta])* $name:ident = $number:literal,)+) => {
        /// A response code. Its number and meaning never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$meta])* $name = $number,)+
        }

        impl Code {
            /// Every code of the catalogue, in ascending order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The number in `ResponseCode`.
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// The name in the catalogue.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

catalogue! {
    /// The request succeeded. Only this code is not a refusal.
    Success = 1,
    /// The body is not valid JSON, or a field is unknown or has the wrong type.
    InvalidRequest = 1000,
    /// Fields or query parameters are not valid.
    ValidationFailed = 1001,
    /// The path does not exist.
    PathNotFound = 1004,
    /// The path does not support this method.
    MethodNotAllowed = 1005,
    /// The body is larger than 64 KiB.
    BodyTooLarge = 1013,
    /// The body is not declared as JSON.
    UnsupportedMediaType = 1015,
    /// There is no valid session.
    SignInRequired = 1100,
    /// User name or password is wrong.
    InvalidCredentials = 1101,
    /// The caller may not do this.
    Forbidden = 1102,
    /// The request comes from another site.
    CrossSiteRequest = 1103,
    /// The session's sign-in is too old for this.
    RecentSignInRequired = 1104,
    /// No personal access token was sent.
    PersonalAccessTokenMissing = 1200,
    /// The personal access token is malformed, unknown or replaced.
    PersonalAccessTokenInvalid = 1201,
    /// The personal access token has expired.
    PersonalAccessTokenExpired = 1202,
    /// The personal access token was revoked.
    PersonalAccessTokenRevoked = 1203,
    /// The token may not be used from the caller's network.
    NetworkNotAllowed = 1204,
    /// The owner of the token, or the user who signs in, is disabled.
    OwnerDisabled = 1205,
    /// The authentication token is not valid.
    AuthenticationTokenInvalid = 1206,
    /// The owner has not signed in at the identity provider for too long.
    OwnerSignInOverdue = 1207,
    /// The token may not regenerate itself.
    SelfRegenerateNotAllowed = 1208,
    /// The operator key is not valid.
    OperatorKeyInvalid = 1209,
    /// The caller has no such token.
    TokenNotFound = 1300,
    /// Another active token has this name.
    NameInUse = 1301,
    /// The expiration is in the past, or later than the policy allows.
    ExpirationNotAllowed = 1302,
    /// Only an active token can do this.
    TokenNotActive = 1303,
    /// The owner has as many active tokens as the policy allows.
    TokenLimitReached = 1304,
    /// The policy doesn't offer this scope.
    UnknownScope = 1305,
    /// A rule of the policy forbids it.
    PolicyForbids = 1306,
    /// `If-Match` names another version than the current one.
    VersionMismatch = 1307,
    /// A bulk change would hit another number of entries than was confirmed.
    CountMismatch = 1308,
    /// The idempotency key was sent before, with another body.
    IdempotencyKeyReused = 1309,
    /// There is no such user, or no such service account of the caller's.
    UserNotFound = 1310,
    /// Another user has this name.
    UserNameInUse = 1311,
    /// Without this user, nobody could administer the service any more.
    LastAdministrator = 1312,
    /// There were too many attempts, or the service is busy. A later attempt may succeed.
    TooManyRequests = 1400,
    /// The program has a defect.
    InternalError = 1500,
    /// The service can't answer now. A change may have happened, but never a part of it.
    Unavailable = 1503,
}
