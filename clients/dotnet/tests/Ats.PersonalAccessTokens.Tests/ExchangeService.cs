using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>A personal access token service in memory, for the client. It numbers its tokens.</summary>
internal sealed class ExchangeService : HttpMessageHandler
{
    public const string Secret = "atspat_00000000000000000000000000000000000000000002CZclj";
    public const string OtherSecret = "atspat_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";

    private readonly TimeProvider _time;
    private int _exchanges;

    public ExchangeService(TimeProvider time) => _time = time;

    public int Exchanges => Volatile.Read(ref _exchanges);

    /// <summary>The addresses that were asked.</summary>
    public List<string> Asked { get; } = new();

    /// <summary>The secrets that were shown.</summary>
    public List<string> Shown { get; } = new();

    /// <summary>Answers that come before the usual ones.</summary>
    public Queue<Func<HttpResponseMessage>> Instead { get; } = new();

    /// <summary>What the answer says of the audience.</summary>
    public string? Audience { get; set; }

    /// <summary>The answers wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static HttpResponseMessage Refusal(int status, int code, string message = "no") =>
        Json((HttpStatusCode)status, $"{{\"Data\":null,\"ErrorMessage\":\"{message}\",\"ResponseCode\":{code}}}");

    public static HttpResponseMessage Json(HttpStatusCode status, string text) =>
        new(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref _exchanges);
        lock (Asked)
        {
            Asked.Add(request.RequestUri!.AbsoluteUri);
            Shown.AddRange(request.Headers.GetValues("personalAccessToken"));
        }
        await Gate;
        HttpResponseMessage response = Instead.Count > 0 ? Instead.Dequeue()() : Token(number);
        response.RequestMessage = request;
        return response;
    }

    private HttpResponseMessage Token(int number)
    {
        HttpResponseMessage response = Json(
            HttpStatusCode.OK, $"{{\"Data\":\"token.{number}\",\"ErrorMessage\":\"\",\"ResponseCode\":1}}");
        DateTimeOffset now = _time.GetUtcNow();
        response.Headers.Date = now;
        response.Headers.Add("Ats-Authentication-Token-Expires-At", Text(now.AddMinutes(5)));
        response.Headers.Add("Ats-Personal-Access-Token-Expires-At", Text(now.AddDays(30)));
        if (Audience is not null)
        {
            response.Headers.Add("Ats-Authentication-Token-Audience", Audience);
        }
        return response;
    }

    public static string Text(DateTimeOffset time) =>
        time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
