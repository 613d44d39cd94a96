using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Repositories;

/// <summary>Sessions that begin with a repository: the real git, in the real sandbox, from a real Git host.</summary>
public sealed class RepositoryTests
{
    private const string TwoCommits = "echo one > a.txt && git add . && git commit -qm one && git tag first && echo two > a.txt && mkdir src && echo x > src/b.txt && git add . && git commit -qm two";

    [SkippableFact]
    public async Task Create_WhenTheRepositoryIsPublic_ShouldFillTheWorkspaceWithItsNewestCommitAlone()
    {
        await using var server = await RepositoryServer.StartAsync();
        var commit = server.Git.Make("project", TwoCommits);

        var workspace = await server.CloneAsync(server.Git.UrlOf("project"));

        File.ReadAllText(Path.Combine(workspace, "a.txt")).ShouldBe("two\n");
        File.ReadAllText(Path.Combine(workspace, "src", "b.txt")).ShouldBe("x\n");
        GitServer.Shell(workspace, "git -c safe.directory='*' rev-list --count HEAD").ShouldBe("1");
        GitServer.Shell(workspace, "git -c safe.directory='*' remote get-url origin").ShouldBe(server.Git.UrlOf("project"));
        Directory.Exists(Path.Combine(workspace, ".git", "hooks")).ShouldBeFalse();
        var cloned = await server.Client.ReceiveAsync("repository_cloned");
        cloned.Seq().ShouldBe(2);
        cloned.Text("url").ShouldBe(server.Git.UrlOf("project"));
        cloned.Text("commit").ShouldBe(commit);
    }

    [SkippableFact]
    public async Task Create_ShouldTellHowFarItIsToWhoAsked()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", "head -c 3000000 /dev/urandom > big && git add . && git commit -qm big");

        await server.CloneAsync(server.Git.UrlOf("project"));

        var created = server.Client.Received.Single(frame => frame.Type() == "session_created");
        var progress = server.Client.Received.Where(frame => frame.Type() == "repository_progress").ToList();
        progress.ShouldNotBeEmpty();
        progress.ShouldAllBe(frame => frame.Text("id") == created.ReplyTo() && frame.ReplyTo() == null && frame.Seq() == null && frame.Data().GetProperty("percent").GetInt32() <= 100);
        progress.Select(frame => frame.Text("phase")).ShouldAllBe(phase => phase!.All(c => char.IsAsciiLetterLower(c) || c == '_'));
    }

    [SkippableTheory]
    [InlineData("other", "other\n")]
    [InlineData("first", "one\n")]
    [InlineData(null, "two\n")]
    public async Task Create_WhenARefIsNamed_ShouldHaveThat(string? reference, string expected)
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", $"{TwoCommits} && git checkout -q -b other && echo other > a.txt && git commit -qam other && git checkout -q main");

        var workspace = await server.CloneAsync(server.Git.UrlOf("project"), reference);

        File.ReadAllText(Path.Combine(workspace, "a.txt")).ShouldBe(expected);
    }

    [SkippableFact]
    public async Task Create_WhenACommitIsNamed_ShouldHaveThat()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", TwoCommits);
        var first = server.Git.Make("again", "echo one > a.txt && git add . && git commit -qm one");

        var workspace = await server.CloneAsync(server.Git.UrlOf("again"), first);

        File.ReadAllText(Path.Combine(workspace, "a.txt")).ShouldBe("one\n");
        (await server.Client.ReceiveAsync("repository_cloned")).Text("commit").ShouldBe(first);
    }

    [SkippableFact]
    public async Task Create_OverHttp_ShouldDoTheSame()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", TwoCommits);
        server.Claudy.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await server.Claudy.TokenAsync());
        object Body(string repository) => new
        {
            name = "over HTTP",
            repository = new { url = server.Git.UrlOf(repository) },
            network = new { mode = "allow_list", hosts = new[] { $"git.test:{server.Git.Port}" } },
        };

        using var made = await server.Claudy.Http.PostAsJsonAsync("/api/session", Body("project"));
        using var refused = await server.Claudy.Http.PostAsJsonAsync("/api/session", Body("nothing"));
        using var nonsense = await server.Claudy.Http.PostAsync("/api/session", new StringContent("nonsense"));

        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var session = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("session_id").GetString()!;
        made.Headers.Location!.OriginalString.ShouldBe($"/api/session/{session}");
        File.Exists(Path.Combine(server.WorkspacesPath, session, "a.txt")).ShouldBeTrue();
        refused.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("REPO_004");
        nonsense.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [SkippableFact]
    public async Task Create_WithoutASandbox_ShouldWorkWithTheServersOwnNetwork()
    {
        await using var server = await RepositoryServer.StartAsync(new() { ["Claudy:Sandbox:Mode"] = "None" });
        server.Git.Make("project", TwoCommits);

        var created = await server.CreateAsync(server.Git.UrlOf("project", "127.0.0.1"), network: "open");

        created.Type().ShouldBe("session_created", created.ToString());
        File.Exists(Path.Combine(server.WorkspacesPath, created.Text("session_id")!, "a.txt")).ShouldBeTrue();
    }
}
