using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Repositories;

/// <summary>A repository that is fetched holds up neither its user's other work nor other users.</summary>
public sealed class RepositoryFairnessTests
{
    private const string OneCommit = "echo one > a.txt && git add . && git commit -qm one";

    [SkippableFact]
    public async Task Create_WhenAUserFetchesManyAtOnce_ShouldHaveTheirsWaitAndNobodyElses()
    {
        await using var server = await RepositoryServer.StartAsync(new() { ["Claudy:Repositories:MaxParallel"] = "3" });
        server.Git.Make("mine", OneCommit);
        server.Git.Make("theirs", OneCommit);
        server.Git.Holds = new TaskCompletionSource();
        await using var other = await server.Claudy.ConnectAsync("other");

        await server.BeginAsync(server.Client, "mine", "1");
        await server.BeginAsync(server.Client, "mine", "2");
        await Eventually.IsTrueAsync(() => server.Git.Requests.Count == 2, "two are fetched");
        await server.BeginAsync(server.Client, "mine", "3");
        var waits = await server.Client.ReceiveAsync("repository_progress");
        await server.BeginAsync(other, "theirs", "4");
        await Eventually.IsTrueAsync(() => server.Git.Requests.Any(request => request.Path.Contains("theirs", StringComparison.Ordinal)), "the other user's is fetched");

        waits.Text("id").ShouldBe("3");
        waits.Text("phase").ShouldBe("waiting");
        server.Git.Requests.Count(request => request.Path.Contains("mine", StringComparison.Ordinal)).ShouldBe(2);
        server.Git.Holds.SetResult();
        foreach (var id in (string[])["1", "2", "3"])
        {
            (await server.Client.ReceiveAsync(frame => frame.ReplyTo() == id, id)).Type().ShouldBe("session_created");
        }

        (await other.ReceiveAsync(frame => frame.ReplyTo() == "4", "4")).Type().ShouldBe("session_created");
    }

    [SkippableFact]
    public async Task Create_WhileOneIsFetched_ShouldCountIt()
    {
        await using var server = await RepositoryServer.StartAsync(new() { ["Claudy:Sessions:MaxPerUser"] = "1" });
        server.Git.Make("project", OneCommit);
        server.Git.Holds = new TaskCompletionSource();

        await server.BeginAsync(server.Client, "project", "1");
        await Eventually.IsTrueAsync(() => !server.Git.Requests.IsEmpty, "it is fetched");
        var refused = await server.Client.AskAsync("create_session");
        var alsoRefused = await server.CreateAsync(server.Git.UrlOf("project"));
        server.Git.Holds.SetResult();

        refused.Code().ShouldBe("SESSION_011");
        alsoRefused.Code().ShouldBe("SESSION_011");
        (await server.Client.ReceiveAsync(frame => frame.ReplyTo() == "1", "the first")).Type().ShouldBe("session_created");
    }

    [SkippableFact]
    public async Task Create_WhileItIsFetched_ShouldHoldUpNoOtherFrame()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", OneCommit);
        server.Git.Holds = new TaskCompletionSource();

        await server.BeginAsync(server.Client, "project", "1");
        var session = await server.Client.CreateSessionAsync();
        (await server.Client.AskAsync("chat_message", content: "hi", session: session)).Type().ShouldBe("chat_accepted");
        (await server.Client.AskAsync("list_sessions")).Data().GetProperty("sessions").GetArrayLength().ShouldBe(1);
        server.Client.Received.ShouldNotContain(frame => frame.ReplyTo() == "1");
        server.Git.Holds.SetResult();

        (await server.Client.ReceiveAsync(frame => frame.ReplyTo() == "1", "the repository's")).Type().ShouldBe("session_created");
    }
}
