using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>The verifier did not take what the issuer published. The message is for the log.</summary>
internal sealed class IssuerException : Exception
{
    public IssuerException(string message)
        : base(message)
    {
    }

    public IssuerException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>A document of the issuer.</summary>
internal sealed class IssuerDocument
{
    public IssuerDocument(byte[]? body, string? entityTag, TimeSpan age)
    {
        Body = body;
        EntityTag = entityTag;
        Age = age;
    }

    /// <summary>Its bytes; <see langword="null"/> if the one with the entity tag is still the current one.</summary>
    public byte[]? Body { get; }

    public string? EntityTag { get; }

    /// <summary>How long ago the issuer knew that it is the current one (<c>Age</c>; RFC 9111, section 5.1).</summary>
    public TimeSpan Age { get; }
}

/// <summary>
/// Reads the documents of an issuer over HTTP: only from https addresses or from this machine, up to a length, and
/// within a time. It follows no redirect.
/// </summary>
internal sealed class IssuerDocuments
{
    private readonly HttpClient _http;
    private readonly TimeSpan _timeout;
    private readonly Clock _clock;

    public IssuerDocuments(HttpClient http, TimeSpan timeout, Clock clock)
    {
        _http = http;
        _timeout = timeout;
        _clock = clock;
    }

    /// <summary>Whether keys and lists may come from an address.</summary>
    public static bool IsSecure(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    /// <summary>Gets a document. The media types are in lower case.</summary>
    /// <exception cref="IssuerException">There is none that is accepted.</exception>
    public async Task<IssuerDocument> GetAsync(
        string address, IReadOnlyList<string> mediaTypes, int maxLength, string? entityTag, CancellationToken stop)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || !IsSecure(uri))
        {
            throw new IssuerException("not an https address");
        }
        using CancellationTokenSource limit = _clock.After(_timeout);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.TryAddWithoutValidation("Accept", string.Join(", ", mediaTypes));
            if (entityTag is not null)
            {
                request.Headers.TryAddWithoutValidation("If-None-Match", entityTag);
            }
            using HttpResponseMessage response = await _http
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token)
                .ConfigureAwait(false);
            return await ReadAsync(response, uri, mediaTypes, maxLength, entityTag, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new IssuerException("no answer within the time limit");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new IssuerException($"the request failed: {error.Message}", error);
        }
    }

    private static async Task<IssuerDocument> ReadAsync(
        HttpResponseMessage response,
        Uri asked,
        IReadOnlyList<string> mediaTypes,
        int maxLength,
        string? entityTag,
        CancellationToken cancel)
    {
        // A client that was given to the verifier may follow redirects.
        if (response.RequestMessage?.RequestUri is { } answered && answered != asked)
        {
            throw new IssuerException("a redirect, which is not followed");
        }
        TimeSpan age = AgeOf(response);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                break;
            case HttpStatusCode.NotModified when entityTag is not null:
                return new IssuerDocument(null, entityTag, age);
            case HttpStatusCode.NotFound:
            case HttpStatusCode.Gone:
                throw new IssuerException("there is nothing at this address");
            default:
                throw new IssuerException($"answered with status {(int)response.StatusCode}");
        }
        string? mediaType = response.Content.Headers.ContentType?.MediaType;
        bool isAccepted = false;
        foreach (string accepted in mediaTypes)
        {
            isAccepted |= string.Equals(accepted, mediaType, StringComparison.OrdinalIgnoreCase);
        }
        if (!isAccepted)
        {
            throw new IssuerException("not of the expected media type");
        }
        byte[] body = await BodyAsync(response, maxLength, cancel).ConfigureAwait(false);
        return new IssuerDocument(body, First(response, "ETag"), age);
    }

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, int maxLength, CancellationToken cancel)
    {
#if NET
        using Stream stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
#else
        using Stream stream = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
#endif
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (true)
        {
            int length = await stream.ReadAsync(chunk, 0, chunk.Length, cancel).ConfigureAwait(false);
            if (length == 0)
            {
                return body.ToArray();
            }
            if (body.Length + length > maxLength)
            {
                throw new IssuerException("longer than allowed");
            }
            body.Write(chunk, 0, length);
        }
    }

    /// <summary>The greatest age that an answer gives. A value that is no number is ignored.</summary>
    private static TimeSpan AgeOf(HttpResponseMessage response)
    {
        TimeSpan greatest = TimeSpan.Zero;
        if (!response.Headers.TryGetValues("Age", out IEnumerable<string>? values))
        {
            return greatest;
        }
        foreach (string value in values)
        {
            string digits = value.Trim();
            if (digits.Length == 0 || digits.Trim('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').Length > 0)
            {
                continue;
            }
            // Eleven digits are three thousand years.
            TimeSpan age = digits.Length > 11 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(long.Parse(digits, Invariant));
            greatest = age > greatest ? age : greatest;
        }
        return greatest;
    }

    private static System.Globalization.CultureInfo Invariant => System.Globalization.CultureInfo.InvariantCulture;

    private static string? First(HttpResponseMessage response, string name)
    {
        if (response.Headers.TryGetValues(name, out IEnumerable<string>? values))
        {
            foreach (string value in values)
            {
                return value;
            }
        }
        return null;
    }
}
