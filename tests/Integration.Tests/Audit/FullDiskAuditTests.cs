using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Claudy.Application.Audit.Ports;
using Claudy.Infrastructure.Audit;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

/// <summary>What still works, and what does not, while no record can be written; and that all is well once it can be again.</summary>
public sealed class FullDiskAuditTests
{
    [SkippableFact]
    public async Task Server_WhenTheDiskIsFull_ShouldRefuseSignInsAndGrantsUntilThereIsRoom()
    {
        using var disk = SmallDisk.Mount();
        var path = Path.Combine(disk.Path, "audit");

        await RefuseAndRecoverAsync(path, path, disk.Fill, disk.Clear);
    }

    [Fact]
    public async Task Server_WhenNoRecordCanBeWritten_ShouldRefuseSignInsAndGrantsButGoOnWorking()
    {
        using var kept = new Folder();

        await RefuseAndRecoverAsync(kept.Link, kept.Target, kept.Break, kept.Mend);
    }

    private static async Task RefuseAndRecoverAsync(string path, string target, Action spoil, Action mend)
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Audit:Path"] = path });
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        spoil();

        // Whatever is recorded takes the last bytes that there may be.
        var code = server.Banner.ToString().Split("code=")[1].Split(' ')[0];
        await Processes.Eventually.IsTrueAsync(
            async () =>
            {
                await client.AskAsync("session_control", new { action = "rename", name = "noted" }, session);
                return await client.AskAsync("permission_rule_add", new { scope = "user", rule = "Bash(ls)" }) is { } answer && answer.Type() == "error" && answer.Code() == "SERVER_002";
            },
            "grants were refused");
        using var refused = await server.Http.PostAsJsonAsync("/auth/local", new { code });
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await client.AskAsync("chat_message", content: "hello")).Type().ShouldBe("chat_accepted");
        (await client.AskAsync("file_upload", new { filename = "a.txt", content = "x" }, session)).Type().ShouldBe("file_uploaded");

        mend();

        // The code was not used up by the sign-in that was refused.
        using var signedIn = await server.Http.PostAsJsonAsync("/auth/local", new { code });
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
        var text = string.Concat(Directory.GetFiles(target, "*.jsonl").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        text.ShouldContain("file.uploaded");
        var verdict = await new FileAuditTrail(Options.Create(new AuditOptions { Path = target })).VerifyAsync(new AuditCheck(null, null), default);
        verdict.Break.ShouldBeNull();
        verdict.Count.ShouldBe(text.Count(c => c == '\n'));
    }

    /// <summary>A folder by way of a link, which can be led elsewhere in one step: the server tries to write all the time.</summary>
    private sealed class Folder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-audit-");

        public Folder()
        {
            Directory.CreateDirectory(Target);
            Mend();
        }

        public string Target => Path.Combine(_folder.FullName, "kept");

        public string Link => Path.Combine(_folder.FullName, "link");

        public void Break() => Lead("/dev/null");

        public void Mend() => Lead(Target);

        public void Dispose() => _folder.Delete(recursive: true);

        private void Lead(string target)
        {
            var next = Path.Combine(_folder.FullName, "next");
            File.CreateSymbolicLink(next, target);
            using var rename = Process.Start("mv", ["-T", next, Link]);
            rename.WaitForExit();
            rename.ExitCode.ShouldBe(0);
        }
    }
}
