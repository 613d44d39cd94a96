using System.Text.Json;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Reads what may be missing or of another kind than expected: the CLI's messages grow and change with its versions.</summary>
internal static class LenientJson
{
    internal static JsonElement? Property(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static string? Text(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    internal static bool Flag(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.True };

    internal static int? Int(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    internal static long Long(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : 0;

    internal static double? Double(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    internal static decimal? Decimal(this JsonElement element, string name) =>
        element.Property(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var number) ? number : null;

    /// <summary>The elements of an array; none when it is not one.</summary>
    internal static IEnumerable<JsonElement> Items(this JsonElement? element)
    {
        if (element is not { ValueKind: JsonValueKind.Array } array)
            yield break;

        foreach (var item in array.EnumerateArray())
            yield return item;
    }
}
