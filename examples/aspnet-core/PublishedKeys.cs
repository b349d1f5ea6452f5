using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Ats.PersonalAccessTokens.Example;

/// <summary>
/// Reads the issuer's key set, of which Microsoft.IdentityModel would skip the Ed25519 keys.
/// </summary>
public sealed class PublishedKeys(string issuer) : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    /// <summary>Keeps the keys, reads them anew every five minutes and, at most each 30 seconds, for an unknown one.</summary>
    public static ConfigurationManager<OpenIdConnectConfiguration> Of(string issuer) =>
        new(
            $"{issuer}/.well-known/jwks.json",
            new PublishedKeys(issuer),
            new HttpDocumentRetriever { RequireHttps = !new Uri(issuer).IsLoopback })
        {
            AutomaticRefreshInterval = TimeSpan.FromMinutes(5),
            RefreshInterval = TimeSpan.FromSeconds(30),
        };

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        var published = new JsonWebKeySet(await retriever.GetDocumentAsync(address, cancel));
        var configuration = new OpenIdConnectConfiguration { Issuer = issuer };
        foreach (var key in published.Keys.Where(EdDsaSignatures.IsEd25519))
        {
            configuration.SigningKeys.Add(key);
        }
        return configuration;
    }
}
