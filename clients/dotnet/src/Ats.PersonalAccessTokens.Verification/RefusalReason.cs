namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Why a request is refused. The bearer of a forged token is not told which check failed. The name is for the
/// operator of the service, and the log has it. Later releases may know more reasons.
/// </summary>
/// <remarks>The numbers never change, because programs that were compiled before contain them.</remarks>
public enum RefusalReason
{
    /// <summary>The request has no bearer token.</summary>
    MissingCredentials = 0,

    /// <summary>The request has two <c>Authorization</c> headers, or a malformed one.</summary>
    MalformedCredentials = 1,

    /// <summary>The text is no JWS in strict compact form, or it is too long.</summary>
    Malformed = 2,

    /// <summary>The token is signed with something other than Ed25519, or not signed.</summary>
    Algorithm = 3,

    /// <summary>It is a JWT of another kind, such as an ID token.</summary>
    TokenType = 4,

    /// <summary>The header brings or names its own key, or asks for an extension.</summary>
    ForbiddenHeader = 5,

    /// <summary>The token was not signed by the key that it names: it is forged or altered.</summary>
    Signature = 6,

    /// <summary>The claims are not those of an authentication token.</summary>
    Claims = 7,

    /// <summary>The token is of another issuer. Compare the setting with the public URL of the service.</summary>
    Issuer = 8,

    /// <summary>The token is for other recipients. Compare the setting with the audiences of the service.</summary>
    Audience = 9,

    /// <summary>The token has expired. Exchange the personal access token again.</summary>
    Expired = 10,

    /// <summary>The token is not valid yet, or was issued in the future. One of the clocks is wrong.</summary>
    NotYetValid = 11,

    /// <summary>A personal access token was sent where an authentication token is needed.</summary>
    NotExchanged = 12,

    /// <summary>The token was signed with a key that the issuer does not publish, or no longer.</summary>
    UnknownKey = 13,

    /// <summary>The token was revoked or regenerated, or its owner was disabled.</summary>
    Revoked = 14,

    /// <summary>The token has no place in the current status list of the issuer.</summary>
    NotListed = 15,

    /// <summary>The token is valid, but lacks the scope.</summary>
    InsufficientScope = 16,

    /// <summary>The keys of the issuer are missing or too old.</summary>
    KeysUnavailable = 17,

    /// <summary>The status list of the issuer is missing or too old.</summary>
    StatusUnavailable = 18,
}
