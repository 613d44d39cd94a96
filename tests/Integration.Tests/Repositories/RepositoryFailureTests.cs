using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Repositories;

/// <summary>Each way in which it can fail has its code, and leaves nothing behind.</summary>
public sealed class RepositoryFailureTests
{
    private const string OneCommit = "echo one > a.txt && git add . && git commit -qm one";

    [SkippableFact]
    public async Task Create_WhenItCannotBe_ShouldSayWhyAndMakeNoSession()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", OneCommit);
        server.Git.Make("empty", "true");
        var url = server.Git.UrlOf("project");

        (await server.CreateAsync("git@github.com:a/b.git")).Code().ShouldBe("REPO_001");
        (await server.CreateAsync(url, "--upload-pack=x")).Code().ShouldBe("REPO_001");
        (await server.CreateAsync(url, network: "none")).Code().ShouldBe("REPO_002");
        (await server.CreateAsync(server.Git.UrlOf("project", "other.test"))).Code().ShouldBe("REPO_003");
        (await server.CreateAsync(server.Git.UrlOf("project", "hidden.test"), network: "open")).Code().ShouldBe("REPO_003");
        (await server.CreateAsync(server.Git.UrlOf("nothing"))).Code().ShouldBe("REPO_004");
        (await server.CreateAsync(url, "nothing")).Code().ShouldBe("REPO_005");
        (await server.CreateAsync(url, new string('a', 40))).Code().ShouldBe("REPO_005");
        (await server.CreateAsync(server.Git.UrlOf("empty"))).Code().ShouldBe("REPO_005");
        (await server.CreateAsync("https://unknown.test/a.git", network: "open")).Code().ShouldBe("REPO_009");

        await server.ShouldHoldNothingAsync();
        server.Claudy.Agents.Launched.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Create_WhenTheCertificateIsNotTrusted_ShouldNotTrustIt()
    {
        await using var server = await RepositoryServer.StartAsync(new() { ["Claudy:Repositories:CertificatesPath"] = null });
        server.Git.Make("project", OneCommit);

        var refused = await server.CreateAsync(server.Git.UrlOf("project"));

        refused.Code().ShouldBe("REPO_009");
        refused.Content()!.ShouldContain("certificate");
        await server.ShouldHoldNothingAsync();
    }

    [SkippableFact]
    public async Task Create_WhenItIsLargerThanAWorkspace_ShouldEndItAndSaySo()
    {
        await using var server = await RepositoryServer.StartAsync(new() { ["Claudy:Workspaces:MaxWorkspaceBytes"] = "1000000" });
        server.Git.Make("large", "head -c 3000000 /dev/urandom > big && git add . && git commit -qm big");

        var refused = await server.CreateAsync(server.Git.UrlOf("large"));

        refused.Code().ShouldBe("REPO_006");
        refused.Data().GetProperty("details").GetProperty("limit").GetInt64().ShouldBe(1_000_000);
        await server.ShouldHoldNothingAsync();
    }

    [SkippableFact]
    public async Task Create_WhenTheHostIsSilent_ShouldGiveUpInTime()
    {
        await using var server = await RepositoryServer.StartAsync(new() { ["Claudy:Repositories:Timeout"] = "00:00:02" });
        server.Git.Make("project", OneCommit);
        server.Git.Holds = new TaskCompletionSource();

        var refused = await server.CreateAsync(server.Git.UrlOf("project"));

        refused.Code().ShouldBe("REPO_007");
        refused.Data().GetProperty("retryable").GetBoolean().ShouldBeTrue();
        await server.ShouldHoldNothingAsync();
    }

    [SkippableFact]
    public async Task Create_WhenTheClientGoesMeanwhile_ShouldLeaveNothing()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", OneCommit);
        server.Git.Holds = new TaskCompletionSource();
        await using var second = await server.Claudy.ConnectAsync();

        await second.SendAsync(new
        {
            type = "create_session",
            data = new { repository = new { url = server.Git.UrlOf("project") }, network = new { mode = "allow_list", hosts = new[] { $"git.test:{server.Git.Port}" } } },
        });
        await Eventually.IsTrueAsync(() => !server.Git.Requests.IsEmpty, "git asks");
        Directory.EnumerateFileSystemEntries(server.WorkspacesPath).ShouldHaveSingleItem();
        await second.DisposeAsync();

        await Eventually.IsTrueAsync(() => !Directory.EnumerateFileSystemEntries(server.WorkspacesPath).Any(), "its workspace is gone");
        await server.ShouldHoldNothingAsync();
    }

    [SkippableFact]
    public async Task Create_WhenItWorksAfterAFailure_ShouldBeASessionLikeAnyOther()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", OneCommit);
        server.Git.Token = $"token-{Guid.NewGuid():N}";

        var refused = await server.CreateAsync(server.Git.UrlOf("project"));
        var workspace = await server.CloneAsync(server.Git.UrlOf("project"), token: server.Git.Token);

        refused.Code().ShouldBe("REPO_004");
        refused.Content()!.ShouldContain("repository.token");
        var session = Path.GetFileName(workspace);
        (await server.Client.AskAsync("chat_message", content: "hi", session: session)).Type().ShouldBe("chat_accepted");
        await server.Client.ReceiveAsync("turn_completed");
        (await server.Client.AskAsync("session_control", new { action = "delete" }, session)).Type().ShouldBe("session_deleted");
        await server.ShouldHoldNothingAsync();
    }
}
