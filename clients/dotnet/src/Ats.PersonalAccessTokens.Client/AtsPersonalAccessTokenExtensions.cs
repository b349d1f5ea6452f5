using System;
using Ats.PersonalAccessTokens.Client;

// In the namespace of the builder, so that it is found where clients are registered.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives the requests of an <c>HttpClient</c> a bearer token.</summary>
public static class AtsPersonalAccessTokenExtensions
{
    /// <summary>
    /// Exchanges a personal access token, and adds the bearer token to the requests of this client. All instances of the
    /// client share one <see cref="TokenSource"/>, which is a keyed singleton with the client's name. Requests to other
    /// origins than the client's <c>BaseAddress</c>, or those in the options, get no token.
    /// </summary>
    /// <param name="builder">What <c>AddHttpClient</c> returned.</param>
    /// <param name="configure">Sets at least the service and the file of the secret.</param>
    /// <exception cref="ArgumentException">A setting can't be valid.</exception>
    public static IHttpClientBuilder AddAtsPersonalAccessToken(
        this IHttpClientBuilder builder, Action<PersonalAccessTokenOptions> configure)
    {
        if (builder is null)
        {
            throw new ArgumentNullException(nameof(builder));
        }
        if (configure is null)
        {
            throw new ArgumentNullException(nameof(configure));
        }
        var options = new PersonalAccessTokenOptions();
        configure(options);
        options.Validate();
        var origins = new ApiOrigins(options.Origins);
        if (options.Origins.Count == 0)
        {
            // This runs after the settings of AddHttpClient, each time that a client is made.
            builder.ConfigureHttpClient(client => origins.Add(client.BaseAddress));
        }
        string name = builder.Name;
        builder.Services.AddKeyedSingleton<TokenSource>(name, (_, _) => new TokenSource(options));
        return builder.AddHttpMessageHandler(
            services => new BearerTokenHandler(services.GetRequiredKeyedService<TokenSource>(name), origins.Has));
    }
}
