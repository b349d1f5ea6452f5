using System;
using Microsoft.AspNetCore.Authorization;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>Requires a scope of the token.</summary>
public sealed class AtsScopeRequirement : IAuthorizationRequirement
{
    /// <summary>Requires a scope.</summary>
    /// <param name="scope">Its name, compared exactly.</param>
    public AtsScopeRequirement(string scope)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        Scope = scope;
    }

    /// <summary>The name of the scope.</summary>
    public string Scope { get; }

    /// <summary>For the log.</summary>
    public override string ToString() => $"The token must have the scope {Scope}.";
}
