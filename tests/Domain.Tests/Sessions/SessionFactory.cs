using System.Text.Json;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Domain.Tests.Sessions;

internal static class SessionFactory
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Session Create(string name = "test") =>
        Session.Create(SessionId.New(Now), UserId.New(Now), new SessionSettings { Name = name }, Now);

    public static Session Idle()
    {
        var session = Create();
        session.AgentStarting(Now);
        session.AgentReady(Now);
        session.TakeUncommitted();
        return session;
    }

    public static Session Running(string text = "hello")
    {
        var session = Idle();
        session.AcceptMessage(Message("first", text), canStart: true, Now);
        session.TakeUncommitted();
        return session;
    }

    public static ChatMessage Message(string id, string text = "hello", string? clientId = null) => new(id, clientId, text, []);

    public static PermissionRequest Permission(string id, TimeSpan? lifetime = null) => new(
        id, "Bash", JsonDocument.Parse("""{"command":"touch x"}""").RootElement, "make x", "toolu_1", null, ["Bash(touch x)"], null, Now + (lifetime ?? TimeSpan.FromHours(1)));

    public static IReadOnlyList<string> Kinds(this IEnumerable<StoredEvent> events) => [.. events.Select(e => e.Event.GetType().Name)];
}
