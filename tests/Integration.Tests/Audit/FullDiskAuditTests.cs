using System.Net;
using System.Net.Http.Json;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

/// <summary>What still works, and what does not, while no record can be written.</summary>
public sealed class FullDiskAuditTests
{
    [Fact]
    public async Task Server_WhenNoRecordCanBeWritten_ShouldRefuseSignInsAndGrantsButGoOnWorking()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        var folder = Path.Combine(server.DataPath, "audit");
        Directory.Move(folder, folder + ".away");
        await File.WriteAllTextAsync(folder, "no folder");
        await client.AskAsync("session_control", new { action = "rename", name = "noted" }, session);

        var code = server.Banner.ToString().Split("code=")[1].Split(' ')[0];
        await Processes.Eventually.IsTrueAsync(
            async () => (await client.AskAsync("permission_rule_add", new { scope = "user", rule = "Bash(ls)" })) is { } answer && answer.Type() == "error" && answer.Code() == "SERVER_002",
            "grants were refused");
        using var refused = await server.Http.PostAsJsonAsync("/auth/local", new { code });
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await client.AskAsync("chat_message", content: "hello")).Type().ShouldBe("chat_accepted");
        (await client.AskAsync("file_upload", new { filename = "a.txt", content = "x" }, session)).Type().ShouldBe("file_uploaded");

        File.Delete(folder);
        Directory.Move(folder + ".away", folder);

        // The code was not used up by the sign-in that was refused.
        using var signedIn = await server.Http.PostAsJsonAsync("/auth/local", new { code });
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
        var text = string.Concat(Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        text.ShouldContain("file.uploaded");
    }
}
