using Ats.PersonalAccessTokens.Example;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

var builder = WebApplication.CreateBuilder(args);
var issuer = builder.Configuration["Ats:Issuer"] ?? throw new InvalidOperationException("Set Ats:Issuer.");
var audience = builder.Configuration["Ats:Audience"] ?? throw new InvalidOperationException("Set Ats:Audience.");

// Choose one: offline, or by asking the issuer each time (Ats:Introspect).
if (builder.Configuration.GetValue<bool>("Ats:Introspect"))
{
    var ownToken = builder.Configuration["ATS_PAT"] ?? throw new InvalidOperationException("Set ATS_PAT.");
    builder.Services.AddHttpClient(IntrospectionHandler.SchemeName, client =>
        {
            client.BaseAddress = new Uri(issuer);
            client.Timeout = TimeSpan.FromSeconds(5);
        })
        // A redirection would take the secrets in headers and form elsewhere.
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false })
        .AddHttpMessageHandler(() => new IssuerCredential(ownToken));
    builder.Services.AddAuthentication(IntrospectionHandler.SchemeName)
        .AddScheme<AuthenticationSchemeOptions, IntrospectionHandler>(IntrospectionHandler.SchemeName, null);
}
else
{
    builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
    {
        options.MapInboundClaims = false;
        options.ConfigurationManager = PublishedKeys.Of(issuer);
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer,
            ValidAudience = audience,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = EdDsaSignatures.Algorithms,
            CryptoProviderFactory = new CryptoProviderFactory { CustomCryptoProvider = new EdDsaSignatures() },
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.FromSeconds(30),
            NameClaimType = "preferred_username",
        };
    });
}

// Scopes stand in one claim, separated by spaces; `all` is all of the owner's rights.
builder.Services.AddAuthorizationBuilder().AddPolicy("orders:read", policy => policy
    .RequireAuthenticatedUser()
    .RequireAssertion(context => context.User.FindFirst("scope")?.Value.Split(' ')
        .Any(scope => scope is "orders:read" or "all") ?? false));

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/orders", (HttpContext context) => $"Orders for {context.User.Identity?.Name}")
    .RequireAuthorization("orders:read");
app.Run();
