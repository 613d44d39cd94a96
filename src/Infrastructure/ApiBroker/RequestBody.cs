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

    // As it stands in the body; longer is no model's name, and it would be kept for good.
    private const int MaxModelBytes = 200;
    private const int MaxWatchedName = 6 * 10;

    private static readonly string[] Watched = ["model", "max_tokens"];

    /// <summary>How long a child may pause in the middle of a request: meanwhile it holds memory that others want.</summary>
    private static readonly TimeSpan ChildPatience = TimeSpan.FromMinutes(1);

    private byte[] _buffer;
    private int _length;

    private readonly HeldBytes.Share _held;

    private RequestBody(HeldBytes.Share held, byte[] buffer) => (_held, _buffer) = (held, buffer);

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads a body.</summary>
    /// <returns>The body; null when the session, or all sessions together, hold as much as they may.</returns>
    /// <exception cref="BadHttpRequestException">It is larger than allowed, breaks off, or does not come.</exception>
    public static async Task<RequestBody?> ReadAsync(HttpRequest request, HeldBytes.Share held, CancellationToken cancellationToken)
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
                var read = await ReadAsync(request, body._buffer.AsMemory(body._length), cancellationToken);
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

    private static async Task<int> ReadAsync(HttpRequest request, Memory<byte> memory, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ChildPatience);
        try
        {
            return await request.Body.ReadAsync(memory, patience.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The rest of the request did not come.", StatusCodes.Status408RequestTimeout, late);
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
                if (!isModel && !isMaxTokens && IsLikeWatched(ref reader))
                    return false;
                reader.Read();
                if ((isModel && (model is not null || reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxModelBytes)) || (isMaxTokens && maxTokens is not null))
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

    // Some readers take names without regard to case: they would find another model than this one.
    private static bool IsLikeWatched(ref Utf8JsonReader reader) =>
        reader.ValueSpan.Length <= MaxWatchedName && reader.GetString() is { } name && Array.Exists(Watched, watched => watched.Equals(name, StringComparison.OrdinalIgnoreCase));

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
