using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Reads JSON strictly, because two parsers that read a text differently disagree about what was signed (RFC 8725,
/// section 2.4). Also parts that nobody uses are read.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 127 };
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// One object: valid UTF-8 without a byte order mark, without a member that occurs twice at any depth, without
    /// half characters and without numbers beyond all bounds. <see langword="null"/> for any other text. The caller
    /// disposes of it.
    /// </summary>
    public static JsonDocument? ParseObject(byte[] text)
    {
        JsonDocument? document = null;
        try
        {
            _ = Utf8.GetCharCount(text);
            document = JsonDocument.Parse(text, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object && IsUnambiguous(document.RootElement))
            {
                return document;
            }
        }
        catch (Exception error) when (IsOfText(error))
        {
            // The text is none that is accepted.
        }
        document?.Dispose();
        return null;
    }

    /// <summary>The value of a member that is a string.</summary>
    public static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>The value of a member that is an integer, written without a point or an exponent.</summary>
    public static long? Integer(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && IsNumber(value) && value.TryGetInt64(out long number)
            ? number
            : null;

    /// <summary>The same, without a sign.</summary>
    public static ulong? Unsigned(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && IsNumber(value) && value.TryGetUInt64(out ulong number)
            ? number
            : null;

    /// <summary>The value of a member that is an object.</summary>
    public static JsonElement? Object(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object ? value : null;

    /// <summary>Negative zero is no integer.</summary>
    private static bool IsNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.GetRawText() != "-0";

    private static bool IsUnambiguous(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (!names.Add(member.Name) || !IsUnambiguous(member.Value))
                    {
                        return false;
                    }
                }
                return true;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    if (!IsUnambiguous(item))
                    {
                        return false;
                    }
                }
                return true;
            case JsonValueKind.String:
                // It throws for half a character.
                return value.GetString() is not null;
            case JsonValueKind.Number:
                return !double.IsInfinity(value.GetDouble());
            default:
                return true;
        }
    }

    private static bool IsOfText(Exception error) =>
        error is JsonException or ArgumentException or InvalidOperationException or FormatException or OverflowException;
}
