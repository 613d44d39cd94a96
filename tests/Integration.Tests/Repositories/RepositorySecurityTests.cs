using System.Text;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Repositories;

/// <summary>That the token is seen by the host alone, and that a hostile repository gains nothing.</summary>
public sealed class RepositorySecurityTests
{
    private readonly string _token = $"token-{Guid.NewGuid():N}";

    [SkippableFact]
    public async Task Token_ShouldBeInNoFileNoEventNoCommandLineAndNoEnvironment()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", "echo one > a.txt && git add . && git commit -qm one");
        server.Git.Token = _token;
        server.Git.Holds = new TaskCompletionSource();

        var creating = server.CloneAsync(server.Git.UrlOf("project"), token: _token);
        await Eventually.IsTrueAsync(() => !server.Git.Requests.IsEmpty, "git asks");
        var seen = await ProcessesAsync();
        server.Git.Holds.SetResult();
        var workspace = await creating;

        seen.ShouldContain("remote-https");
        seen.ShouldNotContain(_token);
        server.Git.Requests.ShouldContain(request => request.Authorization != null);
        File.Exists(Path.Combine(workspace, "a.txt")).ShouldBeTrue();
        server.Client.Received.ShouldAllBe(frame => !frame.GetRawText().Contains(_token, StringComparison.Ordinal));
        await server.Claudy.StopAsync();
        FolderSearch.FilesWith(server.Claudy.DataPath, _token).ShouldBeEmpty();
        Directory.EnumerateDirectories(Path.GetTempPath(), "claudy-git-*").SelectMany(folder => FolderSearch.FilesWith(folder, _token)).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Token_WhenItIsWrong_ShouldBeAskedForOnceAndNotQuoted()
    {
        await using var server = await RepositoryServer.StartAsync();
        server.Git.Make("project", "echo one > a.txt && git add . && git commit -qm one");
        server.Git.Token = "another";

        var refused = await server.CreateAsync(server.Git.UrlOf("project"), token: _token);
        var broken = await server.CreateAsync(server.Git.UrlOf("project"), token: "two\nlines");

        refused.Code().ShouldBe("REPO_004");
        refused.GetRawText().ShouldNotContain(_token);
        broken.Code().ShouldBe("WS_005");
        await server.ShouldHoldNothingAsync();
    }

    [SkippableFact]
    public async Task Token_WhenTheHostSendsOnToAnother_ShouldNotGoThere()
    {
        await using var server = await RepositoryServer.StartAsync();
        await using var other = await GitServer.StartAsync();
        other.Make("project", "echo one > a.txt && git add . && git commit -qm one");
        other.Token = _token;
        server.Git.RedirectsTo = new Uri($"https://git.test:{other.Port}/");

        var listed = await server.CreateAsync(server.Git.UrlOf("project"), token: _token);
        var open = await server.CreateAsync(server.Git.UrlOf("project"), token: _token, network: "open");

        listed.Code().ShouldBe("REPO_003");
        open.Type().ShouldBe("error");
        other.Requests.ShouldAllBe(request => request.Authorization == null);
        await server.ShouldHoldNothingAsync();
    }

    [SkippableFact]
    public async Task Repository_WhenItIsHostile_ShouldRunNothingAndReachNothing()
    {
        await using var server = await RepositoryServer.StartAsync();
        var inner = server.Git.UrlOf("inner");
        server.Git.Make("inner", "echo inner > i.txt && git add . && git commit -qm inner");
        server.Git.Make(
            "hostile",
            $$"""
            printf '[submodule "s"]\n\tpath = s\n\turl = {{inner}}\n\tupdate = !touch /workspace/ran\n' > .gitmodules &&
            printf '*.bin filter=lfs diff=lfs\n*.txt filter=evil\n' > .gitattributes &&
            printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 1\n' 0 > large.bin &&
            ln -s /etc/passwd passwd && ln -s ../../.. up && echo text > a.txt && mkdir hooks && printf '#!/bin/sh\ntouch /workspace/ran\n' > hooks/post-checkout && chmod +x hooks/post-checkout &&
            git add . && git update-index --add --cacheinfo 160000,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,s && git commit -qm hostile
            """.ReplaceLineEndings(" "));

        var workspace = await server.CloneAsync(server.Git.UrlOf("hostile"));

        File.Exists(Path.Combine(workspace, "ran")).ShouldBeFalse();
        server.Git.Requests.ShouldAllBe(request => request.Path.StartsWith("/hostile.git/", StringComparison.Ordinal));
        File.ReadAllText(Path.Combine(workspace, "large.bin")).ShouldStartWith("version https://git-lfs");
        var session = Path.GetFileName(workspace);
        (await server.Client.AskAsync("file_download", new { filename = "passwd" }, session)).Type().ShouldBe("error");
        (await server.Client.AskAsync("file_download", new { filename = "up/homes" }, session)).Type().ShouldBe("error");
        (await server.Client.AskAsync("file_download", new { filename = "a.txt" }, session)).Text("content").ShouldBe("text\n");
    }

    /// <summary>The command lines and environments of all processes that can be looked at.</summary>
    private static async Task<string> ProcessesAsync()
    {
        var all = new StringBuilder();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            foreach (var file in new[] { "cmdline", "environ" })
            {
                try
                {
                    all.Append(await File.ReadAllTextAsync(Path.Combine(process, file))).Append('\n');
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Gone, or somebody else's.
                }
            }
        }

        return all.ToString();
    }
}
