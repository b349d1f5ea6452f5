using System;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Testing;

/// <summary>Answers requests with what an issuer publishes.</summary>
internal class PublishedDocuments : HttpMessageHandler
{
    public const string KeysPath = "/.well-known/jwks.json";
    public const string ListsPath = "/status-lists";
    public const string MetadataPath = "/.well-known/oauth-authorization-server";

    public string Issuer { get; set; } = "";

    public string KeySet { get; set; } = "";

    public string StatusListUri { get; set; } = "";

    public string StatusList { get; set; } = "";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HttpResponseMessage response = Answer(request);
        response.RequestMessage = request;
        return Task.FromResult(response);
    }

    /// <summary>The answer to one request.</summary>
    protected virtual HttpResponseMessage Answer(HttpRequestMessage request)
    {
        string address = request.RequestUri?.AbsoluteUri ?? "";
        if (address == StatusListUri)
        {
            return Of(StatusList, "application/statuslist+jwt", request);
        }
        if (!address.StartsWith(Issuer + "/", StringComparison.Ordinal))
        {
            return new HttpResponseMessage(HttpStatusCode.NotFound);
        }
        return address.Substring(Issuer.Length) switch
        {
            MetadataPath => Of(
                $"{{\"issuer\":\"{Issuer}\",\"jwks_uri\":\"{Issuer}{KeysPath}\","
                    + $"\"status_list_aggregation_endpoint\":\"{Issuer}{ListsPath}\"}}",
                "application/json",
                request),
            KeysPath => Of(KeySet, "application/jwk-set+json", request),
            ListsPath => Of($"{{\"status_lists\":[\"{StatusListUri}\"]}}", "application/json", request),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound),
        };
    }

    /// <summary>A document, or that it is the one that the asker has.</summary>
    private static HttpResponseMessage Of(string text, string mediaType, HttpRequestMessage request)
    {
        var tag = new EntityTagHeaderValue($"\"{StableHash(text)}\"");
        foreach (EntityTagHeaderValue held in request.Headers.IfNoneMatch)
        {
            if (held.Equals(tag))
            {
                return new HttpResponseMessage(HttpStatusCode.NotModified) { Headers = { ETag = tag } };
            }
        }
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content, Headers = { ETag = tag } };
    }

    private static string StableHash(string text) => Verification.Base64Url.Encode(Verification.PublicKey.Sha256(text));
}
