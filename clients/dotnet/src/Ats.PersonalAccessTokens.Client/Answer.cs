using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>What the answers of the service mean.</summary>
internal static class Answer
{
    private const string ExpiresAt = "Ats-Authentication-Token-Expires-At";
    private const string PersonalAccessTokenExpiresAt = "Ats-Personal-Access-Token-Expires-At";
    private const string AudienceHeader = "Ats-Authentication-Token-Audience";
    private const int Success = 1;
    private const int LongestToken = 8 * 1024;

    /// <summary>No authentication token lives longer.</summary>
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromHours(1);

    /// <summary><c>Date</c> is cut to whole seconds, so the answer may be up to this much younger.</summary>
    private static readonly TimeSpan DateStep = TimeSpan.FromSeconds(1);

    /// <summary>Reads the answer to an exchange. One without the envelope does not come from the service.</summary>
    /// <exception cref="ExchangeException">It has no token, or the service refused.</exception>
    public static Exchanged Read(HttpResponseMessage response, byte[] body, ICollection<string> audience)
    {
        JsonElement data = Data(response, body);
        string token = data.ValueKind == JsonValueKind.String ? data.GetString() ?? "" : "";
        if (!IsToken(token))
        {
            throw Unexpected(response, "no token");
        }
        if (Time(response, ExpiresAt) is not { } expiresAt
            || Time(response, PersonalAccessTokenExpiresAt) is not { } secretExpiresAt)
        {
            throw Unexpected(response, "no expiry");
        }
        CheckAudience(response, audience);
        return new Exchanged(
            new BearerToken(token, expiresAt, secretExpiresAt),
            LifetimeUntil(response, expiresAt),
            response.Headers.Date is { } date ? secretExpiresAt - date : null);
    }

    /// <summary>Reads the answer that has a token's next secret.</summary>
    /// <exception cref="ExchangeException">It has none, or the service refused.</exception>
    public static string ReadNext(HttpResponseMessage response, byte[] body)
    {
        JsonElement data = Data(response, body);
        return data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("Secret", out JsonElement secret)
            && secret.ValueKind == JsonValueKind.String
            && secret.GetString() is { } text
            && Secret.IsWellFormed(text)
            ? text
            : throw Unexpected(response, "no token");
    }

    /// <summary>The data of a success.</summary>
    private static JsonElement Data(HttpResponseMessage response, byte[] body)
    {
        (int code, string message, JsonElement data) = Envelope(response, body);
        if (code != Success)
        {
            throw ExchangeException.Of(code, message, Retry.IsTemporary(response) || (int)response.StatusCode >= 500);
        }
        return response.StatusCode == HttpStatusCode.OK ? data : throw Unexpected(response, "no token");
    }

    private static (int Code, string Message, JsonElement Data) Envelope(HttpResponseMessage response, byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement envelope = document.RootElement;
            if (envelope.ValueKind == JsonValueKind.Object
                && envelope.TryGetProperty("ResponseCode", out JsonElement code)
                && code.ValueKind == JsonValueKind.Number
                && code.TryGetInt32(out int number)
                && envelope.TryGetProperty("ErrorMessage", out JsonElement message)
                && message.ValueKind == JsonValueKind.String)
            {
                envelope.TryGetProperty("Data", out JsonElement data);
                return (number, message.GetString() ?? "", data.ValueKind == JsonValueKind.Undefined ? data : data.Clone());
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // It is not the service's.
        }
        int status = (int)response.StatusCode;
        throw Unexpected(
            response, status is >= 300 and < 400 ? "a redirect, which is not followed" : "not the envelope of the service");
    }

    /// <summary>A header can carry such a token, and every verifier reads one of this length.</summary>
    private static bool IsToken(string text)
    {
        foreach (char character in text)
        {
            if (character is <= ' ' or > '~')
            {
                return false;
            }
        }
        return text.Length is > 0 and <= LongestToken;
    }

    /// <summary>Accepts a token that is for some of the audiences that were asked for, and for no other.</summary>
    private static void CheckAudience(HttpResponseMessage response, ICollection<string> asked)
    {
        if (asked.Count == 0)
        {
            return;
        }
        bool told = false;
        if (response.Headers.TryGetValues(AudienceHeader, out IEnumerable<string>? values))
        {
            // A proxy on the way may have split the header.
            foreach (string name in string.Join(" ", values).Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
            {
                told = true;
                if (!asked.Contains(name))
                {
                    throw new ExchangeException(
                        ExchangeFailure.AudienceTooWide,
                        $"The token of the service is also for the audience {ExchangeException.Harmless(name)}, which was "
                            + "not asked for. Tell the operator of the service.");
                }
            }
        }
        if (!told)
        {
            throw new ExchangeException(
                ExchangeFailure.AudienceNotTold,
                "The service does not say for whom its token is, so it may be for more than the audiences that were asked "
                    + "for. Update the service, or ask for no audience.");
        }
    }

    /// <summary>
    /// Both times are of the service's clock, so the machine's clock may be wrong. If an answer has no date, its token
    /// can be used now, and is not kept.
    /// </summary>
    private static TimeSpan LifetimeUntil(HttpResponseMessage response, DateTimeOffset expiresAt)
    {
        if (response.Headers.Date is not { } date || expiresAt - date <= DateStep)
        {
            return TimeSpan.Zero;
        }
        TimeSpan lifetime = expiresAt - date - DateStep;
        return lifetime < LongestLifetime ? lifetime : LongestLifetime;
    }

    private static DateTimeOffset? Time(HttpResponseMessage response, string name)
    {
        if (response.Headers.TryGetValues(name, out IEnumerable<string>? values))
        {
            foreach (string value in values)
            {
                return DateTimeOffset.TryParseExact(
                    value,
                    "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal,
                    out DateTimeOffset time)
                    ? time
                    : null;
            }
        }
        return null;
    }

    private static ExchangeException Unexpected(HttpResponseMessage response, string what) => new(
        ExchangeFailure.Unavailable, $"The service gave an unexpected answer with status {(int)response.StatusCode}: {what}.");
}
