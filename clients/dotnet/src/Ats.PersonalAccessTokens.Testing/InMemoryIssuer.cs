using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Text.Json;
using Ats.PersonalAccessTokens.Verification;
using Org.BouncyCastle.Utilities.Zlib;

namespace Ats.PersonalAccessTokens.Testing;

/// <summary>
/// An issuer of authentication tokens in memory, for tests. Give <see cref="Backchannel"/> to the options of the
/// service. All members can be used by many threads.
/// </summary>
public sealed class InMemoryIssuer : IDisposable
{
    private const int PlacesAtOnce = 1024;

    private readonly object _lock = new();
    private readonly TimeProvider _time;
    private readonly Published _published;
    private readonly Dictionary<string, ulong> _places = new(StringComparer.Ordinal);
    private SigningKey _key = new();
    private SigningKey? _earlierKey;
    private byte[] _list = new byte[PlacesAtOnce / 8];
    private ulong _nextPlace;
    private long _sequence;
    private long _signedAt;

    /// <summary>Makes an issuer with a key of its own.</summary>
    /// <param name="url">Its public URL. Nobody listens there.</param>
    /// <param name="timeProvider">Its clock. The default is the machine's.</param>
    public InMemoryIssuer(string url = "https://pat.example.com", TimeProvider? timeProvider = null)
    {
        Url = url ?? throw new ArgumentNullException(nameof(url));
        _time = timeProvider ?? TimeProvider.System;
        _published = new Published(this) { Issuer = url, StatusListUri = url + PublishedDocuments.ListsPath + "/0" };
        Backchannel = new HttpClient(_published);
        PublishKeys();
        PublishList();
    }

    /// <summary>The public URL: the issuer in the options of a service.</summary>
    public string Url { get; }

    /// <summary>A client that gets what this issuer publishes, and nothing else.</summary>
    public HttpClient Backchannel { get; }

    /// <summary>Whether the issuer can't be reached.</summary>
    public bool IsAway { get; set; }

    /// <summary>How many requests it got. Those that came while it was away count too.</summary>
    public int Requests => _published.Requests;

    /// <summary>How many of the requests were for a path.</summary>
    internal int RequestsFor(string path) => _published.RequestsFor(path);

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Issues a token.</summary>
    /// <param name="audience">Its recipient.</param>
    /// <param name="scopes">Its scopes.</param>
    public string Issue(string audience, params string[] scopes) =>
        Issue(new TestToken { Audience = new[] { audience }, Scopes = scopes });

    /// <summary>Issues a token that says something else than usual.</summary>
    /// <param name="token">What it says.</param>
    public string Issue(TestToken token)
    {
        if (token is null)
        {
            throw new ArgumentNullException(nameof(token));
        }
        lock (_lock)
        {
            ulong place = _nextPlace++;
            if (place >= (ulong)_list.Length * 8)
            {
                Array.Resize(ref _list, _list.Length + PlacesAtOnce / 8);
                PublishList();
            }
            string text = _key.Sign("at+jwt", Claims(token, place));
            _places[text] = place;
            return text;
        }
    }

    /// <summary>Revokes a token that this issuer issued.</summary>
    /// <param name="token">The text of the token.</param>
    /// <exception cref="ArgumentException">This issuer did not issue it.</exception>
    public void Revoke(string token)
    {
        lock (_lock)
        {
            if (token is null || !_places.TryGetValue(token, out ulong place))
            {
                throw new ArgumentException("This issuer did not issue the token.", nameof(token));
            }
            _list[(int)(place / 8)] |= (byte)(1 << (int)(place % 8));
            PublishList();
        }
    }

    /// <summary>Signs with a new key from now on.</summary>
    /// <param name="compromised">Whether the key before is no longer published, so that its tokens end at once.</param>
    public void RotateKeys(bool compromised = false)
    {
        lock (_lock)
        {
            _earlierKey = compromised ? null : _key;
            _key = new SigningKey();
            PublishKeys();
            PublishList();
        }
    }

    /// <summary>Ends the client.</summary>
    public void Dispose() => Backchannel.Dispose();

    private byte[] Claims(TestToken token, ulong place)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("iss", Url);
            json.WriteString("sub", token.Owner);
            json.WriteStartArray("aud");
            foreach (string audience in token.Audience.Count == 0 ? new[] { Url } : token.Audience)
            {
                json.WriteStringValue(audience);
            }
            json.WriteEndArray();
            json.WriteNumber("exp", Now + (long)token.Lifetime.TotalSeconds);
            json.WriteNumber("iat", Now);
            json.WriteNumber("nbf", Now);
            json.WriteString("jti", Guid.NewGuid().ToString());
            json.WriteString("client_id", token.TokenId);
            json.WriteString("preferred_username", token.UserName);
            json.WriteString("scope", string.Join(" ", token.Scopes));
            if (token.IsListed)
            {
                json.WriteStartObject("status");
                json.WriteStartObject("status_list");
                json.WriteNumber("idx", place);
                json.WriteString("uri", _published.StatusListUri);
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return text.ToArray();
    }

    private void PublishKeys()
    {
        string earlier = _earlierKey is null ? "" : "," + _earlierKey.Jwk;
        _published.KeySet = "{\"keys\":[" + _key.Jwk + earlier + "]}";
    }

    private void PublishList()
    {
        _sequence++;
        _signedAt = Now;
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("iss", Url);
            json.WriteString("sub", _published.StatusListUri);
            json.WriteNumber("iat", _signedAt);
            json.WriteNumber("exp", _signedAt + 600);
            json.WriteNumber("ttl", 1);
            json.WriteNumber("ats_epoch", 0);
            json.WriteNumber("ats_seq", _sequence);
            json.WriteStartObject("status_list");
            json.WriteNumber("bits", 1);
            json.WriteString("lst", Base64Url.Encode(Compressed(_list)));
            json.WriteEndObject();
            json.WriteEndObject();
        }
        _published.StatusList = _key.Sign("statuslist+jwt", text.ToArray());
    }

    private static byte[] Compressed(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var stream = new ZOutputStream(compressed, JZlib.Z_DEFAULT_COMPRESSION))
        {
            stream.Write(bytes, 0, bytes.Length);
        }
        return compressed.ToArray();
    }

    /// <summary>Signs a list again before it ends.</summary>
    private void Renew()
    {
        lock (_lock)
        {
            if (Now > _signedAt + 300)
            {
                PublishList();
            }
        }
    }

    private sealed class Published : PublishedDocuments
    {
        private readonly InMemoryIssuer _issuer;
        private readonly ConcurrentDictionary<string, int> _requests = new(StringComparer.Ordinal);

        public Published(InMemoryIssuer issuer) => _issuer = issuer;

        public int Requests
        {
            get
            {
                int sum = 0;
                foreach (int count in _requests.Values)
                {
                    sum += count;
                }
                return sum;
            }
        }

        public int RequestsFor(string path) => _requests.TryGetValue(path, out int count) ? count : 0;

        protected override HttpResponseMessage Answer(HttpRequestMessage request)
        {
            _requests.AddOrUpdate(request.RequestUri?.AbsolutePath ?? "", 1, (_, count) => count + 1);
            if (_issuer.IsAway)
            {
                throw new HttpRequestException("The issuer is away.");
            }
            _issuer.Renew();
            return base.Answer(request);
        }
    }
}
