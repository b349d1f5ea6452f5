using System;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Base64url without padding (RFC 7515, section 2) in canonical form: each value has one text. The decoder refuses
/// padding, white space, the other alphabet, and bits at the end that are not zero.
/// </summary>
internal static class Base64Url
{
    public static string Encode(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>The bytes of a part of a text; <see langword="null"/> if the part is not canonical.</summary>
    public static byte[]? Decode(string text, int start, int length)
    {
        int rest = length % 4;
        if (rest == 1)
        {
            return null;
        }
        var bytes = new byte[length / 4 * 3 + (rest == 0 ? 0 : rest - 1)];
        int written = 0;
        uint bits = 0;
        int count = 0;
        for (int index = start; index < start + length; index++)
        {
            int value = ValueOf(text[index]);
            if (value < 0)
            {
                return null;
            }
            bits = (bits << 6) | (uint)value;
            count += 6;
            if (count >= 8)
            {
                count -= 8;
                bytes[written++] = (byte)(bits >> count);
                bits &= (1u << count) - 1;
            }
        }
        return bits == 0 ? bytes : null;
    }

    public static byte[]? Decode(string text) => Decode(text, 0, text.Length);

    private static int ValueOf(char character) => character switch
    {
        >= 'A' and <= 'Z' => character - 'A',
        >= 'a' and <= 'z' => character - 'a' + 26,
        >= '0' and <= '9' => character - '0' + 52,
        '-' => 62,
        '_' => 63,
        _ => -1,
    };
}
