using System;
using System.Net.Http;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>Whether an exchange that failed is tried again, and after how long.</summary>
internal sealed class Retry
{
    /// <summary>The longest wait that a service may ask for. A longer one is taken for a mistake.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    private TimeSpan _next = TimeSpan.FromMilliseconds(250);

    /// <summary>By the status alone. A server that is busy recovers, but a refusal stays.</summary>
    public static bool IsTemporary(HttpResponseMessage response) => (int)response.StatusCode is 429 or 502 or 503 or 504;

    /// <summary>The wait that the service asked for. A date is compared with the answer's own date.</summary>
    public static TimeSpan? After(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is not { } asked)
        {
            return null;
        }
        if (asked.Delta is { } delta)
        {
            return delta;
        }
        if (asked.Date is { } until && response.Headers.Date is { } since)
        {
            return until > since ? until - since : TimeSpan.Zero;
        }
        return null;
    }

    /// <summary>How long to wait before the next attempt. Each wait is about double the one before.</summary>
    /// <param name="after">What the service asked for. It is never asked earlier.</param>
    /// <param name="chance">Between 0 and 1, so that programs that failed together don't ask together.</param>
    public TimeSpan Wait(TimeSpan? after, double chance)
    {
        // Half of it fixed, half by chance.
        var wait = TimeSpan.FromTicks((long)(_next.Ticks * (0.5 + chance / 2)));
        _next = _next + _next < Longest ? _next + _next : Longest;
        if (after is not { } asked)
        {
            return wait;
        }
        return wait + (asked < LongestRetryAfter ? asked : LongestRetryAfter);
    }
}
