using System.Text.Json;
using Claudy.Domain.Usage;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Looks at an answer as it passes by, in pieces of any size, for what it says about tokens. Holds little of it and delays none.</summary>
internal abstract class UsageReader
{
    private ApiUsage _usage;

    /// <summary>The model that the answer names; null when it has named none.</summary>
    public string? Model { get; private set; }

    /// <summary>What the answer said so far; null when it said nothing.</summary>
    public ApiUsage? Usage { get; private set; }

    /// <summary>About how many tokens came, by the length of what came: for an answer that is cut off before it says so itself.</summary>
    public long OutputEstimate { get; protected set; }

    /// <summary>Text has about four bytes a token, code fewer.</summary>
    protected const int BytesPerToken = 3;

    /// <summary>The reader for an answer of this type; null for one that cannot be read.</summary>
    public static UsageReader? For(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            return null;
        return response.Content.Headers.ContentType?.MediaType switch
        {
            "text/event-stream" => new EventStreamUsageReader(),
            "application/json" => new MessageUsageReader(),
            _ => null,
        };
    }

    /// <summary>Looks at the next piece.</summary>
    public abstract void Read(ReadOnlySpan<byte> piece);

    /// <summary>Takes the figures of a <c>usage</c> object; the reader stands before it. Later figures go before earlier ones: the API counts on.</summary>
    protected void TakeUsage(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        long? written = null;
        long? shortWrites = null;
        long? longWrites = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("input_tokens"u8))
                _usage = Number(ref reader) is { } input ? _usage with { InputTokens = input } : _usage;
            else if (reader.ValueTextEquals("output_tokens"u8))
                _usage = Number(ref reader) is { } output ? _usage with { OutputTokens = output } : _usage;
            else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
                _usage = Number(ref reader) is { } read ? _usage with { CacheReadTokens = read } : _usage;
            else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
                written = Number(ref reader);
            else if (reader.ValueTextEquals("cache_creation"u8))
                (shortWrites, longWrites) = Pair(ref reader, "ephemeral_5m_input_tokens"u8, "ephemeral_1h_input_tokens"u8);
            else if (reader.ValueTextEquals("server_tool_use"u8))
                _usage = Pair(ref reader, "web_search_requests"u8, default) is ({ } searches, _) ? _usage with { WebSearches = searches } : _usage;
            else
                Number(ref reader);
        }

        // Without the parts, the sum is what the shorter cache got; it is the default.
        if ((shortWrites ?? longWrites) is not null)
            _usage = _usage with { CacheWriteTokens = shortWrites ?? 0, LongCacheWriteTokens = longWrites ?? 0 };
        else if (written is { } sum && sum != _usage.CacheWriteTokens + _usage.LongCacheWriteTokens)
            _usage = _usage with { CacheWriteTokens = sum, LongCacheWriteTokens = 0 };
        Usage = _usage;
    }

    /// <summary>Takes the name of the model; the reader stands before it.</summary>
    protected void TakeModel(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= 200)
            Model = reader.GetString();
        else
            reader.Skip();
    }

    // Reads the value that follows, whatever it is.
    private static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number >= 0)
            return number;
        reader.Skip();
        return null;
    }

    private static (long? First, long? Second) Pair(ref Utf8JsonReader reader, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        long? one = null;
        long? two = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(first))
                one = Number(ref reader);
            else if (!second.IsEmpty && reader.ValueTextEquals(second))
                two = Number(ref reader);
            else
                Number(ref reader);
        }

        return (one, two);
    }
}
