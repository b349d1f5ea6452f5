using System;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Why a request is refused, and what the service answers (RFC 6750, section 3). It quotes no token.</summary>
public sealed class Refusal
{
    private const int RetryAfter = 1;

    private readonly string? _realm;
    private readonly string? _form;

    private Refusal(RefusalReason reason, string? realm = null, string? scope = null, string? form = null)
    {
        Reason = reason;
        _realm = realm;
        Scope = scope;
        _form = form;
    }

    /// <summary>Which check failed.</summary>
    public RefusalReason Reason { get; }

    /// <summary>The missing scope, of <see cref="RefusalReason.InsufficientScope"/>.</summary>
    public string? Scope { get; }

    /// <summary>The status code of the answer.</summary>
    public int StatusCode => Reason switch
    {
        RefusalReason.MalformedCredentials => 400,
        RefusalReason.InsufficientScope => 403,
        RefusalReason.KeysUnavailable or RefusalReason.StatusUnavailable => 503,
        _ => 401,
    };

    /// <summary>Whether the token may be good, and the same request may succeed soon.</summary>
    public bool IsTemporary => StatusCode == 503;

    /// <summary>The value of the header <c>Retry-After</c> in seconds, if the same request may succeed soon.</summary>
    public int? RetryAfterSeconds => IsTemporary ? RetryAfter : null;

    /// <summary>
    /// A sentence for the caller: what the caller can do. It doesn't say which check a forged token failed.
    /// </summary>
    public string Description => Reason switch
    {
        RefusalReason.MissingCredentials => "an authentication token is required",
        RefusalReason.MalformedCredentials => "the Authorization header is malformed",
        RefusalReason.Expired => "the authentication token is expired",
        RefusalReason.Revoked => "the authentication token was revoked",
        RefusalReason.NotExchanged =>
            "this is a personal access token: exchange it first, and send the authentication token",
        RefusalReason.InsufficientScope => "the authentication token lacks a scope",
        RefusalReason.KeysUnavailable or RefusalReason.StatusUnavailable =>
            "authentication tokens can't be checked at the moment",
        _ => "the authentication token is not valid",
    };

    /// <summary>
    /// The value of the header <c>WWW-Authenticate</c>, in ASCII; <see langword="null"/> if the token is not the
    /// cause.
    /// </summary>
    public string? Challenge
    {
        get
        {
            if (IsTemporary)
            {
                return null;
            }
            if (Reason == RefusalReason.MissingCredentials)
            {
                return $"Bearer realm=\"{_realm}\"";
            }
            string code = StatusCode switch
            {
                400 => "invalid_request",
                403 => "insufficient_scope",
                _ => "invalid_token",
            };
            string value = $"Bearer error=\"{code}\", error_description=\"{Description}\"";
            if (Scope is not null && Quotable.Is(Scope))
            {
                value += $", scope=\"{Scope}\"";
            }
            return _form is null ? value : value + $", error_uri=\"{_form}\"";
        }
    }

    /// <summary>Shows the reason.</summary>
    public override string ToString() => $"{Reason}: {Description}";

    internal static Refusal Of(RefusalReason reason) => new(reason);

    internal static Refusal Missing(string realm) => new(RefusalReason.MissingCredentials, realm: realm);

    /// <summary>The form is the page where people make a token, with the scope filled in.</summary>
    internal static Refusal Insufficient(string scope, string? page) =>
        new(RefusalReason.InsufficientScope, scope: scope, form: page is null ? null : $"{page}?scopes={Encoded(scope)}");

    /// <summary>In the value of a query, these two need no encoding, and people read the link.</summary>
    private static string Encoded(string scope) =>
        Uri.EscapeDataString(scope).Replace("%3A", ":").Replace("%2F", "/");
}
