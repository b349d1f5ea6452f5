namespace Ats.PersonalAccessTokens.Verification;

/// <summary>How a verifier learns that a token was revoked.</summary>
public enum RevocationMode
{
    /// <summary>
    /// By the status list of the issuer, which the verifier reads each second
    /// (draft-ietf-oauth-status-list). While the list is too old, no token is accepted.
    /// </summary>
    StatusList = 0,

    /// <summary>Not at all: a token is accepted until it expires, which takes minutes.</summary>
    None = 1,
}
