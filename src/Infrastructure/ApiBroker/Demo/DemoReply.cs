using System.Text.Json;

namespace Claudy.Infrastructure.ApiBroker.Demo;

/// <summary>What the demo model says.</summary>
/// <param name="Text">Said first, to be read; never empty.</param>
internal sealed record DemoReply(string Text)
{
    /// <summary>Shown as thinking before the text, where the request allows thinking.</summary>
    public string? Thinking { get; init; }

    /// <summary>The call that ends the reply, if any.</summary>
    public DemoToolCall? ToolCall { get; init; }

    public string StopReason => ToolCall is null ? "end_turn" : "tool_use";
}

/// <summary>A call of a tool whose arguments are all strings.</summary>
internal sealed record DemoToolCall(string Tool, params (string Name, string Value)[] Arguments)
{
    public string Id { get; } = $"toolu_demo{Guid.NewGuid():N}";

    public void WriteInput(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, value) in Arguments)
            json.WriteString(name, value);
        json.WriteEndObject();
    }
}
