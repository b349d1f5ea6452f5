using System;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>The wait between two readings.</summary>
internal static class Pause
{
    /// <summary>
    /// Waits for <paramref name="whole"/>, or until a caller wants an attempt, but at least for
    /// <paramref name="least"/>.
    /// </summary>
    /// <returns>Whether a caller wants an attempt.</returns>
    public static async Task<bool> WaitAsync(
        Clock clock, TimeSpan whole, TimeSpan least, Attempts attempts, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task passed = clock.Delay(whole, over.Token);
        Task wanted = WantedAsync(clock, least, attempts, over.Token);
        Task first = await Task.WhenAny(passed, wanted).ConfigureAwait(false);
#if NET
        await over.CancelAsync().ConfigureAwait(false);
#else
        over.Cancel();
#endif
        stop.ThrowIfCancellationRequested();
        return first == wanted;
    }

    private static async Task WantedAsync(Clock clock, TimeSpan least, Attempts attempts, CancellationToken cancel)
    {
        if (least > TimeSpan.Zero)
        {
            await clock.Delay(least, cancel).ConfigureAwait(false);
        }
        await attempts.WantedAsync(cancel).ConfigureAwait(false);
    }
}
