using System.Collections.Immutable;
using System.Text.Json;

namespace Claudy.Integration.Tests.Support;

/// <summary>What <see cref="ScriptedMessagesApi"/> answers to one request. Replies are values: combine them with <see cref="Then"/> and the rest.</summary>
public sealed record Reply
{
    private Reply()
    {
    }

    internal ImmutableArray<ReplyBlock> Blocks { get; private init; } = [];

    internal ReplyError? Failure { get; private init; }

    /// <summary>Stood at before anything is answered, the status line included.</summary>
    internal Gate? BeforeHeaders { get; private init; }

    internal TimeSpan ChunkDelay { get; private init; }

    /// <summary>The connection is dropped after the last chunk, in the middle of its block.</summary>
    internal bool IsCut { get; private init; }

    internal string? ForcedStopReason { get; private init; }

    internal string StopReason => ForcedStopReason ?? (Blocks.Any(block => block is ReplyBlock.ToolUse) ? "tool_use" : "end_turn");

    /// <summary>Text, one chunk for each word.</summary>
    /// <param name="text">What is said.</param>
    /// <param name="chunkDelay">The pause between chunks; none by default.</param>
    public static Reply Text(string text, TimeSpan chunkDelay = default) =>
        TextChunks(Words(text)) with { ChunkDelay = chunkDelay };

    /// <summary>Text in exactly these chunks.</summary>
    public static Reply TextChunks(params IEnumerable<string> chunks) =>
        new() { Blocks = [new ReplyBlock.Text { Chunks = [.. chunks] }] };

    /// <summary>Thinking, one chunk for each word; usually followed by something: <c>Reply.Thinking("hm").Then(Reply.Text("so"))</c>.</summary>
    public static Reply Thinking(string text) =>
        new() { Blocks = [new ReplyBlock.Thinking { Chunks = Words(text) }] };

    /// <summary>A tool call. Several in one reply, through <see cref="Then"/>, are parallel calls.</summary>
    /// <param name="name">The tool, such as <c>Write</c>.</param>
    /// <param name="input">Its arguments, an anonymous object or a JSON node.</param>
    /// <param name="id">The call's id; unique by default.</param>
    public static Reply ToolUse(string name, object input, string? id = null)
    {
        var json = JsonSerializer.Serialize(input);
        var middle = json.Length / 2;
        return new Reply
        {
            Blocks =
            [
                new ReplyBlock.ToolUse(id ?? $"toolu_{Guid.NewGuid():N}", name) { Chunks = [json[..middle], json[middle..]] },
            ],
        };
    }

    /// <summary>An API error, in the API's shape.</summary>
    /// <param name="status">The HTTP status, such as 401, 429 or 529.</param>
    /// <param name="message">The message; one that names the status by default.</param>
    /// <param name="retryAfter">Sent as <c>Retry-After</c>, whole seconds.</param>
    public static Reply Error(int status, string? message = null, TimeSpan? retryAfter = null) =>
        new() { Failure = new ReplyError(status, message ?? $"scripted {status}", retryAfter) };

    /// <summary>Text whose stream breaks after it, with the block still open. A request without streaming gets no answer at all.</summary>
    public static Reply CutStream(string text) => Text(text) with { IsCut = true };

    /// <summary>Nothing, not even a status, until the gate is opened; then the other reply.</summary>
    public static Reply HangUntil(Gate gate, Reply? then = null) => (then ?? Text("late")) with { BeforeHeaders = gate };

    /// <summary>This reply's blocks, then the other's, in one message.</summary>
    public Reply Then(Reply other) => other with
    {
        Blocks = [.. Blocks, .. other.Blocks],
        BeforeHeaders = BeforeHeaders ?? other.BeforeHeaders,
        ChunkDelay = ChunkDelay > other.ChunkDelay ? ChunkDelay : other.ChunkDelay,
    };

    /// <summary>Holds the stream at the gate before the last block's chunk of this index; an index past the end holds it before the block is closed.</summary>
    public Reply HeldAt(Gate gate, int chunk) => this with
    {
        Blocks = Blocks.SetItem(Blocks.Length - 1, Blocks[^1] with { Holds = Blocks[^1].Holds.SetItem(chunk, gate) }),
    };

    /// <summary>Ends for this reason, such as <c>max_tokens</c>, whatever the blocks are.</summary>
    public Reply StoppedBy(string reason) => this with { ForcedStopReason = reason };

    private static ImmutableArray<string> Words(string text)
    {
        var words = text.Split(' ');
        return [.. words.Select((word, index) => index < words.Length - 1 ? word + ' ' : word)];
    }
}

internal sealed record ReplyError(int Status, string Message, TimeSpan? RetryAfter)
{
    /// <summary>The API's name for the status.</summary>
    public string Type => Status switch
    {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
}

internal abstract record ReplyBlock
{
    public required ImmutableArray<string> Chunks { get; init; }

    /// <summary>Gates by the index of the chunk that they stand before.</summary>
    public ImmutableDictionary<int, Gate> Holds { get; init; } = ImmutableDictionary<int, Gate>.Empty;

    public string Content => string.Concat(Chunks);

    public sealed record Text : ReplyBlock;

    public sealed record Thinking : ReplyBlock;

    public sealed record ToolUse(string Id, string Name) : ReplyBlock;
}
