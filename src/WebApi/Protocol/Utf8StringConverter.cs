using System.Text.Json;
using System.Text.Json.Serialization;

namespace Claudy.WebApi.Protocol;

/// <summary>Reads a JSON string into its UTF-8 bytes, without a UTF-16 copy of what may be megabytes.</summary>
internal sealed class Utf8StringConverter : JsonConverter<byte[]>
{
    public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException();
        }

        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.ToArray();
        }

        var buffer = new byte[reader.ValueSpan.Length];
        var length = reader.CopyString(buffer);
        return buffer[..length];
    }

    public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}
