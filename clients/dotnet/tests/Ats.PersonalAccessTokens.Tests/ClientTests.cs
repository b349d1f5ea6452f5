using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Client;
using Xunit;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>What the client does with the service, and what it gives to APIs.</summary>
public sealed class ClientTests
{
    private readonly TestTime _time = new();
    private readonly ExchangeService _service;

    public ClientTests() => _service = new ExchangeService(_time);

    [Fact]
    public void Texts_are_personal_access_tokens_as_their_rows_say()
    {
        foreach (JsonElement row in Vectors.Read("personal-access-tokens").GetProperty("vectors").EnumerateArray())
        {
            string text = row.Text("text");
            Assert.Equal($"{text} {row.GetProperty("is_well_formed").GetBoolean()}", $"{text} {Secret.IsWellFormed(text)}");
        }
    }

    [Fact]
    public async Task Many_callers_cause_one_exchange()
    {
        var gate = new TaskCompletionSource<bool>();
        _service.Gate = gate.Task;
        using TokenSource source = NewSource();
        Task<BearerToken>[] calls = Enumerable.Range(0, 50).Select(_ => source.GetTokenAsync()).ToArray();
        using var gone = new CancellationTokenSource();
        Task<BearerToken> other = source.GetTokenAsync(gone.Token);
        gone.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => other);
        gate.SetResult(true);
        BearerToken[] tokens = await Task.WhenAll(calls);
        Assert.Equal(1, _service.Exchanges);
        foreach (BearerToken token in tokens)
        {
            Assert.Same(tokens[0], token);
        }
        Assert.Equal("token.1", tokens[0].Value);
        Assert.DoesNotContain("token.1", tokens[0].ToString());
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_ends_while_callers_have_the_last_one()
    {
        using TokenSource source = NewSource();
        BearerToken first = await source.GetTokenAsync();
        _time.Pass(TimeSpan.FromSeconds(200));
        Assert.Same(first, await source.GetTokenAsync());
        Assert.Equal(1, _service.Exchanges);
        _time.Pass(TimeSpan.FromSeconds(45));
        Assert.Same(first, await source.GetTokenAsync());
        BearerToken second = await Other(source, first);
        Assert.Equal("token.2", second.Value);
        Assert.Equal(2, _service.Exchanges);
        _time.Pass(TimeSpan.FromSeconds(299));
        Assert.Equal("token.3", (await source.GetTokenAsync()).Value);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again_and_a_refusal_is_not()
    {
        _service.Instead.Enqueue(() => ExchangeService.Refusal(503, 1503));
        _service.Instead.Enqueue(() => ExchangeService.Json(HttpStatusCode.BadGateway, "<html>"));
        using TokenSource source = NewSource();
        Task<BearerToken> token = source.GetTokenAsync();
        await TimePasses(token);
        Assert.Equal("token.3", (await token).Value);

        foreach ((int status, int code, ExchangeFailure failure) in new[]
        {
            (401, 1201, ExchangeFailure.Invalid), (401, 1202, ExchangeFailure.Expired), (401, 1203, ExchangeFailure.Revoked),
            (403, 1204, ExchangeFailure.NetworkNotAllowed), (401, 1205, ExchangeFailure.OwnerDisabled),
            (401, 1207, ExchangeFailure.OwnerSignInOverdue), (403, 1208, ExchangeFailure.SelfRegenerateNotAllowed),
            (403, 1306, ExchangeFailure.Refused), (400, 1001, ExchangeFailure.Refused),
            (400, 1999, ExchangeFailure.Refused), (500, 1500, ExchangeFailure.Unavailable),
        })
        {
            int before = _service.Exchanges;
            _service.Instead.Enqueue(() => ExchangeService.Refusal(status, code));
            using TokenSource other = NewSource();
            ExchangeException error = await Assert.ThrowsAsync<ExchangeException>(() => other.GetTokenAsync());
            Assert.Equal(failure, error.Failure);
            Assert.Equal(code, error.ResponseCode);
            Assert.Equal(before + 1, _service.Exchanges);
            // For a second, nobody asks again.
            await Assert.ThrowsAsync<ExchangeException>(() => other.GetTokenAsync());
            Assert.Equal(before + 1, _service.Exchanges);
            _time.Pass(TimeSpan.FromSeconds(2));
            Assert.Equal($"token.{before + 2}", (await other.GetTokenAsync()).Value);
        }
    }

    [Fact]
    public void The_numbers_of_failures_stay()
    {
        // Programs that were compiled with an earlier release contain them. A new one gets the next number.
        string[] names = Enum.GetValues<ExchangeFailure>().Select(failure => $"{failure} {(int)failure}").ToArray();
        Assert.Equal(
            new[]
            {
                "Unavailable 0", "Tls 1", "File 2", "Expired 3", "Revoked 4", "Invalid 5", "OwnerDisabled 6",
                "NetworkNotAllowed 7", "AudienceNotTold 8", "AudienceTooWide 9", "Refused 10", "SelfRegenerateNotAllowed 11",
                "OwnerSignInOverdue 12",
            },
            names);
    }

    [Fact]
    public async Task A_service_that_stays_away_is_given_up()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            _service.Instead.Enqueue(() => throw new HttpRequestException("refused"));
        }
        using TokenSource source = NewSource();
        Task<BearerToken> token = source.GetTokenAsync();
        await TimePasses(token);
        ExchangeException error = await Assert.ThrowsAsync<ExchangeException>(() => token);
        Assert.Equal(ExchangeFailure.Unavailable, error.Failure);
        Assert.InRange(_service.Exchanges, 4, 20);
    }

    [Fact]
    public async Task A_token_for_more_audiences_than_asked_for_is_not_used()
    {
        foreach ((string? told, ExchangeFailure? failure) in new (string?, ExchangeFailure?)[]
        {
            ("orders stock", null), ("stock", null), (null, ExchangeFailure.AudienceNotTold),
            ("orders sales", ExchangeFailure.AudienceTooWide), ("Orders", ExchangeFailure.AudienceTooWide),
        })
        {
            _service.Audience = told;
            using TokenSource source = NewSource(options =>
            {
                options.Audience.Add("orders");
                options.Audience.Add("stock");
            });
            if (failure is null)
            {
                await source.GetTokenAsync();
            }
            else
            {
                ExchangeException error = await Assert.ThrowsAsync<ExchangeException>(() => source.GetTokenAsync());
                Assert.Equal(failure, error.Failure);
            }
        }
        Assert.Contains("?Audience=orders&Audience=stock", _service.Asked[0]);
    }

    [Fact]
    public async Task A_file_is_read_again_for_each_exchange()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, ExchangeService.Secret + "\n");
            using TokenSource source = NewSource(options =>
            {
                options.Secret = null;
                options.SecretFile = file;
            });
            BearerToken token = await source.GetTokenAsync();
            File.WriteAllText(file, ExchangeService.OtherSecret);
            source.Invalidate(token);
            await source.GetTokenAsync();
            Assert.Equal(new List<string> { ExchangeService.Secret, ExchangeService.OtherSecret }, _service.Shown);
            File.WriteAllText(file, "atspat_guess");
            _time.Pass(TimeSpan.FromMinutes(6));
            ExchangeException error = await Assert.ThrowsAsync<ExchangeException>(() => source.GetTokenAsync());
            Assert.Equal(ExchangeFailure.File, error.Failure);
            Assert.DoesNotContain("guess", error.ToString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_message_harms_no_log_and_quotes_no_secret()
    {
        _service.Instead.Enqueue(() => ExchangeService.Refusal(401, 1999, "a\\r\\nb\\u202e" + new string('x', 1000)));
        using TokenSource source = NewSource();
        ExchangeException error = await Assert.ThrowsAsync<ExchangeException>(() => source.GetTokenAsync());
        Assert.Contains("abxxx", error.Message);
        Assert.InRange(error.Message.Length, 300, 340);
        _service.Instead.Enqueue(() => ExchangeService.Refusal(401, 1999, ExchangeService.Secret));
        _time.Pass(TimeSpan.FromSeconds(2));
        error = await Assert.ThrowsAsync<ExchangeException>(() => source.GetTokenAsync());
        Assert.DoesNotContain(ExchangeService.Secret, error.ToString());
    }

    [Fact]
    public async Task Only_requests_of_the_api_get_the_token()
    {
        using TokenSource source = NewSource();
        var api = new Api();
        using HttpClient client = NewClient(source, api);
        await client.GetAsync("https://orders.example.com/orders");
        await client.GetAsync("https://evil.example.com/orders");
        await client.GetAsync("http://orders.example.com/orders");
        await client.GetAsync("https://orders.example.com:8443/orders");
        using var own = new HttpRequestMessage(HttpMethod.Get, "https://orders.example.com/orders");
        own.Headers.Add("Authorization", "Basic YTpi");
        await client.SendAsync(own);
        Assert.Equal(new List<string> { "Bearer token.1", "", "", "", "Basic YTpi" }, api.Authorizations);
        Assert.Throws<ArgumentException>(() => new BearerTokenHandler(source, new[] { new Uri("http://orders.example.com") }));
    }

    [Fact]
    public async Task After_a_401_a_request_is_sent_once_more()
    {
        using TokenSource source = NewSource();
        var api = new Api { Refuses = "Bearer token.1" };
        using HttpClient client = NewClient(source, api);
        HttpResponseMessage response = await client.PostAsync("https://orders.example.com/", new StringContent("a"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(new List<string> { "Bearer token.1", "Bearer token.2" }, api.Authorizations);
        Assert.Equal(new List<string> { "a", "a" }, api.Bodies);
        // An API that refuses everything doesn't turn every request into an exchange.
        api.Refuses = "Bearer token.2";
        response = await client.GetAsync("https://orders.example.com/");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(2, _service.Exchanges);
        _time.Pass(TimeSpan.FromSeconds(6));
        using var stream = new StreamContent(new MemoryStream(new byte[] { 97 }));
        response = await client.PostAsync("https://orders.example.com/", stream);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(4, api.Authorizations.Count);
    }

    [Fact]
    public void Settings_that_can_t_be_valid_are_named_without_the_secret()
    {
        foreach (string service in new[]
        {
            "http://pat.example.com", "https://pat.example.com/pat", "https://user@pat.example.com", "ftp://localhost",
        })
        {
            Assert.Throws<ArgumentException>(() => NewSource(options => options.Service = new Uri(service)));
        }
        NewSource(options => options.Service = new Uri("http://127.0.0.1:8080")).Dispose();
        Assert.Throws<ArgumentException>(() => NewSource(options => options.Secret = null));
        Assert.Throws<ArgumentException>(() => NewSource(options => options.SecretFile = "/run/secret"));
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => NewSource(options => options.Secret = ExchangeService.Secret + "x"));
        Assert.DoesNotContain(ExchangeService.Secret, error.ToString());
    }

    /// <summary>Asks until the source gives another token.</summary>
    private static async Task<BearerToken> Other(TokenSource source, BearerToken before)
    {
        BearerToken token = before;
        while (ReferenceEquals(token, before))
        {
            await Task.Yield();
            token = await source.GetTokenAsync();
        }
        return token;
    }

    private static HttpClient NewClient(TokenSource source, Api api)
    {
        var handler = new BearerTokenHandler(source, new[] { new Uri("https://orders.example.com") }) { InnerHandler = api };
        return new HttpClient(handler);
    }

    /// <summary>Lets time pass until a task is done.</summary>
    private async Task TimePasses(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Pass(TimeSpan.FromMilliseconds(250));
            await Task.Delay(1);
        }
    }

    private TokenSource NewSource(Action<PersonalAccessTokenOptions>? configure = null)
    {
        var options = new PersonalAccessTokenOptions
        {
            Service = new Uri("https://pat.example.com"),
            Secret = ExchangeService.Secret,
            Backchannel = new HttpClient(_service, disposeHandler: false),
            TimeProvider = _time,
        };
        configure?.Invoke(options);
        return new TokenSource(options);
    }

    /// <summary>An API that notes what it gets.</summary>
    private sealed class Api : HttpMessageHandler
    {
        public List<string> Authorizations { get; } = new();

        public List<string> Bodies { get; } = new();

        /// <summary>The credentials that get 401.</summary>
        public string? Refuses { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string shown = request.Headers.Authorization?.ToString() ?? "";
            Authorizations.Add(shown);
            if (request.Content is not null)
            {
                Bodies.Add(await request.Content.ReadAsStringAsync());
            }
            HttpStatusCode status = shown == Refuses ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;
            return new HttpResponseMessage(status) { RequestMessage = request };
        }
    }
}
