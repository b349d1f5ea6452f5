namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>The names that the handler uses.</summary>
public static class AtsTokenDefaults
{
    /// <summary>The authentication scheme, unless <c>AddAtsTokens</c> is given another name.</summary>
    public const string AuthenticationScheme = "AtsToken";

    /// <summary>The <c>AuthenticationType</c> of the identity of an accepted token, whatever the scheme's name.</summary>
    public const string AuthenticationType = "AtsToken";
}
