using System;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>A token, and how long it lives from the moment of its answer.</summary>
internal sealed class Exchanged
{
    public Exchanged(BearerToken token, TimeSpan lifetime, TimeSpan? secretLifetime)
    {
        Token = token;
        Lifetime = lifetime;
        SecretLifetime = secretLifetime;
    }

    public BearerToken Token { get; }

    public TimeSpan Lifetime { get; }

    /// <summary>The same of the personal access token; <see langword="null"/> if the answer had no date.</summary>
    public TimeSpan? SecretLifetime { get; }
}
