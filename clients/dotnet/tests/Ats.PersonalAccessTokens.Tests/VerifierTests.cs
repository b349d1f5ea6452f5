using System;
using System.Linq;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Testing;
using Ats.PersonalAccessTokens.Verification;
using Xunit;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>What the verifier accepts, and what it does when the issuer misbehaves.</summary>
public sealed class VerifierTests : IDisposable
{
    private const string Audience = "https://orders.example.com";

    private readonly TestTime _time = new();
    private readonly InMemoryIssuer _issuer;

    public VerifierTests() => _issuer = new InMemoryIssuer(timeProvider: _time);

    public void Dispose() => _issuer.Dispose();

    [Fact]
    public async Task A_token_of_the_issuer_is_accepted_and_says_who_calls()
    {
        using TokenVerifier verifier = NewVerifier();
        string token = _issuer.Issue(Audience, "orders:read", "packages:write");
        AuthenticationToken accepted = await Accepted(verifier, token);
        Assert.Equal("anna", accepted.UserName);
        Assert.Equal("01936d3a-7c40-7000-8000-000000000001", accepted.Owner);
        Assert.Equal("01936d3a-7c40-7000-8000-000000000003", accepted.TokenId);
        Assert.True(accepted.HasScope("orders:read"));
        Assert.False(accepted.HasScope("orders"));
        Assert.True(verifier.IsReady);
        Assert.Null(verifier.Fault);
    }

    [Fact]
    public async Task All_implies_every_scope_but_introspect()
    {
        using TokenVerifier verifier = NewVerifier();
        AuthenticationToken accepted = await Accepted(verifier, _issuer.Issue(Audience, "all"));
        Assert.True(accepted.HasScope("orders:read"));
        Assert.False(accepted.HasScope("introspect"));
    }

    [Fact]
    public async Task A_revoked_token_is_refused_also_if_it_is_known()
    {
        using var issuer = new InMemoryIssuer();
        using var verifier = new TokenVerifier(new TokenVerifierOptions
        {
            Issuer = issuer.Url,
            Audience = Audience,
            Backchannel = issuer.Backchannel,
            ListInterval = TimeSpan.FromMilliseconds(10),
        });
        string token = issuer.Issue(Audience, "all");
        string other = issuer.Issue(Audience, "all");
        await Accepted(verifier, token);
        issuer.Revoke(token);
        await Eventually(verifier, token, RefusalReason.Revoked);
        await Accepted(verifier, other);
        // A revocation stays known while the issuer is away.
        issuer.IsAway = true;
        await Refused(verifier, token, RefusalReason.Revoked);
    }

    [Fact]
    public async Task Tokens_of_a_compromised_key_are_refused_as_soon_as_the_list_is_signed_anew()
    {
        using var issuer = new InMemoryIssuer();
        using var verifier = new TokenVerifier(new TokenVerifierOptions
        {
            Issuer = issuer.Url,
            Audience = Audience,
            Backchannel = issuer.Backchannel,
            ListInterval = TimeSpan.FromMilliseconds(10),
            LookupInterval = TimeSpan.FromMilliseconds(10),
        });
        string token = issuer.Issue(Audience, "all");
        await Accepted(verifier, token);
        issuer.RotateKeys(compromised: true);
        await Eventually(verifier, token, RefusalReason.UnknownKey);
        await Accepted(verifier, issuer.Issue(Audience, "all"));
    }

    [Fact]
    public async Task A_new_key_is_known_with_the_first_token_that_names_it()
    {
        using var issuer = new InMemoryIssuer();
        using var verifier = new TokenVerifier(new TokenVerifierOptions
        {
            Issuer = issuer.Url,
            Audience = Audience,
            Backchannel = issuer.Backchannel,
            Revocation = RevocationMode.None,
            LookupInterval = TimeSpan.FromMilliseconds(10),
        });
        string before = issuer.Issue(Audience, "all");
        await Accepted(verifier, before);
        issuer.RotateKeys();
        await Accepted(verifier, issuer.Issue(Audience, "all"));
        await Accepted(verifier, before);
    }

    [Fact]
    public async Task While_the_issuer_is_away_tokens_are_accepted_for_thirty_seconds()
    {
        using TokenVerifier verifier = NewVerifier();
        string token = _issuer.Issue(Audience, "all");
        await Accepted(verifier, token);
        _issuer.IsAway = true;
        _time.Pass(TimeSpan.FromSeconds(30));
        await Accepted(verifier, token);
        _time.Pass(TimeSpan.FromSeconds(1));
        Refusal refusal = await Refused(verifier, token, RefusalReason.StatusUnavailable);
        Assert.Equal(503, refusal.StatusCode);
        Assert.Equal(1, refusal.RetryAfterSeconds);
        Assert.Null(refusal.Challenge);
        Assert.False(verifier.IsReady);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_no_list_younger()
    {
        using TokenVerifier verifier = NewVerifier();
        string token = _issuer.Issue(Audience, "all");
        await Accepted(verifier, token);
        _issuer.IsAway = true;
        _time.Jump(TimeSpan.FromSeconds(-60));
        _time.Pass(TimeSpan.FromSeconds(31));
        await Refused(verifier, token, RefusalReason.StatusUnavailable);
    }

    [Fact]
    public async Task A_machine_that_slept_trusts_no_list_of_before()
    {
        using TokenVerifier verifier = NewVerifier();
        string token = _issuer.Issue(Audience, "all");
        await Accepted(verifier, token);
        _issuer.IsAway = true;
        // The monotonic clock stood still.
        _time.Jump(TimeSpan.FromSeconds(31));
        await Refused(verifier, token, RefusalReason.StatusUnavailable);
    }

    [Fact]
    public async Task Keys_are_trusted_for_five_minutes()
    {
        using TokenVerifier verifier = NewVerifier(options => options.Revocation = RevocationMode.None);
        string token = _issuer.Issue(new TestToken { Audience = new[] { Audience }, Lifetime = TimeSpan.FromHours(1) });
        await Accepted(verifier, token);
        _issuer.IsAway = true;
        _time.Pass(TimeSpan.FromMinutes(5));
        await Accepted(verifier, token);
        _time.Pass(TimeSpan.FromSeconds(1));
        await Refused(verifier, token, RefusalReason.KeysUnavailable);
    }

    [Fact]
    public async Task An_issuer_that_is_away_from_the_start_is_not_the_token_s_fault()
    {
        _issuer.IsAway = true;
        using TokenVerifier verifier = NewVerifier();
        Task<bool> ready = verifier.ReadyAsync();
        Task<VerificationResult> call = verifier.VerifyAsync(_issuer.Issue(Audience, "all"));
        await TimePasses(Task.WhenAll(ready, call));
        Assert.False(await ready);
        VerificationResult result = await call;
        Assert.Equal(RefusalReason.KeysUnavailable, result.Refusal?.Reason);
        Assert.Contains("away", verifier.Fault);
    }

    [Fact]
    public async Task Many_callers_cause_one_request_for_an_unknown_key()
    {
        using TokenVerifier verifier = NewVerifier();
        await Accepted(verifier, _issuer.Issue(Audience, "all"));
        int before = _issuer.RequestsFor(PublishedDocuments.KeysPath);
        using var stranger = new InMemoryIssuer(timeProvider: _time);
        Task<VerificationResult>[] calls = Enumerable.Range(0, 50)
            .Select(_ => verifier.VerifyAsync(stranger.Issue(Audience, "all")))
            .ToArray();
        // The look-ups are a second apart.
        int seconds = await TimePasses(Task.WhenAll(calls));
        foreach (Task<VerificationResult> call in calls)
        {
            VerificationResult result = await call;
            Assert.Equal(RefusalReason.UnknownKey, result.Refusal?.Reason);
        }
        Assert.InRange(_issuer.RequestsFor(PublishedDocuments.KeysPath) - before, 1, seconds);
    }

    [Fact]
    public async Task A_caller_can_go_away_without_an_effect_on_others()
    {
        using TokenVerifier verifier = NewVerifier();
        await Accepted(verifier, _issuer.Issue(Audience, "all"));
        using var stranger = new InMemoryIssuer(timeProvider: _time);
        using var gone = new System.Threading.CancellationTokenSource();
        Task<VerificationResult> call = verifier.VerifyAsync(stranger.Issue(Audience, "all"), gone.Token);
        gone.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        await Accepted(verifier, _issuer.Issue(Audience, "all"));
    }

    [Fact]
    public async Task Each_refusal_has_the_answer_that_RFC_6750_wants()
    {
        using TokenVerifier verifier = NewVerifier();
        string good = _issuer.Issue(Audience, "orders:read");
        VerificationResult none = await verifier.AuthenticateAsync(Array.Empty<string>());
        Assert.Equal($"Bearer realm=\"{Audience}\"", none.Refusal?.Challenge);
        VerificationResult two = await verifier.AuthenticateAsync(new[] { "Bearer " + good, "Bearer " + good });
        Assert.Equal(400, two.Refusal?.StatusCode);
        Assert.Equal(
            "Bearer error=\"invalid_request\", error_description=\"the Authorization header is malformed\"",
            two.Refusal?.Challenge);
        string secret = "atspat_00000000000000000000000000000000000000000002CZclj";
        VerificationResult shown = await verifier.AuthenticateAsync(new[] { "Bearer " + secret });
        Assert.Equal(RefusalReason.NotExchanged, shown.Refusal?.Reason);
        Assert.Contains("exchange it first", shown.Refusal?.Challenge);
        Refusal refusal = verifier.InsufficientScope("orders:write");
        Assert.Equal(403, refusal.StatusCode);
        Assert.Equal(
            "Bearer error=\"insufficient_scope\", error_description=\"the authentication token lacks a scope\", "
                + "scope=\"orders:write\", error_uri=\"https://pat.example.com/settings/personal-access-tokens/new"
                + "?scopes=orders:write\"",
            refusal.Challenge);
        string unquotable = verifier.InsufficientScope("a\"\r\nb").Challenge!;
        Assert.DoesNotContain("\n", unquotable);
        Assert.DoesNotContain("scope=\"a", unquotable);
    }

    [Fact]
    public void Settings_that_can_t_be_valid_are_named()
    {
        foreach (string issuer in new[]
        {
            "", "pat.example.com", "http://pat.example.com", "https://pat.example.com/pat", "https://pat.example.com/?a",
            "https://user@pat.example.com", "ftp://pat.example.com",
        })
        {
            Assert.Throws<ArgumentException>(() => NewVerifier(options => options.Issuer = issuer));
        }
        foreach (string issuer in new[]
        {
            "https://pat.example.com/", "http://127.0.0.1:8080", "http://localhost:8080", "https://pat.example.com:8443",
        })
        {
            NewVerifier(options => options.Issuer = issuer).Dispose();
        }
        Assert.Throws<ArgumentException>(() => NewVerifier(options => options.Audience = ""));
        Assert.Throws<ArgumentException>(() => NewVerifier(options => options.Leeway = TimeSpan.FromSeconds(61)));
        Assert.Throws<ArgumentException>(() => NewVerifier(options => options.StalenessLimit = options.ListInterval));
        Assert.Throws<ArgumentException>(() => NewVerifier(options => options.Realm = "a\"b"));
    }

    private static async Task<AuthenticationToken> Accepted(TokenVerifier verifier, string token)
    {
        VerificationResult result = await verifier.VerifyAsync(token);
        Assert.Null(result.Refusal);
        return result.Token!;
    }

    private static async Task<Refusal> Refused(TokenVerifier verifier, string token, RefusalReason reason)
    {
        VerificationResult result = await verifier.VerifyAsync(token);
        Assert.Equal(reason, result.Refusal?.Reason);
        return result.Refusal!;
    }

    /// <summary>Asks until the verifier says so. The runner ends a test that asks for ever.</summary>
    private static async Task Eventually(TokenVerifier verifier, string token, RefusalReason reason)
    {
        while ((await verifier.VerifyAsync(token)).Refusal?.Reason != reason)
        {
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass until a task is done, and says how many seconds that took.</summary>
    private async Task<int> TimePasses(Task task)
    {
        int seconds = 0;
        while (!task.IsCompleted)
        {
            _time.Pass(TimeSpan.FromSeconds(1));
            seconds++;
            // The background task must have its turn.
            await Task.Delay(1);
        }
        await task;
        return seconds;
    }

    private TokenVerifier NewVerifier(Action<TokenVerifierOptions>? configure = null)
    {
        var options = new TokenVerifierOptions
        {
            Issuer = _issuer.Url,
            Audience = Audience,
            Backchannel = _issuer.Backchannel,
            TimeProvider = _time,
        };
        configure?.Invoke(options);
        return new TokenVerifier(options);
    }
}
