using System.Threading;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Verification;
using Microsoft.Extensions.Hosting;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>Begins to follow the issuer when the host starts, so that the first requests need not wait.</summary>
internal sealed class FollowIssuer : IHostedService
{
    private readonly TokenVerifier _verifier;

    public FollowIssuer(TokenVerifier verifier) => _verifier = verifier;

    /// <summary>The host starts also while the issuer is away.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _verifier.Start();
        return Task.CompletedTask;
    }

    /// <summary>Requests that are still served need the verifier. Its end is that of the services.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
