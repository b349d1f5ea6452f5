using System;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>Origins that secrets may be sent to.</summary>
internal static class Origin
{
    /// <summary>
    /// Whether an address is an origin, such as <c>https://pat.example.com</c>, that secrets may be sent to: by https,
    /// or within this machine.
    /// </summary>
    public static bool IsFitForSecrets(Uri? address) =>
        address is { IsAbsoluteUri: true, AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" } && IsSecure(address);

    public static bool IsSecure(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    /// <summary>Scheme, host and port (RFC 6454, section 4).</summary>
    public static string Of(Uri address) => address.GetLeftPart(UriPartial.Authority).ToUpperInvariant();
}
