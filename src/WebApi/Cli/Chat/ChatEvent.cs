namespace Claudy.WebApi.Cli.Chat;

/// <summary>What the chat client tells.</summary>
internal abstract record ChatEvent
{
    /// <summary>The server said something; durable events come once and in order, whatever happened to the connection.</summary>
    /// <param name="Frame">What it said.</param>
    /// <param name="IsOwn">Whether it is a message that this client sent itself.</param>
    public sealed record Received(ServerFrame Frame, bool IsOwn = false) : ChatEvent;

    /// <summary>The connection is gone; it is being made anew.</summary>
    public sealed record Disconnected(string Why) : ChatEvent;

    /// <summary>The connection is back, and nothing was missed.</summary>
    public sealed record Reconnected : ChatEvent;
}
