namespace Claudy.Application.Sessions;

/// <summary>Under which id an agent gets a message. Each is told at most once, so that it can be the message's own: what the agent keeps for it is found again.</summary>
internal static class AttemptId
{
    public static Guid Of(string messageId) => Guid.TryParse(messageId, out var id) ? id : Guid.NewGuid();
}
