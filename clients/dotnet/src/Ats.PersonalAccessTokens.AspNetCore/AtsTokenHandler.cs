using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Verification;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

// ASP.NET Core has a type of this name too.
using AuthenticationToken = Ats.PersonalAccessTokens.Verification.AuthenticationToken;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>
/// Authenticates requests by ATS authentication tokens. It answers 401 and 403 as RFC 6750 says, and 503 while tokens
/// can't be checked, because the token may be good.
/// </summary>
internal sealed class AtsTokenHandler : AuthenticationHandler<AtsTokenOptions>
{
    private Refusal? _refusal;

    public AtsTokenHandler(IOptionsMonitor<AtsTokenOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : base(options, logger, encoder)
    {
    }

    private TokenVerifier Verifier => Context.RequestServices.GetRequiredKeyedService<TokenVerifier>(Scheme.Name);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        VerificationResult result = await Verifier.AuthenticateAsync(
            Request.Headers.Authorization, Context.RequestAborted);
        if (result.Token is { } token)
        {
            var principal = new ClaimsPrincipal(IdentityOf(token));
            var properties = new AuthenticationProperties
            {
                IssuedUtc = At(token.IssuedAtSeconds),
                ExpiresUtc = At(token.ExpiresAtSeconds),
            };
            return AuthenticateResult.Success(new AuthenticationTicket(principal, properties, Scheme.Name));
        }
        _refusal = result.Refusal;
        return _refusal is null || _refusal.Reason == RefusalReason.MissingCredentials
            ? AuthenticateResult.NoResult()
            : AuthenticateResult.Fail(new AtsTokenException(_refusal));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await HandleAuthenticateOnceSafeAsync();
        Answer(_refusal ?? Verifier.MissingCredentials);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        if (Context.Items.TryGetValue(AtsScopeHandler.MissingScope, out object? missing) && missing is string scope)
        {
            Answer(Verifier.InsufficientScope(scope));
        }
        else
        {
            Response.StatusCode = StatusCodes.Status403Forbidden;
        }
        return Task.CompletedTask;
    }

    private static ClaimsIdentity IdentityOf(AuthenticationToken token)
    {
        var claims = new List<Claim>
        {
            Of(AtsClaimTypes.Owner, token.Owner),
            Of(ClaimTypes.NameIdentifier, token.Owner),
            Of(AtsClaimTypes.UserName, token.UserName),
            Of(AtsClaimTypes.TokenId, token.TokenId),
            Of(AtsClaimTypes.Id, token.Id),
        };
        foreach (string scope in token.Scopes)
        {
            claims.Add(Of(AtsClaimTypes.Scope, scope));
        }
        // There are no roles. The type of roles must be one that no token has.
        return new ClaimsIdentity(claims, AtsTokenDefaults.AuthenticationType, AtsClaimTypes.UserName, ClaimTypes.Role);

        Claim Of(string type, string value) => new(type, value, ClaimValueTypes.String, token.Issuer);
    }

    /// <summary>A time that no calendar has becomes none.</summary>
    private static DateTimeOffset? At(long seconds) =>
        seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private void Answer(Refusal refusal)
    {
        Response.StatusCode = refusal.StatusCode;
        if (refusal.Challenge is { } challenge)
        {
            Response.Headers.Append(HeaderNames.WWWAuthenticate, challenge);
        }
        if (refusal.RetryAfterSeconds is { } seconds)
        {
            Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
