using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Example;

/// <summary>
/// Exchanges this service's own personal access token, and shows the authentication token with each request to the
/// issuer, until half a minute before it expires or the issuer refuses it.
/// </summary>
public sealed class IssuerCredential(string personalAccessToken) : DelegatingHandler
{
    private readonly SemaphoreSlim _one = new(1);
    private AuthenticationHeaderValue? _credential;
    private DateTimeOffset _renewAt;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var shown = await Credential(request.RequestUri!, refused: null, cancel);
        request.Headers.Authorization = shown;
        var answer = await base.SendAsync(request, cancel);
        if (answer.StatusCode != HttpStatusCode.Unauthorized)
        {
            return answer;
        }
        // The issuer may have new keys: once more, with a new token. The form is in memory and can be sent again.
        answer.Dispose();
        request.Headers.Authorization = await Credential(request.RequestUri!, refused: shown, cancel);
        return await base.SendAsync(request, cancel);
    }

    private async Task<AuthenticationHeaderValue> Credential(
        Uri issuer, AuthenticationHeaderValue? refused, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            // Another request may have renewed the refused one already.
            if (_credential is null || ReferenceEquals(_credential, refused) || DateTimeOffset.UtcNow >= _renewAt)
            {
                _credential = null;
                await Exchange(new Uri(issuer, "/api/personalaccesstoken/getAuthenticationToken"), cancel);
            }
            return _credential!;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task Exchange(Uri address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("personalAccessToken", personalAccessToken);
        using var answer = await base.SendAsync(request, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"The exchange of ATS_PAT was answered {(int)answer.StatusCode}.", inner: null, answer.StatusCode);
        }
        using var envelope = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        _credential = new AuthenticationHeaderValue("Bearer", envelope.RootElement.GetProperty("Data").GetString());
        var expires = answer.Headers.GetValues("Ats-Authentication-Token-Expires-At").Single();
        _renewAt = DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture).AddSeconds(-30);
    }
}
