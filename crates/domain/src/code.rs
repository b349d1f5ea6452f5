//! The catalogue of response codes.

macro_rules! catalogue {
    ($($(#[$meta:meta])* $name:ident = $number:literal,)+) => {
        /// A response code; stable for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$meta])* $name = $number,)+
        }

        impl Code {
            /// The whole catalogue.
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
    /// The request did what it asked.
    Success = 1,
    /// Not JSON, an unknown or mistyped field.
    InvalidRequest = 1000,
    /// Fields or query parameters that fail their rules.
    ValidationFailed = 1001,
    /// Nothing is at this path.
    PathNotFound = 1004,
    /// The path does not take this method.
    MethodNotAllowed = 1005,
    /// The body is larger than 64 KiB.
    BodyTooLarge = 1013,
    /// The body is not declared as JSON.
    UnsupportedMediaType = 1015,
    /// No session holds.
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
    /// Malformed, unknown or replaced.
    PersonalAccessTokenInvalid = 1201,
    /// Its expiry has come.
    PersonalAccessTokenExpired = 1202,
    /// It was revoked.
    PersonalAccessTokenRevoked = 1203,
    /// It may not be used from the caller's network.
    NetworkNotAllowed = 1204,
    /// Its owner, or the user who signs in, is disabled.
    OwnerDisabled = 1205,
    /// The bearer token does not hold.
    AuthenticationTokenInvalid = 1206,
    /// The token may not get a new secret by itself.
    SelfRegenerateNotAllowed = 1208,
    /// The operator key does not hold.
    OperatorKeyInvalid = 1209,
    /// The caller has no such token.
    TokenNotFound = 1300,
    /// Another active token has this name.
    NameInUse = 1301,
    /// Past, or beyond the policy.
    ExpirationNotAllowed = 1302,
    /// Only an active token can do this.
    TokenNotActive = 1303,
    /// The owner has as many active tokens as the policy allows.
    TokenLimitReached = 1304,
    /// The policy offers no such scope.
    UnknownScope = 1305,
    /// A rule of the policy forbids it.
    PolicyForbids = 1306,
    /// `If-Match` names another version than the one that is there.
    VersionMismatch = 1307,
    /// A bulk change would hit another number of entries than was confirmed.
    CountMismatch = 1308,
    /// The idempotency key was sent before, with another body.
    IdempotencyKeyReused = 1309,
    /// There is no such user, or no such service account of the caller's.
    UserNotFound = 1310,
    /// Another user has this name.
    UserNameInUse = 1311,
    /// Nobody could administer any more.
    LastAdministrator = 1312,
    /// Too many attempts.
    TooManyRequests = 1400,
    /// Something failed inside.
    InternalError = 1500,
    /// The service can't answer now; a change may have happened, as a whole.
    Unavailable = 1503,
}
