using System;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Where the documents of the issuer are (RFC 8414, section 2).</summary>
internal sealed class Metadata
{
    private Metadata(string keys, string statusLists)
    {
        Keys = keys;
        StatusLists = statusLists;
    }

    public string Keys { get; }

    /// <summary>Where the status lists are listed (draft-ietf-oauth-status-list, section 9).</summary>
    public string StatusLists { get; }

    public static string AddressOf(string issuer) => $"{issuer}/.well-known/oauth-authorization-server";

    /// <summary>Reads the metadata, if it is the issuer's and names only addresses of the issuer.</summary>
    /// <exception cref="IssuerException">It is not.</exception>
    public static Metadata Parse(byte[] text, string issuer)
    {
        using JsonDocument? document = StrictJson.ParseObject(text);
        string? named = document is null ? null : StrictJson.Text(document.RootElement, "issuer");
        if (document is null || named is null)
        {
            throw new IssuerException("the metadata is not what a verifier needs");
        }
        if (named != issuer)
        {
            string shown = Quotable.Is(named) && named.Length <= 200 ? named : "another";
            throw new IssuerException(
                $"the metadata is of the issuer {shown}, but this verifier expects {issuer}: give both the same URL");
        }
        string? keys = StrictJson.Text(document.RootElement, "jwks_uri");
        string? lists = StrictJson.Text(document.RootElement, "status_list_aggregation_endpoint");
        if (keys is null || lists is null || !IsBelow(keys, issuer) || !IsBelow(lists, issuer))
        {
            throw new IssuerException("the metadata is not what a verifier needs");
        }
        return new Metadata(keys, lists);
    }

    /// <summary>The address of the current list, from the document that lists all of them.</summary>
    /// <exception cref="IssuerException">It names none, several, or one of another host.</exception>
    public static string CurrentList(byte[] text, string issuer)
    {
        using JsonDocument? document = StrictJson.ParseObject(text);
        if (document is not null
            && document.RootElement.TryGetProperty("status_lists", out JsonElement lists)
            && lists.ValueKind == JsonValueKind.Array
            && lists.GetArrayLength() == 1
            && lists[0].ValueKind == JsonValueKind.String
            && lists[0].GetString() is { } only
            && IsBelow(only, issuer))
        {
            return only;
        }
        throw new IssuerException("the list of status lists does not name one of the issuer");
    }

    /// <summary>Whether an address is one of the issuer's. This is how no answer leads to another host.</summary>
    private static bool IsBelow(string address, string issuer) =>
        address.StartsWith(issuer + "/", StringComparison.Ordinal) && Quotable.IsVisible(address);
}
