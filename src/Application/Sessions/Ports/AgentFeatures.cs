namespace Claudy.Application.Sessions.Ports;

/// <summary>An MCP server as the agent has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status"><c>connected</c>, <c>failed</c>, <c>pending</c>, <c>needs-auth</c> or <c>disabled</c>, as the agent says; <c>missing</c> when its definition is gone.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Tools">The tools that it offers, under its own names for them.</param>
public sealed record McpServerStatus(string Name, string Status, string? Error, IReadOnlyList<string> Tools);

/// <summary>What fills Claude's context.</summary>
/// <param name="Model">The model that it is reckoned for.</param>
/// <param name="TotalTokens">What is used.</param>
/// <param name="MaxTokens">What the model takes.</param>
/// <param name="Percentage">How much of it that is, 0 to 100.</param>
/// <param name="AutoCompactTokens">At how many the conversation is summed up by itself; null when it is not.</param>
/// <param name="Categories">What takes how much, such as <c>messages</c>; without the free space.</param>
public sealed record ContextUsage(
    string? Model, long TotalTokens, long MaxTokens, double Percentage, long? AutoCompactTokens, IReadOnlyList<ContextCategory> Categories);

/// <summary>A part of what fills the context.</summary>
/// <param name="Name">In lower snake case, such as <c>system_prompt</c>.</param>
/// <param name="Tokens">How much.</param>
public sealed record ContextCategory(string Name, long Tokens);

/// <summary>A command that a message may begin with.</summary>
/// <param name="Name">Without its slash.</param>
/// <param name="Description">For people.</param>
/// <param name="ArgumentHint">What may follow; null for nothing.</param>
public sealed record SlashCommand(string Name, string Description, string? ArgumentHint);
