using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Example;

/// <summary>
/// Exchanges this service's own personal access token, and shows the authentication token with each request to the
/// issuer, until half a minute before it expires.
/// </summary>
public sealed class IssuerCredential(string personalAccessToken) : DelegatingHandler
{
    private readonly SemaphoreSlim _one = new(1);
    private AuthenticationHeaderValue? _credential;
    private DateTimeOffset _renewAt;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_credential is null || DateTimeOffset.UtcNow >= _renewAt)
            {
                await Exchange(new Uri(request.RequestUri!, "/api/personalaccesstoken/getAuthenticationToken"), cancel);
            }
            request.Headers.Authorization = _credential;
        }
        finally
        {
            _one.Release();
        }
        return await base.SendAsync(request, cancel);
    }

    private async Task Exchange(Uri address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("personalAccessToken", personalAccessToken);
        using var answer = await base.SendAsync(request, cancel);
        using var envelope = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        if (envelope.RootElement.GetProperty("ResponseCode").GetInt32() != 1)
        {
            throw new HttpRequestException(envelope.RootElement.GetProperty("ErrorMessage").GetString());
        }
        _credential = new AuthenticationHeaderValue("Bearer", envelope.RootElement.GetProperty("Data").GetString());
        var expires = answer.Headers.GetValues("Ats-Authentication-Token-Expires-At").Single();
        _renewAt = DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture).AddSeconds(-30);
    }
}
