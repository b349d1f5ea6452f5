using System;
using System.Collections.Concurrent;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Remembers tokens whose signature was verified, by the hash of their text. When it is half full, it starts again
/// and keeps the last half, so it is bounded and costs nothing to clean.
/// </summary>
internal sealed class SignatureCache
{
    private readonly int _half;
    private readonly object _lock = new();
    private ConcurrentDictionary<string, AuthenticationToken> _young = New();
    private ConcurrentDictionary<string, AuthenticationToken> _old = New();

    public SignatureCache(int capacity) => _half = capacity / 2;

    public static string KeyOf(string token) => Convert.ToBase64String(PublicKey.Sha256(token));

    public AuthenticationToken? Find(string key)
    {
        if (_young.TryGetValue(key, out AuthenticationToken? token))
        {
            return token;
        }
        if (!_old.TryGetValue(key, out token))
        {
            return null;
        }
        Add(key, token);
        return token;
    }

    public void Add(string key, AuthenticationToken token)
    {
        if (_half == 0)
        {
            return;
        }
        lock (_lock)
        {
            if (_young.Count >= _half)
            {
                _old = _young;
                _young = New();
            }
            _young[key] = token;
        }
    }

    private static ConcurrentDictionary<string, AuthenticationToken> New() => new(StringComparer.Ordinal);
}
