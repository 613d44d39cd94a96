using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Support;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>What an agent in memory does with a message: each letter of it is something to do.</summary>
internal static class ScriptedWork
{
    public const char Text = 't';
    public const char Tool = 'w';
    public const char Permission = 'p';
    public const char Flood = 'f';
    public const char Death = 'd';

    private const int Words = 8;
    private const int FloodPieces = 200;
    private static readonly string FloodPiece = new('x', 16 * 1024);

    public static async Task FollowAsync(FakeAgent agent, ChatMessage message)
    {
        await agent.EmitAsync(new AgentEvent.TurnStarted(agent.Launch.SessionId.Value, "fake", null));
        foreach (var letter in IsWork(message.Text) ? message.Text : "t")
        {
            await FollowAsync(agent, letter);
        }

        await agent.EndTurnAsync();
    }

    // A suspended turn goes on with words that the session has put together.
    private static bool IsWork(string text) => text.All(char.IsAsciiLetterLower);

    private static async Task FollowAsync(FakeAgent agent, char letter)
    {
        var id = Guid.NewGuid().ToString("N");
        switch (letter)
        {
            case Text:
                for (var i = 0; i < Words; i++)
                {
                    await agent.DeltaAsync(id, $"word {i} ");
                }

                await agent.EmitAsync(new AgentEvent.TextCompleted(id, string.Concat(Enumerable.Range(0, Words).Select(i => $"word {i} ")), null));
                break;
            case Flood:
                for (var i = 0; i < FloodPieces; i++)
                {
                    await agent.DeltaAsync(id, FloodPiece);
                }

                // As when the API's stream breaks off: nothing of it is kept.
                await agent.EmitAsync(new AgentEvent.PartialDiscarded(id));
                break;
            case Tool:
                await agent.EmitAsync(new AgentEvent.ToolUse(id, "Bash", JsonElement.Parse("""{"command":"ls -la"}"""), null));
                await agent.EmitAsync(new AgentEvent.ToolProgress(id, id, "progress", "Listing"));
                await agent.EmitAsync(new AgentEvent.ToolResult(id, JsonElement.Parse("\"total 0\""), IsError: false, null));
                break;
            case Permission:
                await agent.AskAsync(id, "Write", """{"file_path":"/workspace/x"}""");
                break;
            case Death:
                agent.Die();
                break;
        }
    }
}
