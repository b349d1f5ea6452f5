using System;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>The clocks of a <see cref="TimeProvider"/>.</summary>
internal sealed class Clock
{
    private readonly TimeProvider _provider;

    public Clock(TimeProvider provider) => _provider = provider;

    /// <summary>The time of day, in whole seconds since 1970.</summary>
    public long NowSeconds => _provider.GetUtcNow().ToUnixTimeSeconds();

    public Moment Now() => new(_provider.GetTimestamp(), _provider.GetUtcNow());

    /// <summary>
    /// How long ago a moment was, by the clock that says more. The monotonic one may stand still while the machine
    /// sleeps, and somebody may set the other one back.
    /// </summary>
    public TimeSpan Since(Moment moment)
    {
        TimeSpan counted = _provider.GetElapsedTime(moment.Timestamp);
        TimeSpan told = _provider.GetUtcNow() - moment.TimeOfDay;
        return counted > told ? counted : told;
    }

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

/// <summary>A moment on both clocks.</summary>
internal readonly struct Moment
{
    public Moment(long timestamp, DateTimeOffset timeOfDay)
    {
        Timestamp = timestamp;
        TimeOfDay = timeOfDay;
    }

    public long Timestamp { get; }

    public DateTimeOffset TimeOfDay { get; }
}

/// <summary>When the issuer last knew that a document is the current one.</summary>
internal sealed class Confirmation
{
    private readonly Moment _asked;
    private readonly TimeSpan _age;

    /// <summary>The moment when the request for it began, and the age of the answer.</summary>
    public Confirmation(Moment asked, TimeSpan age)
    {
        _asked = asked;
        _age = age;
    }

    /// <summary>How long ago that was.</summary>
    public TimeSpan Age(Clock clock)
    {
        TimeSpan since = clock.Since(_asked);
        return since > TimeSpan.MaxValue - _age ? TimeSpan.MaxValue : since + _age;
    }
}
