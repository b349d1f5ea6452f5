using System;
using System.Net.Http;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>The settings of a <see cref="TokenVerifier"/>. All but two have a default for production.</summary>
public sealed class TokenVerifierOptions
{
    /// <summary>
    /// The greatest <see cref="Leeway"/>. The issuer gives a place in its status list to another token as soon as this
    /// time has passed after the end of the first one.
    /// </summary>
    public static readonly TimeSpan MaxLeeway = TimeSpan.FromMinutes(1);

    /// <summary>Timers don't take any time.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <summary>
    /// The public URL of the personal access token service, such as <c>https://pat.example.com</c>. A slash at its end
    /// does no harm.
    /// </summary>
    public string Issuer { get; set; } = "";

    /// <summary>A name of this service, which must be among those in the issuer's setting <c>audience</c>.</summary>
    public string Audience { get; set; } = "";

    /// <summary>How to learn that a token was revoked.</summary>
    public RevocationMode Revocation { get; set; } = RevocationMode.StatusList;

    /// <summary>How far the clocks of issuer and verifier may differ, in either direction.</summary>
    public TimeSpan Leeway { get; set; } = MaxLeeway;

    /// <summary>How often to ask the issuer for its keys. It must be shorter than <see cref="KeyLimit"/>.</summary>
    public TimeSpan KeyInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long the last good keys are trusted while the issuer is away. After that, tokens are refused with
    /// <see cref="RefusalReason.KeysUnavailable"/>.
    /// </summary>
    public TimeSpan KeyLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How often to ask the issuer for its status list. A revoked token is refused after this time and the time that
    /// the answer takes. It must be shorter than <see cref="StalenessLimit"/>.
    /// </summary>
    public TimeSpan ListInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the list is valid after the issuer last confirmed it. After that, tokens are refused with
    /// <see cref="RefusalReason.StatusUnavailable"/>.
    /// </summary>
    public TimeSpan StalenessLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often tokens may cause a request in addition to the two intervals: those that name an unknown key, or a
    /// place that the list doesn't have.
    /// </summary>
    public TimeSpan LookupInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for one answer of the issuer.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many verified signatures to remember. Revocation is looked up each time all the same.</summary>
    public int CacheCapacity { get; set; } = 10_000;

    /// <summary>
    /// The <c>realm</c> in the answer to a request without credentials (RFC 6750, section 3). The default is the
    /// audience.
    /// </summary>
    public string? Realm { get; set; }

    /// <summary>
    /// The address of the form for a new personal access token, without a query. The answer to a request that lacks a
    /// scope links it. The default is the page of the issuer; an empty text means no link.
    /// </summary>
    public string? TokenPage { get; set; }

    /// <summary>The client that reads what the issuer publishes. The default follows no redirect.</summary>
    public HttpClient? Backchannel { get; set; }

    /// <summary>The clocks. The default is the machine's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A setting can't be valid. The message says which, and why.</exception>
    public void Validate()
    {
        string issuer = TrimmedIssuer;
        // Quoted in headers and compared with `iss`, so it must be as the service writes it.
        Require(
            Uri.TryCreate(issuer, UriKind.Absolute, out Uri? uri)
                && Quotable.Is(issuer)
                && uri.UserInfo.Length == 0
                && uri.GetLeftPart(UriPartial.Authority) == issuer,
            nameof(Issuer),
            "must be an origin: a scheme and a host, in lower case and without a path");
        Require(
            IssuerDocuments.IsSecure(uri!), nameof(Issuer), "must be an https address, or one on this machine");
        Require(Audience.Length > 0, nameof(Audience), "must not be empty");
        Require(
            Leeway >= TimeSpan.Zero && Leeway <= MaxLeeway, nameof(Leeway), "must not be more than 60 seconds");
        RequireTime(KeyInterval, nameof(KeyInterval));
        RequireTime(ListInterval, nameof(ListInterval));
        RequireTime(LookupInterval, nameof(LookupInterval));
        RequireTime(RequestTimeout, nameof(RequestTimeout));
        Require(KeyLimit > KeyInterval, nameof(KeyLimit), "must be longer than the key interval");
        Require(StalenessLimit > ListInterval, nameof(StalenessLimit), "must be longer than the list interval");
        Require(CacheCapacity >= 0, nameof(CacheCapacity), "must not be negative");
        Require(
            IsRealm(Realm ?? Audience), nameof(Realm), "must be of visible ASCII, without quotes");
        Require(
            TokenPage is null || TokenPage.Length == 0 || Quotable.Is(TokenPage),
            nameof(TokenPage),
            "must be of visible ASCII, without quotes");
    }

    internal string TrimmedIssuer => Issuer.EndsWith("/", StringComparison.Ordinal)
        ? Issuer.Substring(0, Issuer.Length - 1)
        : Issuer;

    internal string? LinkedPage => TokenPage switch
    {
        null => $"{TrimmedIssuer}/settings/personal-access-tokens/new",
        "" => null,
        { } page => page,
    };

    private static bool IsRealm(string realm)
    {
        foreach (string word in realm.Split(' '))
        {
            if (!Quotable.Is(word))
            {
                return false;
            }
        }
        return true;
    }

    private static void RequireTime(TimeSpan time, string name) =>
        Require(
            time > TimeSpan.Zero && time <= MaxTime, name, "must be longer than nothing, and not longer than a day");

    private static void Require(bool isValid, string name, string rule)
    {
        if (!isValid)
        {
            throw new ArgumentException($"{name} {rule}.", name);
        }
    }
}
