using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>
/// Adds the bearer token to requests of the APIs, and to no others. A request with an <c>Authorization</c> of its own is
/// not changed. After a 401 the request is sent once more with a new token, if it can be repeated.
/// </summary>
public sealed class BearerTokenHandler : DelegatingHandler
{
    private readonly TokenSource _source;
    private readonly Func<Uri, bool> _isApi;

    /// <summary>Makes a handler for the requests of some origins.</summary>
    /// <param name="source">Where the tokens come from.</param>
    /// <param name="origins">The origins of the APIs, such as <c>https://orders.example.com</c>.</param>
    /// <exception cref="ArgumentException">An origin is not an https origin; http is for this machine only.</exception>
    public BearerTokenHandler(TokenSource source, IEnumerable<Uri> origins)
        : this(source, new ApiOrigins(origins).Has)
    {
    }

    internal BearerTokenHandler(TokenSource source, Func<Uri, bool> isApi)
    {
        _source = source ?? throw new ArgumentNullException(nameof(source));
        _isApi = isApi;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request is null)
        {
            throw new ArgumentNullException(nameof(request));
        }
        if (request.RequestUri is not { IsAbsoluteUri: true } address
            || request.Headers.Authorization is not null
            || !_isApi(address))
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        BearerToken token = await _source.GetTokenAsync(cancellationToken).ConfigureAwait(false);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }
        _source.Invalidate(token);
        if (!IsRepeatable(request.Content))
        {
            return response;
        }
        BearerToken fresh;
        try
        {
            fresh = await _source.GetTokenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ExchangeException)
        {
            // The answer of the API says more than the lack of another token would.
            return response;
        }
        if (ReferenceEquals(fresh, token))
        {
            return response;
        }
        response.Dispose();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", fresh.Value);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a body is in memory. Texts, forms and JSON are.</summary>
    private static bool IsRepeatable(HttpContent? content)
    {
#if NET
        if (content is ReadOnlyMemoryContent or System.Net.Http.Json.JsonContent)
        {
            return true;
        }
#endif
        return content is null or ByteArrayContent;
    }
}
