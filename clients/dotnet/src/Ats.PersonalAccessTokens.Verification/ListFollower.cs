using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Keeps the status list as it is at the issuer, and answers for it.</summary>
internal sealed class ListFollower
{
    /// <summary>
    /// In its last seconds a list is requested without its entity tag, because the tag may be the same when only the
    /// signature is renewed.
    /// </summary>
    private const long RenewalSeconds = 60;

    private static readonly string[] Json = { "application/json" };
    private static readonly string[] ListType = { "application/statuslist+jwt" };

    private readonly string _issuer;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _stalenessLimit;
    private readonly TimeSpan _lookupInterval;
    private readonly long _leeway;
    private readonly KeyFollower _keys;
    private readonly IssuerDocuments _documents;
    private readonly Clock _clock;
    private readonly Attempts _lookups = new();
    private readonly Trouble _trouble;

    private volatile Followed? _list;

    public ListFollower(
        TokenVerifierOptions options, KeyFollower keys, IssuerDocuments documents, Clock clock, Trouble trouble)
    {
        _issuer = options.TrimmedIssuer;
        _interval = options.ListInterval;
        _stalenessLimit = options.StalenessLimit;
        _lookupInterval = options.LookupInterval;
        _leeway = (long)options.Leeway.TotalSeconds;
        _keys = keys;
        _documents = documents;
        _clock = clock;
        _trouble = trouble;
    }

    /// <summary>Why the list could not be read the last time.</summary>
    public string? Fault => _trouble.Cause;

    /// <summary>Whether there is a list that is not too old.</summary>
    public bool IsCurrent => _list is { } list && !IsStale(list);

    /// <summary>What the list says of a token, without waiting.</summary>
    /// <returns>Whether anything is known.</returns>
    public bool TryLook(AuthenticationToken token, out RefusalReason? refused)
    {
        refused = null;
        if (_list is not { } list)
        {
            return false;
        }
        bool? revoked = list.Uri == token.StatusListUri ? list.Places.IsRevoked(token.StatusListIndex) : null;
        // A revocation is never undone, so even an old list is right about it.
        if (revoked == true)
        {
            refused = RefusalReason.Revoked;
            return true;
        }
        if (IsStale(list))
        {
            refused = RefusalReason.StatusUnavailable;
            return true;
        }
        return revoked is not null;
    }

    /// <summary>The same, after the next answer of the issuer if nothing is known.</summary>
    public async Task<RefusalReason?> FindAsync(AuthenticationToken token, CancellationToken cancel)
    {
        RefusalReason? refused = null;
        Search search = await _lookups
            .FindAsync(() => TryLook(token, out refused), cancel)
            .ConfigureAwait(false);
        return search switch
        {
            Search.Found => refused,
            Search.Absent => RefusalReason.NotListed,
            _ => RefusalReason.StatusUnavailable,
        };
    }

    /// <summary>Waits until there is a list.</summary>
    public async Task<bool> ReadyAsync(CancellationToken cancel) =>
        await _lookups.FindAsync(() => _list is not null, cancel).ConfigureAwait(false) == Search.Found;

    /// <summary>Follows the issuer until it is stopped.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            bool lookUp = true;
            Moment lookedUp = _clock.Now();
            while (true)
            {
                if (lookUp)
                {
                    lookedUp = _clock.Now();
                    _lookups.Begin();
                }
                string? fault = await ReadAsync(lookUp, stop).ConfigureAwait(false);
                _trouble.Note(fault);
                if (lookUp)
                {
                    _lookups.End(fault is null);
                }
                TimeSpan untilLookUp = _lookupInterval - _clock.Since(lookedUp);
                bool wanted = await Pause.WaitAsync(_clock, _interval, untilLookUp, _lookups, stop).ConfigureAwait(false);
                lookUp = wanted || fault is not null;
            }
        }
        finally
        {
            _lookups.Stop();
        }
    }

    private bool IsStale(Followed list) =>
        list.Confirmed.Age(_clock) > _stalenessLimit
        || _clock.NowSeconds >= Saturating.Add(list.Places.ExpiresAtSeconds, _leeway);

    /// <summary>Reads the list. A look-up also reads its address again.</summary>
    private async Task<string?> ReadAsync(bool lookUp, CancellationToken stop)
    {
        try
        {
            Followed? held = _list;
            Moment asked = _clock.Now();
            string uri = held is not null && !lookUp ? held.Uri : await AddressAsync(stop).ConfigureAwait(false);
            Followed? heldHere = held?.Uri == uri ? held : null;
            bool isYoung = heldHere is not null
                && _clock.NowSeconds < heldHere.Places.ExpiresAtSeconds - RenewalSeconds;
            IssuerDocument answer = await _documents
                .GetAsync(uri, ListType, StatusList.MaxLength, isYoung ? heldHere!.EntityTag : null, stop)
                .ConfigureAwait(false);
            var confirmed = new Confirmation(asked, answer.Age);
            if (answer.Body is null)
            {
                // Another server of the issuer may have confirmed it later.
                bool isLater = confirmed.Age(_clock) <= heldHere!.Confirmed.Age(_clock);
                _list = new Followed(uri, heldHere.EntityTag, heldHere.Places, isLater ? confirmed : heldHere.Confirmed);
                return null;
            }
            StatusList places = await JudgeAsync(Encoding.UTF8.GetString(answer.Body), uri, stop).ConfigureAwait(false);
            if (held is not null && places.IsOlderThan(held.Places))
            {
                return "the status list is older than the one that is here";
            }
            _list = new Followed(uri, answer.EntityTag, places, confirmed);
            return null;
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            // Whatever it is, the next attempt may succeed.
            return error.Message;
        }
    }

    private async Task<string> AddressAsync(CancellationToken stop)
    {
        Metadata metadata = await _keys.MetadataAsync(stop).ConfigureAwait(false)
            ?? throw new IssuerException("the keys of the issuer are not available");
        IssuerDocument lists = await _documents
            .GetAsync(metadata.StatusLists, Json, KeyFollower.MaxLength, entityTag: null, stop)
            .ConfigureAwait(false);
        return Metadata.CurrentList(lists.Body ?? Array.Empty<byte>(), _issuer);
    }

    /// <summary>The list in a text, if the issuer signed it as the one at the address.</summary>
    private async Task<StatusList> JudgeAsync(string text, string uri, CancellationToken stop)
    {
        if (CompactJws.Parse(text, CompactJws.StatusList, StatusList.MaxLength, out CompactJws? jws) is { } malformed)
        {
            throw new IssuerException($"the status list is not accepted: {malformed}");
        }
        string id = jws!.KeyId;
        RefusalReason? unknown = KeyFollower.IsId(id)
            ? await _keys.FindAsync(id, stop).ConfigureAwait(false)
            : RefusalReason.UnknownKey;
        if (unknown is not null || !_keys.TryLook(id, out PublicKey? key) || key is null)
        {
            throw new IssuerException($"the status list is not accepted: {unknown ?? RefusalReason.KeysUnavailable}");
        }
        RefusalReason? refused = StatusList.Read(
            jws, key, _issuer, uri, _clock.NowSeconds, _leeway, out StatusList? places);
        return places ?? throw new IssuerException($"the status list is not accepted: {refused}");
    }

    /// <summary>A list that the issuer signed.</summary>
    private sealed class Followed
    {
        public Followed(string uri, string? entityTag, StatusList places, Confirmation confirmed)
        {
            Uri = uri;
            EntityTag = entityTag;
            Places = places;
            Confirmed = confirmed;
        }

        public string Uri { get; }

        public string? EntityTag { get; }

        public StatusList Places { get; }

        public Confirmation Confirmed { get; }
    }
}
