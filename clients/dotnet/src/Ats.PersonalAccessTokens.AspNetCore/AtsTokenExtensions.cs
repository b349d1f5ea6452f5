using System;
using System.Collections.Generic;
using Ats.PersonalAccessTokens.AspNetCore;
using Ats.PersonalAccessTokens.Verification;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

// In the namespace of the builders, so that they are found where services are registered.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds ATS authentication tokens to a service.</summary>
public static class AtsTokenExtensions
{
    /// <summary>Authenticates requests by ATS authentication tokens, under the usual name of the scheme.</summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="configure">Sets at least the issuer and the audience.</param>
    public static AuthenticationBuilder AddAtsTokens(
        this AuthenticationBuilder builder, Action<AtsTokenOptions> configure) =>
        AddAtsTokens(builder, AtsTokenDefaults.AuthenticationScheme, configure);

    /// <summary>The same under another name, so that a service can take the tokens of several issuers.</summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The name of the scheme.</param>
    /// <param name="configure">Sets at least the issuer and the audience.</param>
    public static AuthenticationBuilder AddAtsTokens(
        this AuthenticationBuilder builder, string authenticationScheme, Action<AtsTokenOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(authenticationScheme);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<AtsTokenOptions>(authenticationScheme).ValidateOnStart();
        builder.Services.AddKeyedSingleton<TokenVerifier>(
            authenticationScheme, (services, _) => NewVerifier(services, authenticationScheme));
        builder.Services.AddSingleton<IHostedService>(
            services => new FollowIssuer(services.GetRequiredKeyedService<TokenVerifier>(authenticationScheme)));
        return builder.AddScheme<AtsTokenOptions, AtsTokenHandler>(authenticationScheme, configure);
    }

    /// <summary>
    /// Adds a policy with the name of a scope. It requires a token with that scope, or with <c>all</c>.
    /// </summary>
    /// <param name="builder">What <c>AddAuthorizationBuilder</c> returned.</param>
    /// <param name="scope">The name of the scope and of the policy.</param>
    /// <param name="authenticationScheme">The name of the scheme that authenticates.</param>
    public static AuthorizationBuilder AddAtsScopePolicy(
        this AuthorizationBuilder builder,
        string scope,
        string authenticationScheme = AtsTokenDefaults.AuthenticationScheme)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(scope);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, AtsScopeHandler>());
        return builder.AddPolicy(scope, policy => policy
            .AddAuthenticationSchemes(authenticationScheme)
            .RequireAuthenticatedUser()
            .AddRequirements(new AtsScopeRequirement(scope)));
    }

    /// <summary>Adds a health check: unhealthy while tokens can't be checked.</summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="authenticationScheme">The name of the scheme.</param>
    /// <param name="tags">The tags of the check.</param>
    public static IHealthChecksBuilder AddAtsTokens(
        this IHealthChecksBuilder builder,
        string name = "ats-tokens",
        string authenticationScheme = AtsTokenDefaults.AuthenticationScheme,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new AtsTokenHealthCheck(services.GetRequiredKeyedService<TokenVerifier>(authenticationScheme)),
            failureStatus: null,
            tags));
    }

    private static TokenVerifier NewVerifier(IServiceProvider services, string scheme)
    {
        AtsTokenOptions options = services.GetRequiredService<IOptionsMonitor<AtsTokenOptions>>().Get(scheme);
        options.Verification.TimeProvider ??= options.TimeProvider ?? services.GetService<TimeProvider>();
        return new TokenVerifier(options.Verification, services.GetService<ILogger<TokenVerifier>>());
    }
}
