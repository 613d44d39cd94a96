using System.Text.Json;

namespace Claudy.Domain.Sessions;

/// <summary>
/// What was said between a user and Claude, as Claude should remember it: made from a session's events by
/// <see cref="ConversationBuilder"/>, in nobody's dialect.
/// </summary>
/// <param name="Turns">In order; what was taken back is not among them.</param>
/// <param name="IsShortened">Whether older parts were left out.</param>
public sealed record Conversation(IReadOnlyList<ConversationTurn> Turns, bool IsShortened)
{
    /// <summary>How many characters a rebuilt memory may hold: about 100,000 tokens, which leaves room in the smallest context window.</summary>
    public const long MaxLength = 400_000;

    /// <summary>Nothing was said, or nothing is to be remembered.</summary>
    public static Conversation Empty { get; } = new([], IsShortened: false);

    /// <summary>About how many characters it is for Claude to read.</summary>
    public long Length => Turns.Sum(turn => turn.Length);

    /// <summary>
    /// The newest part that fits: whole rounds, each with its turn's message. What is left of a round that does not fit by
    /// itself says so in place of its longest results.
    /// </summary>
    /// <param name="maxLength">In characters, as <see cref="Length"/> counts them.</param>
    public Conversation Newest(long maxLength)
    {
        List<ConversationTurn> newestFirst = [];
        var left = maxLength;
        var isShortened = IsShortened;
        for (var i = Turns.Count - 1; i >= 0; i--)
        {
            var turn = Turns[i];
            var isNewest = newestFirst.Count == 0;
            if (!isNewest && turn.MessageLength > left)
            {
                return new Conversation([.. Enumerable.Reverse(newestFirst)], IsShortened: true);
            }

            var kept = turn.Newest(left, keepsOne: isNewest);
            newestFirst.Add(kept);
            left -= kept.Length;
            if (kept.Rounds.Count < turn.Rounds.Count || kept.Length < turn.Length)
            {
                isShortened = true;
                break;
            }
        }

        return new Conversation([.. Enumerable.Reverse(newestFirst)], isShortened || newestFirst.Count < Turns.Count);
    }
}

/// <summary>One answer of Claude and what it answers.</summary>
/// <param name="Id">The turn's number within the session.</param>
/// <param name="Message">What the user said; null when Claude began by itself.</param>
/// <param name="Rounds">What Claude said and did, in order.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="IsInterrupted">Whether a user stopped it.</param>
public sealed record ConversationTurn(
    long Id, ChatMessage? Message, IReadOnlyList<ConversationRound> Rounds, DateTimeOffset StartedAt, bool IsInterrupted)
{
    // The API counts an image of the largest size it looks at as about 1,600 tokens; one of megabytes weighs more, since a
    // request may hold 32 MB.
    private const long ImageLength = 6_400;
    private const long BytesPerCharacter = 40;

    internal long MessageLength => Message is null
        ? 0
        : Message.Text.Length + Message.Images.Sum(image => Math.Max(ImageLength, image.Data.Length / BytesPerCharacter));

    internal long Length => MessageLength + Rounds.Sum(round => round.Length);

    internal ConversationTurn Newest(long maxLength, bool keepsOne)
    {
        List<ConversationRound> newestFirst = [];
        var left = maxLength - MessageLength;
        for (var i = Rounds.Count - 1; i >= 0; i--)
        {
            var round = Rounds[i];
            if (round.Length > left && keepsOne && newestFirst.Count == 0)
            {
                round = round.WithoutLongResults(Math.Max(0, left));
            }
            else if (round.Length > left)
            {
                break;
            }

            newestFirst.Add(round);
            left -= round.Length;
        }

        return this with { Rounds = [.. Enumerable.Reverse(newestFirst)] };
    }
}

/// <summary>What Claude said and which tools it called before it heard the results.</summary>
/// <param name="Parts">Texts and calls, in order; at least one.</param>
public sealed record ConversationRound(IReadOnlyList<ConversationPart> Parts)
{
    /// <summary>Stands in place of a result that was too long to be remembered.</summary>
    public const string LeftOut = "[This result was too long to be kept.]";

    private static readonly JsonElement LeftOutContent = JsonElement.Parse($"\"{LeftOut}\"");

    internal long Length => Parts.Sum(LengthOf);

    internal ConversationRound WithoutLongResults(long maxLength)
    {
        var share = maxLength / Parts.Count;
        return new ConversationRound([.. Parts.Select(part => part is ConversationCall { Outcome: { } outcome } call && outcome.Length > share
            ? call with { Outcome = outcome with { Content = LeftOutContent } }
            : part)]);
    }

    private static long LengthOf(ConversationPart part) => part switch
    {
        ConversationText text => text.Text.Length,
        ConversationCall call => call.Name.Length + call.Input.GetRawText().Length + (call.Outcome?.Length ?? 0),
        _ => 0,
    };
}

/// <summary>A text or a tool call.</summary>
public abstract record ConversationPart;

/// <summary>Something that Claude said.</summary>
/// <param name="Text">All of it, or as much as was written before it was cut off; not blank.</param>
public sealed record ConversationText(string Text) : ConversationPart;

/// <summary>A tool that Claude called.</summary>
/// <param name="ToolUseId">Names the call.</param>
/// <param name="Name">The tool.</param>
/// <param name="Input">Its arguments, a JSON object.</param>
/// <param name="Outcome">How it ended; null when nobody learned.</param>
public sealed record ConversationCall(string ToolUseId, string Name, JsonElement Input, ConversationOutcome? Outcome) : ConversationPart;

/// <summary>How a tool call ended.</summary>
/// <param name="Content">What Claude was told: a JSON string or an array of content blocks.</param>
/// <param name="IsError">Whether it failed or was refused.</param>
public sealed record ConversationOutcome(JsonElement Content, bool IsError)
{
    internal long Length => Content.GetRawText().Length;
}
