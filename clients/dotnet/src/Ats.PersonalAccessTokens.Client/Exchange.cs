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
    private const string Header = "personalAccessToken";

    /// <summary>The answers of the service are a tenth of this.</summary>
    private const int MaxBody = 64 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly ICollection<string> _audience;
    private readonly string? _secret;
    private readonly string? _secretFile;
    private readonly TimeSpan _timeout;

    /// <summary>The options must have been checked.</summary>
    public Exchange(PersonalAccessTokenOptions options, HttpClient http)
    {
        _http = http;
        _audience = new List<string>(options.Audience);
        _secret = options.Secret;
        _secretFile = options.SecretFile;
        _timeout = options.RequestTimeout;
        var query = new StringBuilder();
        foreach (string audience in _audience)
        {
            query.Append(query.Length == 0 ? '?' : '&').Append("Audience=").Append(Uri.EscapeDataString(audience));
        }
        _address = new Uri(options.Service!, Path + query);
    }

    /// <summary>Asks once for a bearer token.</summary>
    /// <returns>The token, and how long it lives from the moment of its answer.</returns>
    /// <exception cref="AttemptException">There is none.</exception>
    public async Task<(BearerToken Token, TimeSpan Lifetime)> OnceAsync(Clock clock, CancellationToken cancel)
    {
        using CancellationTokenSource limit = clock.After(_timeout);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _address);
            request.Headers.Add(Header, Secret());
            using HttpResponseMessage response = await _http
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token)
                .ConfigureAwait(false);
            return await ReadAsync(response, both.Token).ConfigureAwait(false);
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

    private async Task<(BearerToken Token, TimeSpan Lifetime)> ReadAsync(
        HttpResponseMessage response, CancellationToken cancel)
    {
        // A client that was given may follow redirects. Then it is too late for the secret, but its answer is nobody's.
        if (response.RequestMessage?.RequestUri is { } answered && answered != _address)
        {
            throw new ExchangeException(ExchangeFailure.Unavailable, "A redirect was followed. Give a client that doesn't.");
        }
        byte[] body = await BodyAsync(response, cancel).ConfigureAwait(false);
        try
        {
            return Answer.Read(response, body, _audience);
        }
        catch (ExchangeException error) when (Retry.IsTemporary(response))
        {
            throw new AttemptException(error, isTemporary: true, Retry.After(response));
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

    /// <summary>The secret, which another program may have replaced in its file.</summary>
    private string Secret()
    {
        if (_secret is not null)
        {
            return _secret;
        }
        string text;
        try
        {
            text = File.ReadAllText(_secretFile!).TrimEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExchangeException(ExchangeFailure.File, $"The file {_secretFile} can't be read.", error);
        }
        return Client.Secret.IsWellFormed(text)
            ? text
            : throw new ExchangeException(ExchangeFailure.File, $"The file {_secretFile} has no personal access token.");
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
