using Shouldly;
using Xunit;

namespace Claudy.Architecture.Tests;

/// <summary>Whoever adds a use case decides whether the audit log hears of it: by <c>IAudited</c>, or by a line here that says why not.</summary>
public sealed class AuditRules
{
    private static readonly string[] LookOnly =
    [
        "FindLatestSession", "GetSession", "ListSessions", "GetSessionHistory", "OpenSessionEvents", "SearchHistory", "GetContextUsage", "GetMcpStatus", "ListSlashCommands",
        "ListSessionRules", "ListUserRules", "ListFiles", "GetWorkspaceInfo", "DiffWorkspace", "GetProfile", "GetUsage", "ListUsage", "ListPersonalTokens", "DescribeUserKey", "DescribeSessionKey",
    ];

    // The session's own history says who was asked what, and when.
    private static readonly string[] KeptInTheSession = ["SendChat", "EditMessage", "CancelMessage", "SendNow", "InterruptTurn"];

    // Nobody is anybody yet: what comes of it is recorded when it is completed.
    private static readonly string[] OnlyBegun = ["BeginGitHubSignIn"];

    // Nothing is written until an upload is committed, and that is recorded.
    private static readonly string[] OnlyPrepared = ["BeginUpload", "AppendUpload", "AbortUpload"];

    [Fact]
    public void UseCases_ShouldBeAuditedUnlessTheyAreNamedHere() =>
        House.Claudy.UnauditedRequests().Except([.. LookOnly, .. KeptInTheSession, .. OnlyBegun, .. OnlyPrepared]).ShouldBeEmpty();

    [Fact]
    public void UseCases_WhenTheyAreNamedHere_ShouldBeThereAndNotAudited() =>
        LookOnly.Concat(KeptInTheSession).Concat(OnlyBegun).Concat(OnlyPrepared).Except(House.Claudy.UnauditedRequests()).ShouldBeEmpty();

    [Fact]
    public void UseCases_WhenOneIsNew_ShouldBeSeen() =>
        House.Planted.UnauditedRequests().ShouldContain("RequestWithoutAHandler");
}
