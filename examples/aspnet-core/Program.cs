using System.Security.Claims;
using Ats.PersonalAccessTokens.AspNetCore;
using Ats.PersonalAccessTokens.Verification;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddAuthentication().AddAtsTokens(options =>
{
    options.Issuer = builder.Configuration["Ats:Issuer"] ?? "";
    options.Audience = builder.Configuration["Ats:Audience"] ?? "";
    options.Revocation = RevocationMode.StatusList;
});
builder.Services.AddAuthorizationBuilder().AddAtsScopePolicy("orders:read");
builder.Services.AddHealthChecks().AddAtsTokens();

var app = builder.Build();

app.MapHealthChecks("/health");
app.MapGet("/orders", (ClaimsPrincipal user) =>
        $"Orders for {user.Identity?.Name}, whose id is {user.FindFirst(AtsClaimTypes.Owner)?.Value}\n")
    .RequireAuthorization("orders:read");

app.Run();
