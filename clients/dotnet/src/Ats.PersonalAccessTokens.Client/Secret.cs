using System;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>The form of a personal access token: <c>atspat_</c>, 43 base62 digits of secret, 6 of checksum.</summary>
internal static class Secret
{
    public const string Prefix = "atspat_";

    private const int Digits = 43;
    private const int ChecksumDigits = 6;
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>2^256 - 1. The digits ascend in ASCII, so texts of one length compare like the numbers.</summary>
    private const string Greatest = "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1";

    /// <summary>Whether a text is exactly a personal access token. Nobody knows whether it was issued.</summary>
    public static bool IsWellFormed(string text)
    {
        if (text.Length != Prefix.Length + Digits + ChecksumDigits || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }
        string digits = text.Substring(Prefix.Length, Digits);
        foreach (char digit in digits)
        {
            if (Alphabet.IndexOf(digit) < 0)
            {
                return false;
            }
        }
        return string.CompareOrdinal(digits, Greatest) <= 0
            && text.EndsWith(ChecksumOf(digits), StringComparison.Ordinal);
    }

    /// <summary>CRC-32 (ISO-HDLC) as six digits.</summary>
    private static string ChecksumOf(string digits)
    {
        uint crc = uint.MaxValue;
        foreach (char digit in digits)
        {
            crc ^= digit;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        crc = ~crc;
        var text = new char[ChecksumDigits];
        for (int place = ChecksumDigits - 1; place >= 0; place--)
        {
            text[place] = Alphabet[(int)(crc % 62)];
            crc /= 62;
        }
        return new string(text);
    }
}
