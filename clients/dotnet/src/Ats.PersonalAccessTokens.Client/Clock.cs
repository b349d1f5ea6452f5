using System;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>The monotonic clock of a <see cref="TimeProvider"/>.</summary>
internal sealed class Clock
{
    private readonly TimeProvider _provider;
    private readonly long _begin;

    public Clock(TimeProvider provider)
    {
        _provider = provider;
        _begin = provider.GetTimestamp();
    }

    /// <summary>The time since some fixed moment.</summary>
    public TimeSpan Now => _provider.GetElapsedTime(_begin);

    public Task Delay(TimeSpan delay, CancellationToken cancel)
    {
#if NET
        return Task.Delay(delay, _provider, cancel);
#else
        return _provider.Delay(delay, cancel);
#endif
    }

    /// <summary>A source that cancels after a time.</summary>
    public CancellationTokenSource After(TimeSpan time)
    {
#if NET
        return new CancellationTokenSource(time, _provider);
#else
        return _provider.CreateCancellationTokenSource(time);
#endif
    }
}
