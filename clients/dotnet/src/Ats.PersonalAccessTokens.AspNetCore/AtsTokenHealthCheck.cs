using System.Threading;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Verification;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>Whether tokens can be checked: the keys and the status list of the issuer are here, and not too old.</summary>
internal sealed class AtsTokenHealthCheck : IHealthCheck
{
    private readonly TokenVerifier _verifier;

    public AtsTokenHealthCheck(TokenVerifier verifier) => _verifier = verifier;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        HealthCheckResult result = _verifier.IsReady
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(
                context.Registration.FailureStatus,
                _verifier.Fault ?? "the keys or the status list of the issuer have not been read yet");
        return Task.FromResult(result);
    }
}
