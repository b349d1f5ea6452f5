using System.Threading.Tasks;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>Looks for the required scope, and notes for the answer which one is missing.</summary>
internal sealed class AtsScopeHandler : AuthorizationHandler<AtsScopeRequirement>
{
    /// <summary>The key of the missing scope among the items of the request.</summary>
    public static readonly object MissingScope = new();

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AtsScopeRequirement requirement)
    {
        if (context.User.HasAtsScope(requirement.Scope))
        {
            context.Succeed(requirement);
        }
        else if (context.Resource is HttpContext request)
        {
            request.Items[MissingScope] = requirement.Scope;
        }
        return Task.CompletedTask;
    }
}
