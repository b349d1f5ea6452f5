using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security.Claims;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.AspNetCore;
using Ats.PersonalAccessTokens.Client;
using Ats.PersonalAccessTokens.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>A service behind the handler, through real sockets.</summary>
public sealed class AspNetCoreTests : IAsyncLifetime
{
    private const string Audience = "https://orders.example.com";

    private readonly TestTime _time = new();
    private readonly HttpClient _http = new();
    private readonly InMemoryIssuer _issuer;
    private readonly WebApplication _app;

    public AspNetCoreTests()
    {
        _issuer = new InMemoryIssuer(timeProvider: _time);
        _app = NewApp(options => { });
    }

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
        _issuer.Dispose();
    }

    [Fact]
    public async Task A_token_with_the_scope_passes_and_its_owner_is_known()
    {
        HttpResponseMessage answer = await Get("/orders", "Bearer " + _issuer.Issue(Audience, "orders:read"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("anna 01936d3a-7c40-7000-8000-000000000001", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_request_without_a_token_is_challenged()
    {
        foreach (string? authorization in new[] { null, "Basic YTpi" })
        {
            HttpResponseMessage answer = await Get("/orders", authorization);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal($"Bearer realm=\"{Audience}\"", Challenge(answer));
        }
    }

    [Fact]
    public async Task What_is_no_good_token_is_refused_without_saying_why()
    {
        string good = _issuer.Issue(Audience, "orders:read");
        string expired = _issuer.Issue(new TestToken { Audience = new[] { Audience }, Lifetime = TimeSpan.FromHours(-1) });
        foreach ((string token, string description) in new[]
        {
            ("a.b.c", "the authentication token is not valid"),
            (good[..^10] + "AAAAAAAAAA", "the authentication token is not valid"),
            (_issuer.Issue("https://stock.example.com", "all"), "the authentication token is not valid"),
            (expired, "the authentication token is expired"),
            (
                "atspat_00000000000000000000000000000000000000000002CZclj",
                "this is a personal access token: exchange it first, and send the authentication token"),
        })
        {
            HttpResponseMessage answer = await Get("/orders", "Bearer " + token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal($"Bearer error=\"invalid_token\", error_description=\"{description}\"", Challenge(answer));
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await Get("/orders", "Bearer a b")).StatusCode);
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        HttpResponseMessage answer = await Get("/orders", "Bearer " + _issuer.Issue(Audience, "packages:write"));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("insufficient_scope", Challenge(answer));
        Assert.Contains("scope=\"orders:read\"", Challenge(answer));
    }

    [Fact]
    public async Task While_tokens_can_t_be_checked_the_answer_is_503()
    {
        string token = _issuer.Issue(Audience, "orders:read");
        Assert.Equal(HttpStatusCode.OK, (await Get("/orders", "Bearer " + token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Get("/health", null)).StatusCode);
        _issuer.IsAway = true;
        _time.Pass(TimeSpan.FromSeconds(31));
        HttpResponseMessage answer = await Get("/orders", "Bearer " + token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
        Assert.Empty(answer.Headers.WwwAuthenticate);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Get("/health", null)).StatusCode);
        // What needs no token is served.
        Assert.Equal(HttpStatusCode.OK, (await Get("/open", "Bearer " + token)).StatusCode);
    }

    [Fact]
    public async Task Settings_that_can_t_be_valid_stop_the_start()
    {
        await using WebApplication app = NewApp(options => options.Issuer = "pat.example.com");
        await Assert.ThrowsAsync<ArgumentException>(() => app.StartAsync());
    }

    [Fact]
    public void Scopes_of_another_authentication_do_not_count()
    {
        var other = new ClaimsIdentity(new[] { new Claim(AtsClaimTypes.Scope, "all") }, "Cookies");
        Assert.False(new ClaimsPrincipal(other).HasAtsScope("orders:read"));
        var ours = new ClaimsIdentity(new[] { new Claim(AtsClaimTypes.Scope, "all") }, AtsTokenDefaults.AuthenticationType);
        Assert.True(new ClaimsPrincipal(ours).HasAtsScope("orders:read"));
        Assert.False(new ClaimsPrincipal(ours).HasAtsScope("introspect"));
    }

    [Fact]
    public async Task Clients_of_the_factory_share_one_token()
    {
        var service = new ExchangeService(TimeProvider.System);
        var services = new ServiceCollection();
        services.AddHttpClient("orders", client => client.BaseAddress = _http.BaseAddress)
            .AddAtsPersonalAccessToken(options =>
            {
                options.Service = new Uri("https://pat.example.com");
                options.Secret = ExchangeService.Secret;
                options.Backchannel = new HttpClient(service);
            });
        await using ServiceProvider provider = services.BuildServiceProvider();
        var factory = provider.GetRequiredService<IHttpClientFactory>();
        for (int round = 0; round < 3; round++)
        {
            using HttpClient client = factory.CreateClient("orders");
            Assert.Equal("Bearer token.1", await client.GetStringAsync("/shown"));
        }
        Assert.Equal(1, service.Exchanges);
    }

    private static string Challenge(HttpResponseMessage answer) =>
        answer.Headers.GetValues("WWW-Authenticate").Single();

    private Task<HttpResponseMessage> Get(string path, string? authorization)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        return _http.SendAsync(request);
    }

    private WebApplication NewApp(Action<AtsTokenOptions> configure)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddAuthentication().AddAtsTokens(options =>
        {
            options.Issuer = _issuer.Url;
            options.Audience = Audience;
            options.Backchannel = _issuer.Backchannel;
            options.TimeProvider = _time;
            configure(options);
        });
        builder.Services.AddAuthorizationBuilder().AddAtsScopePolicy("orders:read");
        builder.Services.AddHealthChecks().AddAtsTokens();
        WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapHealthChecks("/health");
        app.MapGet("/open", () => "open");
        app.MapGet("/shown", (HttpRequest request) => request.Headers.Authorization.ToString());
        app.MapGet("/orders", (ClaimsPrincipal user) => $"{user.Identity?.Name} {user.FindFirst(AtsClaimTypes.Owner)?.Value}")
            .RequireAuthorization("orders:read");
        return app;
    }
}
