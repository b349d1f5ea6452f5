using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>Clocks that stand still until a test moves them. The timers that are due then run.</summary>
internal sealed class TestTime : TimeProvider
{
    private readonly object _lock = new();
    private readonly List<Timer> _timers = new();
    private TimeSpan _passed;
    private TimeSpan _jumped;

    /// <summary>The time of day at the beginning, in seconds since 1970.</summary>
    public TestTime(long seconds = 1_796_000_001) => Begin = DateTimeOffset.FromUnixTimeSeconds(seconds);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private DateTimeOffset Begin { get; }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return Begin + _passed + _jumped;
        }
    }

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _passed.Ticks;
        }
    }

    /// <summary>Changes only the time of day, as a person at the machine can.</summary>
    public void Jump(TimeSpan time)
    {
        lock (_lock)
        {
            _jumped += time;
        }
    }

    /// <summary>Lets time pass on both clocks.</summary>
    public void Pass(TimeSpan time)
    {
        var due = new List<Timer>();
        lock (_lock)
        {
            _passed += time;
            foreach (Timer timer in _timers)
            {
                if (timer.DueAt <= _passed)
                {
                    due.Add(timer);
                }
            }
            _timers.RemoveAll(due.Contains);
        }
        foreach (Timer timer in due)
        {
            timer.Run();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer : ITimer
    {
        private readonly TestTime _time;
        private readonly TimerCallback _callback;
        private readonly object? _state;

        public Timer(TestTime time, TimerCallback callback, object? state)
        {
            _time = time;
            _callback = callback;
            _state = state;
        }

        public TimeSpan DueAt { get; private set; }

        /// <summary>Nothing here repeats.</summary>
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_time._lock)
            {
                _time._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = _time._passed + dueTime;
                    _time._timers.Add(this);
                }
            }
            return true;
        }

        public void Run() => _callback(_state);

        public void Dispose()
        {
            lock (_time._lock)
            {
                _time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
