namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>The claims of the identity of an accepted token.</summary>
public static class AtsClaimTypes
{
    /// <summary>
    /// The id of the user whose rights the token carries: a UUID that never changes and is never used again. Attach
    /// rights to this id. <c>ClaimTypes.NameIdentifier</c> has the same value.
    /// </summary>
    public const string Owner = "sub";

    /// <summary>The owner's user name, which may change. It is the name of the identity.</summary>
    public const string UserName = "preferred_username";

    /// <summary>The id of the personal access token that was exchanged: a UUID.</summary>
    public const string TokenId = "client_id";

    /// <summary>The id of the authentication token.</summary>
    public const string Id = "jti";

    /// <summary>A scope. There is one claim for each.</summary>
    public const string Scope = "scope";
}
