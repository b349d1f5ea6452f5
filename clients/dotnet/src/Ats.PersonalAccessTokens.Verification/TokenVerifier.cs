using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Checks the authentication tokens of one issuer for one audience. A background task follows the issuer, from
/// <see cref="Start"/> or the first check until <see cref="Dispose"/>. All members can be used by many threads.
/// </summary>
public sealed class TokenVerifier : IDisposable
{
    private const string PersonalAccessToken = "atspat_";
    private const int MaxLength = 8 * 1024;

    private readonly string _issuer;
    private readonly string _audience;
    private readonly string _realm;
    private readonly string? _page;
    private readonly long _leeway;
    private readonly Clock _clock;
    private readonly HttpClient? _ownClient;
    private readonly KeyFollower _keys;
    private readonly ListFollower? _list;
    private readonly SignatureCache _known;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private int _started;

    /// <summary>Makes a verifier. It sends no request yet.</summary>
    /// <param name="options">The settings. Later changes of them have no effect.</param>
    /// <param name="logger">Where to log.</param>
    /// <exception cref="ArgumentException">A setting can't be valid.</exception>
    public TokenVerifier(TokenVerifierOptions options, ILogger<TokenVerifier>? logger = null)
    {
        if (options is null)
        {
            throw new ArgumentNullException(nameof(options));
        }
        options.Validate();
        _logger = logger ?? NullLogger<TokenVerifier>.Instance;
        _issuer = options.TrimmedIssuer;
        _audience = options.Audience;
        _realm = options.Realm ?? options.Audience;
        _page = options.LinkedPage;
        _leeway = (long)options.Leeway.TotalSeconds;
        _clock = new Clock(options.TimeProvider ?? TimeProvider.System);
        _known = new SignatureCache(options.CacheCapacity);
        _ownClient = options.Backchannel is null ? NewClient(new Uri(_issuer).IsLoopback) : null;
        HttpClient client = options.Backchannel ?? _ownClient!;
        var documents = new IssuerDocuments(client, options.RequestTimeout, _clock);
        _keys = new KeyFollower(options, documents, _clock, new Trouble(_logger, "keys"));
        _list = options.Revocation == RevocationMode.None
            ? null
            : new ListFollower(options, _keys, documents, _clock, new Trouble(_logger, "status list"));
    }

    /// <summary>Whether tokens can be checked now: keys and list are here, and not too old.</summary>
    public bool IsReady => _keys.IsCurrent && _list?.IsCurrent != false;

    /// <summary>
    /// Why the documents of the issuer could not be read the last time; <see langword="null"/> if they were read. It
    /// is for the operator of the service.
    /// </summary>
    public string? Fault => _keys.Fault ?? _list?.Fault;

    /// <summary>The refusal of a request without a token.</summary>
    public Refusal MissingCredentials => Refusal.Missing(_realm);

    /// <summary>Starts to follow the issuer, if it was not started. It doesn't wait for the issuer.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            return;
        }
        // On threads of the pool, because a large list takes some time to check.
        Follow(_keys.FollowAsync);
        if (_list is { } list)
        {
            Follow(list.FollowAsync);
        }
    }

    /// <summary>
    /// Waits until the keys and the list of the issuer have been read once, so that the first requests don't wait.
    /// </summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Whether they could be read. If not, the background task goes on trying.</returns>
    public async Task<bool> ReadyAsync(CancellationToken cancel = default)
    {
        Start();
        if (await _keys.MetadataAsync(cancel).ConfigureAwait(false) is null)
        {
            return false;
        }
        return _list is null || await _list.ReadyAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Checks the token of a request (RFC 6750, section 2.1).</summary>
    /// <param name="authorization">The values of all its <c>Authorization</c> headers.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<VerificationResult> AuthenticateAsync(
        IEnumerable<string?> authorization, CancellationToken cancel = default)
    {
        if (authorization is null)
        {
            throw new ArgumentNullException(nameof(authorization));
        }
        if (!BearerCredentials.TryRead(authorization, out string? token))
        {
            return Task.FromResult(Refuse(Refusal.Of(RefusalReason.MalformedCredentials)));
        }
        return token is null
            ? Task.FromResult(Refuse(MissingCredentials))
            : VerifyAsync(token, cancel);
    }

    /// <summary>
    /// Accepts a token if the issuer signed it for this audience, it is valid now, and it was not revoked. It waits
    /// for the issuer only if keys or list have not been read yet, or if they don't have the key or the place that the
    /// token names.
    /// </summary>
    /// <param name="token">The text of the token.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<VerificationResult> VerifyAsync(string token, CancellationToken cancel = default)
    {
        if (token is null)
        {
            throw new ArgumentNullException(nameof(token));
        }
        Start();
        RefusalReason? refused = TrySigned(token, out AuthenticationToken? signed, out string? unknownKey);
        // A new key may be followed by another one while this waits.
        while (unknownKey is not null)
        {
            refused = await _keys.FindAsync(unknownKey, cancel).ConfigureAwait(false);
            if (refused is not null)
            {
                break;
            }
            refused = TrySigned(token, out signed, out unknownKey);
        }
        if (refused is null && _list is { } list)
        {
            refused = await RevocationAsync(list, signed!, cancel).ConfigureAwait(false);
        }
        if (refused is { } reason)
        {
            bool isSecret = token.StartsWith(PersonalAccessToken, StringComparison.Ordinal);
            return Refuse(Refusal.Of(isSecret && reason == RefusalReason.Malformed ? RefusalReason.NotExchanged : reason));
        }
        return VerificationResult.Accepted(signed!);
    }

    /// <summary>
    /// The refusal of a valid token that lacks a scope. It links the form for a new personal access token, with the
    /// scope filled in.
    /// </summary>
    /// <param name="scope">The missing scope.</param>
    public Refusal InsufficientScope(string scope)
    {
        if (scope is null)
        {
            throw new ArgumentNullException(nameof(scope));
        }
        return Refusal.Insufficient(scope, _page);
    }

    /// <summary>Stops following the issuer.</summary>
    public void Dispose()
    {
        // The source is not disposed of, because a background task may still use its token.
        _stop.Cancel();
        _ownClient?.Dispose();
    }

    private static Task<RefusalReason?> RevocationAsync(
        ListFollower list, AuthenticationToken token, CancellationToken cancel)
    {
        if (token.StatusListUri is null)
        {
            return Task.FromResult<RefusalReason?>(RefusalReason.NotListed);
        }
        return list.TryLook(token, out RefusalReason? refused)
            ? Task.FromResult(refused)
            : list.FindAsync(token, cancel);
    }

    /// <summary>A client that follows no redirect and keeps no cookies. Keys of this machine go through no proxy.</summary>
    private static HttpClient NewClient(bool isOnThisMachine)
    {
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
        // Each request has a time limit of its own.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private void Follow(Func<CancellationToken, Task> follow) => _ = Task.Run(
        async () =>
        {
            try
            {
                await follow(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The verifier was disposed of.
            }
        });

    /// <summary>
    /// Checks signature and claims, but not the status list. A key that is not known is named, and nothing is refused.
    /// </summary>
    private RefusalReason? TrySigned(string text, out AuthenticationToken? token, out string? unknownKey)
    {
        token = null;
        unknownKey = null;
        if (text.Length > MaxLength)
        {
            return RefusalReason.Malformed;
        }
        string hash = SignatureCache.KeyOf(text);
        if (_known.Find(hash) is { } known && _keys.TryLook(known.KeyId, out PublicKey? itsKey) && itsKey is not null)
        {
            token = known;
            return known.Check(_issuer, _audience, _clock.NowSeconds, _leeway);
        }
        if (CompactJws.Parse(text, CompactJws.AuthenticationToken, MaxLength, out CompactJws? jws) is { } malformed)
        {
            return malformed;
        }
        string id = jws!.KeyId;
        if (!KeyFollower.IsId(id))
        {
            return RefusalReason.UnknownKey;
        }
        if (!_keys.TryLook(id, out PublicKey? key))
        {
            unknownKey = id;
            return null;
        }
        if (key is null)
        {
            return RefusalReason.KeysUnavailable;
        }
        byte[]? payload = jws.Verify(key);
        if (payload is null)
        {
            return RefusalReason.Signature;
        }
        token = AuthenticationToken.Read(payload, id);
        if (token is null)
        {
            return RefusalReason.Claims;
        }
        RefusalReason? refused = token.Check(_issuer, _audience, _clock.NowSeconds, _leeway);
        if (refused is null)
        {
            _known.Add(hash, token);
        }
        return refused;
    }

    private VerificationResult Refuse(Refusal refusal)
    {
        // The caller isn't told which check failed, so the operator of the service is.
        Log.Refused(_logger, refusal.Reason, _issuer, _audience);
        return VerificationResult.Refused(refusal);
    }
}
