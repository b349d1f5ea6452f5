namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Texts that stand in the value of a header between quotes without change.</summary>
internal static class Quotable
{
    /// <summary>Whether a text is of visible ASCII characters, without quotes and backslashes.</summary>
    public static bool Is(string text)
    {
        foreach (char character in text)
        {
            if (!IsVisible(character) || character == '"' || character == '\\')
            {
                return false;
            }
        }
        return text.Length > 0;
    }

    /// <summary>Whether a text is of visible ASCII characters alone.</summary>
    public static bool IsVisible(string text)
    {
        foreach (char character in text)
        {
            if (!IsVisible(character))
            {
                return false;
            }
        }
        return text.Length > 0;
    }

    private static bool IsVisible(char character) => character > ' ' && character < '\u007f';
}
