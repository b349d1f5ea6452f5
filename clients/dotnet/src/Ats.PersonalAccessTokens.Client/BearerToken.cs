using System;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>
/// An authentication token, to be sent as <c>Authorization: Bearer …</c>. Ask for one for each request instead of
/// keeping it: that costs nothing while it is valid.
/// </summary>
public sealed class BearerToken
{
    internal BearerToken(string value, DateTimeOffset expiresAt, DateTimeOffset personalAccessTokenExpiresAt)
    {
        Value = value;
        ExpiresAt = expiresAt;
        PersonalAccessTokenExpiresAt = personalAccessTokenExpiresAt;
    }

    /// <summary>The text for the header. It is a secret.</summary>
    public string Value { get; }

    /// <summary>When it expires, by the clock of the service.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>
    /// When the personal access token expires, by the clock of the service. After that nothing can be exchanged until
    /// somebody regenerates it or makes a new one.
    /// </summary>
    public DateTimeOffset PersonalAccessTokenExpiresAt { get; }

    /// <summary>Shows the expiry, and not the token.</summary>
    public override string ToString() => $"a token until {ExpiresAt:O}";
}
