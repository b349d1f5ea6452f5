using System;
using System.Security.Claims;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>What a principal that an ATS token authenticated may do.</summary>
public static class AtsPrincipalExtensions
{
    /// <summary>
    /// Whether the token has a scope: because it names the scope, or because it names <c>all</c>, which implies every
    /// scope but <c>introspect</c>. Claims that another authentication brought don't count.
    /// </summary>
    /// <param name="user">The user of the request.</param>
    /// <param name="scope">The name of the scope, compared exactly.</param>
    public static bool HasAtsScope(this ClaimsPrincipal user, string scope)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(scope);
        foreach (ClaimsIdentity identity in user.Identities)
        {
            if (identity.AuthenticationType == AtsTokenDefaults.AuthenticationType
                && (identity.HasClaim(AtsClaimTypes.Scope, scope)
                    || (scope != "introspect" && identity.HasClaim(AtsClaimTypes.Scope, "all"))))
            {
                return true;
            }
        }
        return false;
    }
}
