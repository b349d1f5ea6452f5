using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>
/// Has a personal access token, and gives bearer tokens that are valid. Many callers cause one exchange. Make one for
/// each personal access token, and give it to all code that makes requests.
/// </summary>
public sealed class TokenSource : IDisposable
{
    /// <summary>The part of a token's lifetime after which it is renewed at the latest, and by which earlier.</summary>
    private const double RenewAt = 0.8;
    private const double Spread = 0.1;

    /// <summary>The margin before the end, because a token needs some time to reach its verifier.</summary>
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(5);

    /// <summary>How long the error of a failed exchange is returned without another exchange.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    /// <summary>The shortest time between two tokens that may be called invalid.</summary>
    private static readonly TimeSpan InvalidationInterval = TimeSpan.FromSeconds(5);

    private readonly object _lock = new();
    private readonly Clock _clock;
    private readonly Keeper _keeper;
    private readonly TimeSpan _giveUpAfter;
    private readonly HttpClient? _ownClient;
    private readonly CancellationTokenSource _stop = new();
    private readonly Random _random = new();

    private BearerToken? _current;
    private TimeSpan _renewAt;
    private TimeSpan _end;
    private Task<BearerToken>? _pending;
    private ExchangeException? _failure;
    private TimeSpan _failureUntil;
    private TimeSpan? _invalidatedAt;

    /// <summary>Makes a source. It sends no request yet.</summary>
    /// <param name="options">The settings. Later changes of them have no effect.</param>
    /// <exception cref="ArgumentException">A setting can't be valid.</exception>
    public TokenSource(PersonalAccessTokenOptions options)
    {
        if (options is null)
        {
            throw new ArgumentNullException(nameof(options));
        }
        options.Validate();
        _clock = new Clock(options.TimeProvider ?? TimeProvider.System);
        _giveUpAfter = options.GiveUpAfter;
        _ownClient = options.Backchannel is null ? NewClient(options.Service!.IsLoopback) : null;
        _keeper = new Keeper(options, new Exchange(options, options.Backchannel ?? _ownClient!, _clock));
    }

    /// <summary>
    /// A bearer token that is valid now. It returns without waiting while the last token is valid. When most of the
    /// lifetime is over, a call also starts the next exchange. If there is no token, all callers wait for one exchange,
    /// which goes on if a caller goes away.
    /// </summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ExchangeException">There is none. A refusal is not tried again for a second.</exception>
    public async Task<BearerToken> GetTokenAsync(CancellationToken cancel = default)
    {
        Task<BearerToken> pending;
        lock (_lock)
        {
            TimeSpan now = _clock.Now;
            ExchangeException? failure = now < _failureUntil ? _failure : null;
            if (_current is { } current && now < _end)
            {
                if (now >= _renewAt && failure is null && _pending is null)
                {
                    _ = Begin();
                }
                return current;
            }
            if (_pending is null && failure is not null)
            {
                throw failure;
            }
            pending = _pending ?? Begin();
        }
        // The caller may go away. The exchange goes on for the others.
        var gone = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancel.Register(state => ((TaskCompletionSource<bool>)state!).TrySetResult(true), gone))
        {
            await Task.WhenAny(pending, gone.Task).ConfigureAwait(false);
        }
        if (!pending.IsCompleted)
        {
            cancel.ThrowIfCancellationRequested();
        }
        return await pending.ConfigureAwait(false);
    }

    /// <summary>
    /// Tells that an API answered 401 to a token. The next call exchanges again. If the token is no longer the current
    /// one, nothing happens. A second token within five seconds is ignored, so that an API that refuses everything
    /// doesn't turn every request into an exchange.
    /// </summary>
    /// <param name="token">The refused token.</param>
    public void Invalidate(BearerToken token)
    {
        lock (_lock)
        {
            TimeSpan now = _clock.Now;
            bool isTooSoon = _invalidatedAt is { } before && now < before + InvalidationInterval;
            if (ReferenceEquals(_current, token) && !isTooSoon)
            {
                _current = null;
                _invalidatedAt = now;
            }
        }
    }

    /// <summary>Ends the exchange that is under way.</summary>
    public void Dispose()
    {
        // The source is not disposed of, because an exchange may still use its token.
        _stop.Cancel();
        _ownClient?.Dispose();
    }

    private static HttpClient NewClient(bool isOnThisMachine)
    {
        // A proxy would read a secret that must not leave this machine.
#if NET
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !isOnThisMachine,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
#else
        var handler = new HttpClientHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !isOnThisMachine,
        };
#endif
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Starts an exchange, in a task of its own. The caller has the lock.</summary>
    private Task<BearerToken> Begin()
    {
        Task<BearerToken> pending = Task.Run(ExchangeAsync);
        _pending = pending;
        // If nobody waits for a renewal, its error is remembered, and nobody needs to observe it.
        _ = pending.ContinueWith(
            failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return pending;
    }

    private async Task<BearerToken> ExchangeAsync()
    {
        try
        {
            return await UntilSettledAsync().ConfigureAwait(false);
        }
        catch (AttemptException error)
        {
            lock (_lock)
            {
                _pending = null;
                // A refusal also ends the earlier tokens. An absent service doesn't.
                if (error.Cause.IsRefusal)
                {
                    _current = null;
                }
                TimeSpan pause = error.After > FailurePause ? error.After.Value : FailurePause;
                _failure = error.Cause;
                _failureUntil = _clock.Now + pause;
            }
            throw error.Cause;
        }
        catch (Exception)
        {
            lock (_lock)
            {
                _pending = null;
            }
            throw;
        }
    }

    /// <summary>Exchanges, and tries again what may help, until the time is over.</summary>
    private async Task<BearerToken> UntilSettledAsync()
    {
        using CancellationTokenSource over = _clock.After(_giveUpAfter);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(over.Token, _stop.Token);
        TimeSpan begun = _clock.Now;
        var retry = new Retry();
        while (true)
        {
            TimeSpan asked = _clock.Now;
            AttemptException failed;
            try
            {
                Exchanged exchanged = await _keeper.ExchangeAsync(both.Token).ConfigureAwait(false);
                Keep(exchanged, asked);
                return exchanged.Token;
            }
            catch (AttemptException error) when (error.IsTemporary)
            {
                failed = error;
            }
            TimeSpan wait = retry.Wait(failed.After, Chance());
            if (wait >= _giveUpAfter - (_clock.Now - begun))
            {
                throw new AttemptException(failed.Cause, isTemporary: true, wait);
            }
            try
            {
                await _clock.Delay(wait, both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw failed;
            }
        }
    }

    /// <summary>
    /// The request was sent before the answer, so the token lives at least as long as is counted from there.
    /// </summary>
    private void Keep(Exchanged exchanged, TimeSpan asked)
    {
        TimeSpan lifetime = exchanged.Lifetime;
        TimeSpan margin = TimeSpan.FromTicks(lifetime.Ticks / 20);
        double part = RenewAt - Spread * Chance();
        lock (_lock)
        {
            _pending = null;
            _failure = null;
            _current = exchanged.Token;
            _renewAt = asked + TimeSpan.FromTicks((long)(lifetime.Ticks * part));
            _end = asked + lifetime - (margin < LongestMargin ? margin : LongestMargin);
        }
    }

    /// <summary>A number for waits, and for nothing that must be secret.</summary>
    private double Chance()
    {
        lock (_random)
        {
            return _random.NextDouble();
        }
    }
}
