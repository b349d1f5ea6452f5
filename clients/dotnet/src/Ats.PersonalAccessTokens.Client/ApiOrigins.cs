using System;
using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>The origins of the APIs that get a token.</summary>
internal sealed class ApiOrigins
{
    private readonly ConcurrentDictionary<string, bool> _origins = new(StringComparer.Ordinal);

    public ApiOrigins(IEnumerable<Uri> origins)
    {
        foreach (Uri origin in origins ?? throw new ArgumentNullException(nameof(origins)))
        {
            if (!Origin.IsFitForSecrets(origin))
            {
                throw new ArgumentException("An origin is https; http is for this machine only.", nameof(origins));
            }
            _origins[Origin.Of(origin)] = true;
        }
    }

    public bool Has(Uri address) => _origins.ContainsKey(Origin.Of(address));

    /// <summary>Adds the origin of the address that a client was registered with.</summary>
    public void Add(Uri? address)
    {
        if (address is { IsAbsoluteUri: true } && Origin.IsSecure(address))
        {
            _origins[Origin.Of(address)] = true;
        }
    }
}
