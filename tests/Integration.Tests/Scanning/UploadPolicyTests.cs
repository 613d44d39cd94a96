using Claudy.Integration.Tests.Files;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Scanning;

/// <summary>That what is refused never has a name in the workspace, and what clients and the audit log are told.</summary>
public sealed class UploadPolicyTests
{
    [Fact]
    public async Task Upload_WhenItIsRefused_ShouldNameTheRuleToClientAndAuditLogAndLeaveNothing()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var refused = await client.AskAsync(
            "file_upload", new { filename = "bin/tool", content = Convert.ToBase64String([0x7F, .. "ELF"u8, 2, 1, 1]), encoding = "base64" }, session);

        refused.Code().ShouldBe("FILE_002");
        refused.Data().GetProperty("details").GetProperty("rule").GetString().ShouldBe("executable_elf");
        var listed = await client.AskAsync("file_list", new { recursive = true }, session);
        listed.Data().GetProperty("files").EnumerateArray().ShouldAllBe(file => file.GetProperty("is_directory").GetBoolean());
        await Eventually.IsTrueAsync(() => AuditLines(server).Any(line => IsRefusal(line, "executable_elf")), "the refusal is recorded with its rule");
    }

    [Fact]
    public async Task Write_WhenTheNewContentIsRefused_ShouldLeaveTheOldFile()
    {
        using var workspace = new TestWorkspace(scanner: ScannedFile.Standard);
        await workspace.WriteAsync("tool", "a text");

        var refused = await workspace.WriteAsync("tool", ScannedFile.Eicar, overwrite: true);

        refused.Error!.Details["rule"].ShouldBe("malware_eicar");
        File.ReadAllText(workspace.OnDisk("tool")).ShouldBe("a text");
        Directory.GetFiles(workspace.Location.WorkspacePath).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Upload_WhenThePolicyIsStrictAndClamdIsAway_ShouldAskBoth()
    {
        var clamd = ScriptedClamd.Start(_ => "stream: Bad FOUND");
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Workspaces:ContentPolicy"] = "strict", ["Claudy:ClamAv:Address"] = clamd.Address });
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var byName = await client.AskAsync("file_upload", new { filename = "run.sh", content = "echo" }, session);
        var byClamd = await client.AskAsync("file_upload", new { filename = "a.txt", content = "echo" }, session);
        await clamd.DisposeAsync();
        var away = await client.AskAsync("file_upload", new { filename = "a.txt", content = "echo" }, session);

        byName.Data().GetProperty("details").GetProperty("rule").GetString().ShouldBe("script_extension");
        byClamd.Data().GetProperty("details").GetProperty("signature").GetString().ShouldBe("Bad");
        away.Code().ShouldBe("FILE_021");
        away.Data().GetProperty("retryable").GetBoolean().ShouldBeTrue();
        clamd.Streams.Count.ShouldBe(1);
    }

    private static IEnumerable<string> AuditLines(ClaudyServer server)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(server.DataPath, "audit"), "*.jsonl"))
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            while (reader.ReadLine() is { } line)
            {
                yield return line;
            }
        }
    }

    private static bool IsRefusal(string line, string rule) =>
        line.Contains("\"file.uploaded\"", StringComparison.Ordinal) && line.Contains("FILE_002", StringComparison.Ordinal) && line.Contains(rule, StringComparison.Ordinal);
}
