using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>An accepted authentication token: who calls, and with which scopes.</summary>
public sealed class AuthenticationToken
{
    /// <summary>The scope with all the rights of the owner.</summary>
    private const string All = "all";

    /// <summary>The scope that <see cref="All"/> does not imply: only administrators may give it.</summary>
    private const string Introspect = "introspect";

    private AuthenticationToken(JsonElement claims, IReadOnlyList<string> audience, IReadOnlyList<string> scopes)
    {
        Issuer = StrictJson.Text(claims, "iss") ?? "";
        Owner = StrictJson.Text(claims, "sub") ?? "";
        TokenId = StrictJson.Text(claims, "client_id") ?? "";
        UserName = StrictJson.Text(claims, "preferred_username") ?? "";
        Id = StrictJson.Text(claims, "jti") ?? "";
        Audience = audience;
        Scopes = scopes;
    }

    /// <summary>The issuer: the public URL of the personal access token service.</summary>
    public string Issuer { get; }

    /// <summary>
    /// The id of the user whose rights the token carries. It is a UUID that never changes and is never used again.
    /// Attach rights to this id.
    /// </summary>
    public string Owner { get; }

    /// <summary>
    /// The owner's user name when the token was issued. The name may change, and may belong to somebody else later.
    /// Show it, but don't compare it.
    /// </summary>
    public string UserName { get; }

    /// <summary>The id of the personal access token that was exchanged for this token: a UUID.</summary>
    public string TokenId { get; }

    /// <summary>The id of this token, which is unique (<c>jti</c>).</summary>
    public string Id { get; }

    /// <summary>The recipients.</summary>
    public IReadOnlyList<string> Audience { get; }

    /// <summary>The scopes that the token names.</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>When it expires, in seconds since 1970, by the clock of the issuer.</summary>
    public long ExpiresAtSeconds { get; private set; }

    /// <summary>When it was issued, in seconds since 1970, by the clock of the issuer.</summary>
    public long IssuedAtSeconds { get; private set; }

    internal long NotBeforeSeconds { get; private set; }

    /// <summary>The id of the key that signed it.</summary>
    internal string KeyId { get; private set; } = "";

    /// <summary>The status list that says whether it was revoked; <see langword="null"/> if it names none.</summary>
    internal string? StatusListUri { get; private set; }

    internal ulong StatusListIndex { get; private set; }

    /// <summary>
    /// Whether the token has a scope: because it names the scope, or because it names <c>all</c>, which implies
    /// every scope but <c>introspect</c>.
    /// </summary>
    /// <param name="scope">The name of the scope, compared exactly.</param>
    public bool HasScope(string scope)
    {
        foreach (string held in Scopes)
        {
            if (held == scope || (held == All && scope != Introspect))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The claims in a payload; <see langword="null"/> if they are not an authentication token's.</summary>
    internal static AuthenticationToken? Read(byte[] payload, string keyId)
    {
        using JsonDocument? document = StrictJson.ParseObject(payload);
        if (document is null)
        {
            return null;
        }
        JsonElement claims = document.RootElement;
        foreach (string name in new[] { "iss", "sub", "jti", "client_id", "preferred_username" })
        {
            if (StrictJson.Text(claims, name) is null)
            {
                return null;
            }
        }
        string? scope = "";
        if (claims.TryGetProperty("scope", out _) && (scope = StrictJson.Text(claims, "scope")) is null)
        {
            return null;
        }
        if (AudienceOf(claims) is not { } audience
            || StrictJson.Integer(claims, "exp") is not { } expires
            || StrictJson.Integer(claims, "iat") is not { } issued
            || StrictJson.Integer(claims, "nbf") is not { } notBefore
            || !HasGeneration(claims))
        {
            return null;
        }
        var token = new AuthenticationToken(
            claims, audience, scope.Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
        {
            ExpiresAtSeconds = expires,
            IssuedAtSeconds = issued,
            NotBeforeSeconds = notBefore,
            KeyId = keyId,
        };
        return token.ReadStatus(claims) ? token : null;
    }

    /// <summary>Whether the token meets what a verifier expects (RFC 9068, section 4).</summary>
    internal RefusalReason? Check(string issuer, string audience, long now, long leeway)
    {
        if (Issuer != issuer)
        {
            return RefusalReason.Issuer;
        }
        bool isForUs = false;
        foreach (string recipient in Audience)
        {
            isForUs |= recipient == audience;
        }
        if (!isForUs)
        {
            return RefusalReason.Audience;
        }
        if (now >= Saturating.Add(ExpiresAtSeconds, leeway))
        {
            return RefusalReason.Expired;
        }
        long latest = Saturating.Add(now, leeway);
        return NotBeforeSeconds > latest || IssuedAtSeconds > latest ? RefusalReason.NotYetValid : null;
    }

    /// <summary>A string, or an array of at least one string (RFC 7519, section 4.1.3).</summary>
    private static IReadOnlyList<string>? AudienceOf(JsonElement claims)
    {
        if (StrictJson.Text(claims, "aud") is { } only)
        {
            return new[] { only };
        }
        if (!claims.TryGetProperty("aud", out JsonElement several) || several.ValueKind != JsonValueKind.Array)
        {
            return null;
        }
        var recipients = new List<string>();
        foreach (JsonElement recipient in several.EnumerateArray())
        {
            if (recipient.ValueKind != JsonValueKind.String)
            {
                return null;
            }
            recipients.Add(recipient.GetString() ?? "");
        }
        return recipients.Count > 0 ? recipients : null;
    }

    /// <summary>The issuer's own claim is optional, but must be of its type.</summary>
    private static bool HasGeneration(JsonElement claims) =>
        IsAbsent(claims, "ats_generation") || StrictJson.Unsigned(claims, "ats_generation") <= uint.MaxValue;

    private static bool IsAbsent(JsonElement claims, string name) =>
        !claims.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null;

    /// <summary>The place in the status list (draft-ietf-oauth-status-list, section 6.1).</summary>
    private bool ReadStatus(JsonElement claims)
    {
        if (IsAbsent(claims, "status"))
        {
            return true;
        }
        if (StrictJson.Object(claims, "status") is not { } status
            || StrictJson.Object(status, "status_list") is not { } list
            || StrictJson.Unsigned(list, "idx") is not { } index
            || StrictJson.Text(list, "uri") is not { } uri)
        {
            return false;
        }
        StatusListUri = uri;
        StatusListIndex = index;
        return true;
    }
}
