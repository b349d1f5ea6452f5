using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Security.Authentication;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>One attempt that failed.</summary>
internal sealed class AttemptException : Exception
{
    public AttemptException(ExchangeException cause, bool isTemporary, TimeSpan? after)
        : base(cause.Message, cause)
    {
        Cause = cause;
        IsTemporary = isTemporary;
        After = after;
    }

    public ExchangeException Cause { get; }

    /// <summary>Whether asking again may help.</summary>
    public bool IsTemporary { get; }

    /// <summary>The wait that the service asked for.</summary>
    public TimeSpan? After { get; }
}

/// <summary>The place where personal access tokens are exchanged.</summary>
internal sealed class Exchange
{
    private const string Path = "/api/personalaccesstoken/getAuthenticationToken";
    private const string RegeneratePath = "/api/personalaccesstoken/self/regenerate";
    private const string Header = "personalAccessToken";

    /// <summary>The answers of the service are a tenth of this.</summary>
    private const int MaxBody = 64 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly Uri _regenerate;
    private readonly ICollection<string> _audience;
    private readonly TimeSpan _timeout;
    private readonly Clock _clock;

    /// <summary>The options must have been checked.</summary>
    public Exchange(PersonalAccessTokenOptions options, HttpClient http, Clock clock)
    {
        _http = http;
        _clock = clock;
        _audience = new List<string>(options.Audience);
        _timeout = options.RequestTimeout;
        var query = new StringBuilder();
        foreach (string audience in _audience)
        {
            query.Append(query.Length == 0 ? '?' : '&').Append("Audience=").Append(Uri.EscapeDataString(audience));
        }
        _address = new Uri(options.Service!, Path + query);
        _regenerate = new Uri(options.Service!, RegeneratePath);
    }

    /// <summary>Asks once for a bearer token.</summary>
    /// <exception cref="AttemptException">There is none.</exception>
    public Task<Exchanged> OnceAsync(string secret, CancellationToken cancel) => AskAsync(
        HttpMethod.Get, _address, secret, (response, body) => Answer.Read(response, body, _audience), cancel);

    /// <summary>Asks once for the next secret of a token.</summary>
    /// <exception cref="AttemptException">There is none.</exception>
    public Task<string> NextAsync(string secret, CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, _regenerate, secret, Answer.ReadNext, cancel);

    private async Task<T> AskAsync<T>(
        HttpMethod method, Uri address, string secret, Func<HttpResponseMessage, byte[], T> read, CancellationToken cancel)
    {
        using CancellationTokenSource limit = _clock.After(_timeout);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.Add(Header, secret);
            using HttpResponseMessage response = await _http
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token)
                .ConfigureAwait(false);
            return await ReadAsync(response, address, read, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error)
        {
            throw Temporary("The service did not answer in time.", error);
        }
        catch (HttpRequestException error) when (IsOfTls(error))
        {
            var cause = new ExchangeException(ExchangeFailure.Tls, "No secure connection can be made.", error);
            throw new AttemptException(cause, isTemporary: false, after: null);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw Temporary("The service can't be reached.", error);
        }
        catch (ExchangeException error)
        {
            throw new AttemptException(error, isTemporary: false, after: null);
        }
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage response, Uri asked, Func<HttpResponseMessage, byte[], T> read, CancellationToken cancel)
    {
        // A client that was given may follow redirects. Then it is too late for the secret, but its answer is nobody's.
        if (response.RequestMessage?.RequestUri is { } answered && answered != asked)
        {
            throw new ExchangeException(ExchangeFailure.Unavailable, "A redirect was followed. Give a client that doesn't.");
        }
        byte[] body = await BodyAsync(response, cancel).ConfigureAwait(false);
        try
        {
            return read(response, body);
        }
        catch (ExchangeException error) when (Retry.IsTemporary(response))
        {
            throw new AttemptException(error, isTemporary: true, Retry.After(response));
        }
        catch (InvalidOperationException error)
        {
            // A text with half a character.
            throw new ExchangeException(ExchangeFailure.Unavailable, "The service gave an unexpected answer.", error);
        }
    }

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken cancel)
    {
#if NET
        using Stream stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
#else
        using Stream stream = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
#endif
        var body = new byte[MaxBody + 1];
        int length = 0;
        while (true)
        {
            int more = await stream.ReadAsync(body, length, body.Length - length, cancel).ConfigureAwait(false);
            length += more;
            if (length > MaxBody)
            {
                throw new ExchangeException(ExchangeFailure.Unavailable, $"The answer is longer than {MaxBody} bytes.");
            }
            if (more == 0)
            {
                Array.Resize(ref body, length);
                return body;
            }
        }
    }

    private static bool IsOfTls(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
            {
                return true;
            }
        }
        return false;
    }

    private static AttemptException Temporary(string message, Exception error) =>
        new(new ExchangeException(ExchangeFailure.Unavailable, message, error), isTemporary: true, after: null);
}
