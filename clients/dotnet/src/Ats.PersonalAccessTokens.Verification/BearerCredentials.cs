using System;
using System.Collections.Generic;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>The <c>Authorization</c> headers of a request (RFC 6750, section 2.1).</summary>
internal static class BearerCredentials
{
    private const string Scheme = "Bearer";

    /// <summary>
    /// Reads the values of all headers. The token is <see langword="null"/> if there is none, or only credentials of
    /// another scheme.
    /// </summary>
    /// <returns>Whether the headers are well formed.</returns>
    public static bool TryRead(IEnumerable<string?> values, out string? token)
    {
        token = null;
        string? only = null;
        foreach (string? value in values)
        {
            if (only is not null)
            {
                return false;
            }
            only = value ?? "";
        }
        if (only is null)
        {
            return true;
        }
        int space = only.IndexOf(' ');
        string scheme = space < 0 ? only : only.Substring(0, space);
        string rest = space < 0 ? "" : only.Substring(space + 1).TrimStart(' ');
        if (!string.Equals(scheme, Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return IsScheme(scheme);
        }
        if (!IsToken68(rest))
        {
            return false;
        }
        token = rest;
        return true;
    }

    /// <summary>The characters of a token (RFC 9110, section 5.6.2) that names of schemes use.</summary>
    private static bool IsScheme(string text)
    {
        foreach (char character in text)
        {
            if (!IsLetterOrDigit(character) && character is not ('-' or '_' or '.'))
            {
                return false;
            }
        }
        return text.Length > 0;
    }

    private static bool IsToken68(string text)
    {
        string characters = text.TrimEnd('=');
        foreach (char character in characters)
        {
            if (!IsLetterOrDigit(character) && character is not ('-' or '.' or '_' or '~' or '+' or '/'))
            {
                return false;
            }
        }
        return characters.Length > 0;
    }

    private static bool IsLetterOrDigit(char character) =>
        character is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
