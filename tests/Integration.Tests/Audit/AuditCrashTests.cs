using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

public sealed class AuditCrashTests
{
    [Fact]
    public async Task Open_WhenTheLastRecordIsTornAnywhere_ShouldRemoveAndRecordIt()
    {
        await using var files = new AuditFiles();
        await files.WriteAsync(3);
        var whole = await File.ReadAllBytesAsync(files.Paths[0]);
        var lastLine = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
        for (var cut = lastLine + 1; cut < whole.Length; cut += 7)
        {
            await File.WriteAllBytesAsync(files.Paths[0], whole[..cut]);
            (await files.VerifyAsync()).ShouldSatisfyAllConditions(
                torn => torn.Break.ShouldBeNull(), torn => torn.Count.ShouldBe(2), torn => torn.TornBytes.ShouldBe(cut - lastLine));

            await files.WriteAsync(1, "after");

            var verdict = await files.VerifyAsync();
            verdict.Break.ShouldBeNull();
            verdict.ShouldSatisfyAllConditions(v => v.Count.ShouldBe(4), v => v.TornBytes.ShouldBe(0));
            var repaired = JsonDocument.Parse(files.Lines()[2]).RootElement;
            repaired.GetProperty("action").GetString().ShouldBe("audit.repaired");
            repaired.GetProperty("details").GetProperty("removed_bytes").GetString().ShouldBe($"{cut - lastLine}");
        }
    }

    [Fact]
    public async Task Open_WhenANewFileIsStillEmptyOrTorn_ShouldGoOnFromTheOneBefore()
    {
        await using var files = new AuditFiles();
        await files.WriteAsync(3);
        foreach (var content in new[] { "", "{\"seq\":4,\"ti" })
        {
            await File.WriteAllTextAsync(Path.Combine(files.Folder, "000000000004.jsonl"), content);

            await files.WriteAsync(1, "after");

            (await files.VerifyAsync()).Break.ShouldBeNull();
            files.Lines(0).Length.ShouldBe(3);
            files.Lines(1).Length.ShouldBe(content.Length == 0 ? 1 : 2);
            File.Delete(files.Paths[1]);
        }
    }

    [Fact]
    public async Task Kill_WhenTheServerIsWriting_ShouldLoseNothingThatWasAnswered()
    {
        await using var files = new AuditFiles();
        var data = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(files.Folder)!, "data")).FullName;
        files.Options.Path = Path.Combine(data, "audit");
        var answered = 0;
        for (var round = 0; round < 3; round++)
        {
            using var server = Start(data);
            await using var client = await SignInAsync(server);
            for (var i = 0; i < 40; i++)
            {
                // The answer comes once the record is on disk.
                var type = i % 2 == 0 ? "permission_rule_add" : "permission_rule_remove";
                (await client.AskAsync(type, new { scope = "user", rule = "Bash(ls)" })).Type().ShouldBe("permission_rules");
                answered++;
            }

            for (var i = 0; i < 40; i++)
            {
                await client.SendAsync(new { type = "permission_rule_add", data = new { scope = "user", rule = $"Bash(ls {i})" } });
            }

            server.Kill();
            await server.WaitForExitAsync();
        }

        (await files.VerifyAsync()).Break.ShouldBeNull();
        await files.WriteAsync(1, "end");
        var verdict = await files.VerifyAsync();
        verdict.Break.ShouldBeNull();
        verdict.TornBytes.ShouldBe(0);
        files.Lines().Count(line => line.Contains("\"permission.rule_changed\"", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(answered);
    }

    private static Process Start(string data)
    {
        var start = new ProcessStartInfo(
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"),
            ["exec", typeof(WebApi.AssemblyMarker).Assembly.Location, "serve", "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = data;
        start.Environment["CLAUDY_DATA"] = data;
        start.Environment["CLAUDE_CODE_PATH"] = "/nowhere/claude";
        start.Environment["Claudy__Sandbox__Mode"] = "None";
        return Process.Start(start)!;
    }

    private static async Task<TestClient> SignInAsync(Process server)
    {
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        while (await server.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Deadline) is { } line)
        {
            if (Regex.Match(line, @"(?<address>http://\S+)/signin\?code=(?<code>\S+)", RegexOptions.None, TimeSpan.FromSeconds(1)) is not { Success: true, Groups: var groups })
            {
                continue;
            }

            using var http = new HttpClient { BaseAddress = new Uri(groups["address"].Value) };
            using var answer = await http.PostAsJsonAsync("/auth/local", new { code = groups["code"].Value });
            var signedIn = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var token = signedIn.GetProperty("access_token").GetString();
            return await TestClient.ConnectAsync(
                new Uri($"ws://{http.BaseAddress.Authority}/ws"), options => options.SetRequestHeader("Authorization", $"Bearer {token}"));
        }

        throw new InvalidOperationException("The server ended before it printed a sign-in link.");
    }
}
