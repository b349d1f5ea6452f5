using System;
using System.IO;
using System.Text.Json;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>The vectors of <c>docs/vectors</c>, which the verifier in Rust judges too.</summary>
internal static class Vectors
{
    public static JsonElement Read(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "vectors", name + ".json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.Clone();
    }

    public static string Text(this JsonElement row, string name) => row.GetProperty(name).GetString()!;

    public static string? OptionalText(this JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public static long? OptionalNumber(this JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : null;
}
