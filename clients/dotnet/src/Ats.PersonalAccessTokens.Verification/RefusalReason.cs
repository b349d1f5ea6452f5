namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Why a request is refused. The bearer of a forged token is not told which check failed. The name is for the
/// operator of the service, and the log has it.
/// </summary>
public enum RefusalReason
{
    /// <summary>The request has no bearer token.</summary>
    MissingCredentials,

    /// <summary>The request has two <c>Authorization</c> headers, or a malformed one.</summary>
    MalformedCredentials,

    /// <summary>The text is no JWS in strict compact form, or it is too long.</summary>
    Malformed,

    /// <summary>The token is signed with something other than Ed25519, or not signed.</summary>
    Algorithm,

    /// <summary>It is a JWT of another kind, such as an ID token.</summary>
    TokenType,

    /// <summary>The header brings or names its own key, or asks for an extension.</summary>
    ForbiddenHeader,

    /// <summary>The token was not signed by the key that it names: it is forged or altered.</summary>
    Signature,

    /// <summary>The claims are not those of an authentication token.</summary>
    Claims,

    /// <summary>The token is of another issuer. Compare the setting with the public URL of the service.</summary>
    Issuer,

    /// <summary>The token is for other recipients. Compare the setting with the audiences of the service.</summary>
    Audience,

    /// <summary>The token has expired. Exchange the personal access token again.</summary>
    Expired,

    /// <summary>The token is not valid yet, or was issued in the future. One of the clocks is wrong.</summary>
    NotYetValid,

    /// <summary>A personal access token was sent where an authentication token is needed.</summary>
    NotExchanged,

    /// <summary>The token was signed with a key that the issuer does not publish, or no longer.</summary>
    UnknownKey,

    /// <summary>The token was revoked or regenerated, or its owner was disabled.</summary>
    Revoked,

    /// <summary>The token has no place in the current status list of the issuer.</summary>
    NotListed,

    /// <summary>The token is valid, but lacks the scope.</summary>
    InsufficientScope,

    /// <summary>The keys of the issuer are missing or too old.</summary>
    KeysUnavailable,

    /// <summary>The status list of the issuer is missing or too old.</summary>
    StatusUnavailable,
}
