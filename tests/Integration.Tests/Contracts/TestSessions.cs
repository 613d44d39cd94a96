using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Integration.Tests.Contracts;

internal static class TestSessions
{
    public static readonly DateTimeOffset Now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1234567);

    public static SessionId NewId() => SessionId.New(Now);

    public static UserId NewUser() => UserId.New(Now);

    /// <summary>So many events, numbered after <paramref name="afterSeq"/>, each telling its number.</summary>
    public static StoredEvent[] Events(long afterSeq, int count) =>
        [.. Enumerable.Range(1, count).Select(i => Event(afterSeq + i, $"text {afterSeq + i}"))];

    public static StoredEvent Event(long seq, string text) =>
        new(seq, Now.AddSeconds(seq), new AssistantText($"m{seq}", text, IsPartial: false, ParentToolUseId: null));

    public static SessionDocument Document(
        UserId owner, string name = "a session", SessionStatus status = SessionStatus.Idle, long lastSeq = 1, DateTimeOffset? activity = null)
    {
        var state = new SessionState { Settings = new SessionSettings { Name = name }, Status = status };
        return new SessionDocument(NewId(), owner, Now, activity ?? Now, lastSeq, state);
    }
}
