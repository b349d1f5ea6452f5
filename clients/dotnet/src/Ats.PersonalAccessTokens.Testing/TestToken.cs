using System;
using System.Collections.Generic;

namespace Ats.PersonalAccessTokens.Testing;

/// <summary>What an issued token says. Each property has a value that a verifier accepts.</summary>
public sealed class TestToken
{
    /// <summary>The recipients. The default is the issuer's URL.</summary>
    public IReadOnlyList<string> Audience { get; set; } = Array.Empty<string>();

    /// <summary>The scopes.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = new[] { "all" };

    /// <summary>The id of the owner.</summary>
    public string Owner { get; set; } = "01936d3a-7c40-7000-8000-000000000001";

    /// <summary>The owner's user name.</summary>
    public string UserName { get; set; } = "anna";

    /// <summary>The id of the personal access token.</summary>
    public string TokenId { get; set; } = "01936d3a-7c40-7000-8000-000000000003";

    /// <summary>How long it lives. A negative time makes one that has expired.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether it has a place in the status list.</summary>
    public bool IsListed { get; set; } = true;
}
