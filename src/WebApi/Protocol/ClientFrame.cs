using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Protocol;

/// <summary>The envelope of a frame from a client.</summary>
/// <remarks>No record: a printed one would show tokens and messages.</remarks>
internal sealed class ClientFrame
{
    /// <summary>The longest <see cref="Id"/>, in characters.</summary>
    public const int MaxIdLength = 64;

    private static readonly byte[] NoFields = "{}"u8.ToArray();

    /// <summary>What it is; empty while that could not be read.</summary>
    public string Type { get; set; } = "";

    /// <summary>The client's own id, for <c>reply_to</c>; set even when the rest of the frame is wrong, if it could be read.</summary>
    public string? Id { get; set; }

    /// <summary>Which session, as it was sent.</summary>
    public string? SessionId { get; set; }

    /// <summary>The text.</summary>
    public string? Content { get; set; }

    /// <summary>The type's own fields: a JSON object, or nothing. A slice of the frame's buffer.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Reads the type's own fields; unknown ones are ignored.</summary>
    /// <returns>The fields, or <c>WS_005</c> naming the one that is wrong.</returns>
    public Result<T> ReadData<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Data.IsEmpty ? NoFields : Data.Span, type)!;
        }
        catch (JsonException exception)
        {
            var field = FieldOf(exception.Path);
            return RequestErrors.InvalidField(field, $"{field} has a value of the wrong kind.");
        }
    }

    private static string FieldOf(string? path) =>
        path is ['$', '.', .. var field] ? field : "data";
}
