using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Client;
using Xunit;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>A client that replaces the personal access token of its file.</summary>
public sealed class RotationTests : IDisposable
{
    private const string First = ExchangeService.Secret;
    private const string Second = ExchangeService.OtherSecret;

    private readonly TestTime _time = new();
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly Service _service;

    public RotationTests()
    {
        _service = new Service(_time);
        Directory.CreateDirectory(_folder);
        File.WriteAllText(FilePath, First + "\n");
    }

    private string FilePath => Path.Combine(_folder, "token");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_token_that_is_due_is_replaced_and_the_next_one_is_used()
    {
        using TokenSource source = NewSource();
        BearerToken token = await source.GetTokenAsync();
        Assert.Equal(Second, token.Value);
        Assert.Equal(Second + "\n", File.ReadAllText(FilePath));
        Assert.False(File.Exists(FilePath + ".next"));
        Assert.Equal(new List<string> { $"GET {First}", $"POST {First}", $"GET {Second}" }, _service.Asked);
#if NET8_0_OR_GREATER
        if (!OperatingSystem.IsWindows())
        {
            // Nobody else can read it.
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
#endif
    }

    [Fact]
    public async Task A_token_that_is_not_due_stays()
    {
        using TokenSource source = NewSource(TimeSpan.FromDays(1));
        Assert.Equal(First, (await source.GetTokenAsync()).Value);
        Assert.Equal(new List<string> { $"GET {First}" }, _service.Asked);
    }

    [Fact]
    public async Task A_program_that_was_killed_before_the_confirmation_goes_on_with_the_next_one()
    {
        File.WriteAllText(FilePath + ".next", Second + "\n");
        _service.Next = Second;
        using TokenSource source = NewSource(TimeSpan.FromDays(1));
        Assert.Equal(Second, (await source.GetTokenAsync()).Value);
        Assert.Equal(Second + "\n", File.ReadAllText(FilePath));
        Assert.False(File.Exists(FilePath + ".next"));
    }

    [Fact]
    public async Task A_next_token_that_is_void_is_forgotten()
    {
        File.WriteAllText(FilePath + ".next", Second + "\n");
        using TokenSource source = NewSource(TimeSpan.FromDays(1));
        Assert.Equal(First, (await source.GetTokenAsync()).Value);
        Assert.False(File.Exists(FilePath + ".next"));
        Assert.Equal(First + "\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public async Task A_token_without_the_right_is_asked_about_once_and_used()
    {
        _service.IsFixed = true;
        using TokenSource source = NewSource();
        BearerToken token = await source.GetTokenAsync();
        source.Invalidate(token);
        await source.GetTokenAsync();
        Assert.Equal(First, token.Value);
        Assert.Equal(new List<string> { $"GET {First}", $"POST {First}", $"GET {First}" }, _service.Asked);
    }

    [Fact]
    public async Task What_the_service_may_have_confirmed_is_kept()
    {
        _service.Hangs = Second;
        using TokenSource source = NewSource();
        Assert.Equal(First, (await source.GetTokenAsync()).Value);
        Assert.Equal(Second + "\n", File.ReadAllText(FilePath + ".next"));
        Assert.Equal(First + "\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public async Task While_another_program_replaces_it_the_token_is_used()
    {
        using var other = new FileStream(FilePath + ".lock", FileMode.Create, FileAccess.Write, FileShare.None);
        using TokenSource source = NewSource();
        Assert.Equal(First, (await source.GetTokenAsync()).Value);
        Assert.Equal(new List<string> { $"GET {First}" }, _service.Asked);
    }

    private TokenSource NewSource(TimeSpan? before = null) => new(new PersonalAccessTokenOptions
    {
        Service = new Uri("https://pat.example.com"),
        SecretFile = FilePath,
        RotateBefore = before ?? TimeSpan.FromDays(60),
        Backchannel = new HttpClient(_service),
        TimeProvider = _time,
    });

    /// <summary>A service whose bearer tokens are the secrets that they were exchanged for.</summary>
    private sealed class Service : HttpMessageHandler
    {
        private readonly TestTime _time;

        public Service(TestTime time) => _time = time;

        public List<string> Asked { get; } = new();

        /// <summary>The secret that a token got itself.</summary>
        public string? Next { get; set; }

        public bool IsFixed { get; set; }

        /// <summary>The secret whose exchange gets no answer.</summary>
        public string? Hangs { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string secret = request.Headers.GetValues("personalAccessToken").Single();
            Asked.Add($"{request.Method} {secret}");
            if (request.Method == HttpMethod.Get && secret == Hangs)
            {
                throw new HttpRequestException("no answer");
            }
            HttpResponseMessage response = request.Method == HttpMethod.Post ? Regenerate() : Exchange(secret);
            response.RequestMessage = request;
            return Task.FromResult(response);
        }

        private HttpResponseMessage Regenerate()
        {
            if (IsFixed)
            {
                return ExchangeService.Refusal(403, 1208);
            }
            Next = Second;
            return ExchangeService.Json(
                HttpStatusCode.OK, $"{{\"Data\":{{\"Secret\":\"{Second}\"}},\"ErrorMessage\":\"\",\"ResponseCode\":1}}");
        }

        private HttpResponseMessage Exchange(string secret)
        {
            if (secret != First && secret != Next)
            {
                return ExchangeService.Refusal(401, 1201);
            }
            HttpResponseMessage response = ExchangeService.Json(
                HttpStatusCode.OK, $"{{\"Data\":\"{secret}\",\"ErrorMessage\":\"\",\"ResponseCode\":1}}");
            DateTimeOffset now = _time.GetUtcNow();
            response.Headers.Date = now;
            response.Headers.Add("Ats-Authentication-Token-Expires-At", ExchangeService.Text(now.AddMinutes(5)));
            response.Headers.Add("Ats-Personal-Access-Token-Expires-At", ExchangeService.Text(now.AddDays(30)));
            return response;
        }
    }
}
