using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Ats.PersonalAccessTokens.Example;

/// <summary>
/// Asks the issuer whether a token holds (RFC 7662), for each request. <c>HttpClient</c> is named so that its base
/// address is the issuer's, and that it shows an authentication token with the scope <c>introspect</c>. While the
/// issuer can't tell, requests with a token get 503: the token may well hold.
/// </summary>
public sealed class IntrospectionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    IHttpClientFactory clients,
    IConfiguration configuration)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Introspection";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!AuthenticationHeaderValue.TryParse(Request.Headers.Authorization, out var shown)
            || !string.Equals(shown.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
            || string.IsNullOrEmpty(shown.Parameter))
        {
            return AuthenticateResult.NoResult();
        }
        try
        {
            using var token = await Introspect(shown.Parameter);
            return Holds(token.RootElement)
                ? Success(token.RootElement)
                : AuthenticateResult.Fail("The token does not hold.");
        }
        catch (Exception error) when (
            error is HttpRequestException or OperationCanceledException or JsonException
            && !Context.RequestAborted.IsCancellationRequested)
        {
            Logger.LogWarning(error, "The issuer can't tell whether a token holds.");
            return AuthenticateResult.Fail(new IssuerUnavailableException(error));
        }
    }

    /// <summary>RFC 6750, section 3, unless it is not the caller's fault.</summary>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure;
        if (failure is IssuerUnavailableException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        var audience = configuration["Ats:Audience"];
        Response.Headers.WWWAuthenticate = failure is null
            ? $"Bearer realm=\"{audience}\""
            : $"Bearer realm=\"{audience}\", error=\"invalid_token\"";
    }

    private async Task<JsonDocument> Introspect(string token)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("token", token)]);
        using var answer = await clients.CreateClient(SchemeName)
            .PostAsync("/oauth2/introspect", form, Context.RequestAborted);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Context.RequestAborted));
    }

    /// <summary>Only a bearer token for this service: a personal access token itself (<c>N_A</c>) is refused.</summary>
    private bool Holds(JsonElement token) =>
        token.GetProperty("active").GetBoolean()
        && token.GetProperty("token_type").GetString() == "Bearer"
        && IsFor(token.GetProperty("aud"), configuration["Ats:Audience"]);

    private static bool IsFor(JsonElement audience, string? service) => audience.ValueKind switch
    {
        JsonValueKind.Array => audience.EnumerateArray().Any(one => one.GetString() == service),
        _ => audience.GetString() == service,
    };

    private AuthenticateResult Success(JsonElement token)
    {
        Claim[] claims =
        [
            .. new[] { "sub", "client_id", "scope" }.Select(name => new Claim(name, token.GetProperty(name).GetString()!)),
            new("preferred_username", token.GetProperty("username").GetString()!),
        ];
        var identity = new ClaimsIdentity(claims, Scheme.Name, "preferred_username", roleType: null);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    private sealed class IssuerUnavailableException(Exception cause)
        : Exception("The issuer can't tell whether the token holds.", cause);
}
