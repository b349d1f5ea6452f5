using System;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>What a caller finds after waiting.</summary>
internal enum Search
{
    /// <summary>What it looked for is there.</summary>
    Found,

    /// <summary>An attempt that began after the wait did not bring it either.</summary>
    Absent,

    /// <summary>The attempt failed, or nobody makes attempts any more. It is not known whether it exists.</summary>
    Failed,
}

/// <summary>
/// Attempts to read something again: one at a time, however many callers wait for it. A background task makes them.
/// </summary>
internal sealed class Attempts
{
    private readonly object _lock = new();
    private TaskCompletionSource<bool> _changed = NewChange();
    private long _begun;
    private long _ended;
    private bool _lastFailed;
    private bool _wanted;
    private bool _stopped;

    /// <summary>
    /// Looks now, after the attempt that is under way, or after the next one, for which it asks.
    /// </summary>
    public async Task<Search> FindAsync(Func<bool> look, CancellationToken cancel)
    {
        long arrivedBegun;
        long arrivedEnded;
        lock (_lock)
        {
            arrivedBegun = _begun;
            arrivedEnded = _ended;
        }
        while (true)
        {
            // Taken before the look, so that an attempt that ends in between is seen as a change.
            Task changed;
            bool failed;
            bool tried;
            bool idle;
            lock (_lock)
            {
                changed = _changed.Task;
                failed = _stopped || (_ended > arrivedEnded && _lastFailed);
                tried = _ended > arrivedBegun;
                idle = _begun == _ended && !_wanted;
            }
            if (look())
            {
                return Search.Found;
            }
            if (failed || tried)
            {
                return failed ? Search.Failed : Search.Absent;
            }
            if (idle)
            {
                Change(() => _wanted = true);
            }
            await changed.OrCanceled(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Completes when a caller waits for an attempt that has not begun.</summary>
    public async Task WantedAsync(CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_wanted)
                {
                    return;
                }
                changed = _changed.Task;
            }
            await changed.OrCanceled(cancel).ConfigureAwait(false);
        }
    }

    public void Begin() => Change(() =>
    {
        _begun++;
        _wanted = false;
    });

    public void End(bool succeeded) => Change(() =>
    {
        _ended = _begun;
        _lastFailed = !succeeded;
    });

    /// <summary>From now on nobody makes attempts.</summary>
    public void Stop() => Change(() => _stopped = true);

    private void Change(Action change)
    {
        TaskCompletionSource<bool> before;
        lock (_lock)
        {
            change();
            before = _changed;
            _changed = NewChange();
        }
        before.TrySetResult(true);
    }

    private static TaskCompletionSource<bool> NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
