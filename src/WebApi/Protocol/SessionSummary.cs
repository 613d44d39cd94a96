using Claudy.Application.Sessions.Ports;

namespace Claudy.WebApi.Protocol;

/// <summary>A session as lists show it, on the WebSocket and over HTTP.</summary>
internal static class SessionSummary
{
    public static SessionSummaryData Of(SessionDocument session) => new(
        session.Id.ToString(),
        session.State.Settings.Name,
        WireNames.Of(session.State.Status),
        session.State.Settings.Model,
        WireNames.Of(session.State.Settings.PermissionMode),
        session.CreatedAt,
        session.LastActivityAt,
        session.LastSeq,
        session.State.TurnCount,
        session.State.Queue.Count,
        session.State.PendingPermissions.Count,
        new UsageData(
            session.State.Usage.InputTokens,
            session.State.Usage.OutputTokens,
            session.State.Usage.CacheCreationInputTokens,
            session.State.Usage.CacheReadInputTokens),
        session.State.CostUsd);
}
