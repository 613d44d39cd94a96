using System.Text.Json;
using Claudy.Application.Usage.Ports;
using Microsoft.AspNetCore.Http;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>
/// A request's whole body. It is read before anything goes to the API, since the model that it asks for may stand anywhere in it;
/// the API could not begin earlier either.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 64 * 1024;

    private byte[] _buffer;
    private int _length;

    private readonly HeldBytes _held;

    private RequestBody(HeldBytes held, byte[] buffer) => (_held, _buffer) = (held, buffer);

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads a body.</summary>
    /// <returns>The body; null when all sessions together hold as much as they may.</returns>
    /// <exception cref="BadHttpRequestException">It is larger than allowed, or breaks off.</exception>
    public static async Task<RequestBody?> ReadAsync(HttpRequest request, HeldBytes held, CancellationToken cancellationToken)
    {
        // Not as much as the child says that it will send: it has to send it first.
        if (held.TryRent((int)Math.Clamp(request.ContentLength ?? 0, FirstBytes, 16 * FirstBytes)) is not { } buffer)
            return null;
        var body = new RequestBody(held, buffer);
        var isWhole = false;
        try
        {
            while (body._length < body._buffer.Length || body.TryGrow())
            {
                var read = await request.Body.ReadAsync(body._buffer.AsMemory(body._length), cancellationToken);
                if (read == 0)
                {
                    isWhole = true;
                    return body;
                }

                body._length += read;
            }

            return null;
        }
        finally
        {
            if (!isWhole)
                body.Dispose();
        }
    }

    /// <summary>Finds what the meter has to know.</summary>
    /// <returns>False when it is no JSON object, names no model, or says something of that twice: then readers could disagree about it.</returns>
    public bool TryRead(out ApiRequest request)
    {
        request = new ApiRequest("", _length, null);
        string? model = null;
        long? maxTokens = null;
        try
        {
            var reader = new Utf8JsonReader(Bytes.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = reader.ValueTextEquals("model"u8);
                var isMaxTokens = reader.ValueTextEquals("max_tokens"u8);
                reader.Read();
                if ((isModel && (model is not null || reader.TokenType != JsonTokenType.String)) || (isMaxTokens && maxTokens is not null))
                    return false;
                if (isModel)
                    model = reader.GetString();
                else if (isMaxTokens && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
                    maxTokens = Math.Clamp(number, 0, int.MaxValue);
                else
                    reader.Skip();
            }

            // Nothing may follow.
            if (reader.Read())
                return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }

        request = new ApiRequest(model ?? "", _length, maxTokens);
        return !string.IsNullOrEmpty(model);
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            _held.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private bool TryGrow()
    {
        if (_held.TryRent((int)Math.Min(Array.MaxLength, 2L * _buffer.Length)) is not { } larger)
            return false;
        Bytes.CopyTo(larger);
        _held.Return(_buffer);
        _buffer = larger;
        return true;
    }
}
