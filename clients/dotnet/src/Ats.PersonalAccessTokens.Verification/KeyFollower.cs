using System;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Keeps the keys as they are at the issuer, and answers for them.</summary>
internal sealed class KeyFollower
{
    /// <summary>The maximum size of metadata and keys, in bytes.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>SHA-256 in base64url (RFC 7638, section 3).</summary>
    private const int IdLength = 43;

    private static readonly string[] Json = { "application/json" };

    /// <summary>RFC 7517, section 8.5.1; many issuers say plain JSON.</summary>
    private static readonly string[] JwkSet = { "application/jwk-set+json", "application/json" };

    private readonly string _issuer;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _lookupInterval;
    private readonly IssuerDocuments _documents;
    private readonly Clock _clock;
    private readonly Attempts _attempts = new();
    private readonly Trouble _trouble;

    private volatile Ring? _ring;

    public KeyFollower(TokenVerifierOptions options, IssuerDocuments documents, Clock clock, Trouble trouble)
    {
        _issuer = options.TrimmedIssuer;
        _interval = options.KeyInterval;
        _limit = options.KeyLimit;
        _lookupInterval = options.LookupInterval;
        _documents = documents;
        _clock = clock;
        _trouble = trouble;
    }

    /// <summary>Why the keys could not be read the last time.</summary>
    public string? Fault => _trouble.Cause;

    /// <summary>Whether there are keys that are not too old.</summary>
    public bool IsCurrent => _ring is { } ring && ring.Confirmed.Age(_clock) <= _limit;

    /// <summary>A text that doesn't have the form of a thumbprint is no id, and causes no request.</summary>
    public static bool IsId(string text)
    {
        foreach (char character in text)
        {
            if (character is not ((>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_'))
            {
                return false;
            }
        }
        return text.Length == IdLength;
    }

    /// <summary>Looks for a key without waiting.</summary>
    /// <returns>Whether it is known what to say: a key, or that all keys are too old.</returns>
    public bool TryLook(string id, out PublicKey? key)
    {
        key = null;
        if (_ring is not { } ring)
        {
            return false;
        }
        if (ring.Confirmed.Age(_clock) > _limit)
        {
            return true;
        }
        key = ring.Set.Find(id);
        return key is not null;
    }

    /// <summary>Waits for the answer of the issuer, unless the key is there.</summary>
    /// <returns>Why there is no such key.</returns>
    public async Task<RefusalReason?> FindAsync(string id, CancellationToken cancel) =>
        await _attempts.FindAsync(() => TryLook(id, out _), cancel).ConfigureAwait(false) switch
        {
            Search.Found => null,
            Search.Absent => RefusalReason.UnknownKey,
            _ => RefusalReason.KeysUnavailable,
        };

    /// <summary>Where the documents are, as soon as that is known; <see langword="null"/> if it can't be read.</summary>
    public async Task<Metadata?> MetadataAsync(CancellationToken cancel)
    {
        Search search = await _attempts.FindAsync(() => _ring is not null, cancel).ConfigureAwait(false);
        return search == Search.Found ? _ring?.Metadata : null;
    }

    /// <summary>Follows the issuer until it is stopped.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                _attempts.Begin();
                string? fault = await ReadAsync(stop).ConfigureAwait(false);
                _trouble.Note(fault);
                _attempts.End(fault is null);
                TimeSpan pause = fault is not null && _lookupInterval < _interval ? _lookupInterval : _interval;
                await Pause.WaitAsync(_clock, pause, _lookupInterval, _attempts, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            _attempts.Stop();
        }
    }

    private async Task<string?> ReadAsync(CancellationToken stop)
    {
        try
        {
            Moment asked = _clock.Now();
            byte[] text = await TextAsync(Metadata.AddressOf(_issuer), Json, stop).ConfigureAwait(false);
            var metadata = Metadata.Parse(text, _issuer);
            IssuerDocument keys = await _documents
                .GetAsync(metadata.Keys, JwkSet, MaxLength, entityTag: null, stop)
                .ConfigureAwait(false);
            if (KeySet.Parse(keys.Body ?? Array.Empty<byte>(), out KeySet? set) is { } fault)
            {
                return $"the keys are not accepted: {fault}";
            }
            var ring = new Ring(metadata, set!, new Confirmation(asked, keys.Age));
            // A server that answers from memory may not know yet that a key was withdrawn.
            if (_ring is not { } held || ring.Confirmed.Age(_clock) <= held.Confirmed.Age(_clock))
            {
                _ring = ring;
            }
            return null;
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            // Whatever it is, the next attempt may succeed.
            return error.Message;
        }
    }

    private async Task<byte[]> TextAsync(string address, string[] mediaTypes, CancellationToken stop)
    {
        IssuerDocument document = await _documents
            .GetAsync(address, mediaTypes, MaxLength, entityTag: null, stop)
            .ConfigureAwait(false);
        return document.Body ?? Array.Empty<byte>();
    }

    /// <summary>Keys that were read at one time.</summary>
    private sealed class Ring
    {
        public Ring(Metadata metadata, KeySet set, Confirmation confirmed)
        {
            Metadata = metadata;
            Set = set;
            Confirmed = confirmed;
        }

        public Metadata Metadata { get; }

        public KeySet Set { get; }

        public Confirmation Confirmed { get; }
    }
}
