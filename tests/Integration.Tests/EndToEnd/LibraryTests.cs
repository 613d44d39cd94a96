using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>A session of the real Claude Code found again, taken along, and deleted with all that there is of it.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class LibraryTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Session_ShouldBeFoundExportedAndDeletedInTheMidstOfAnAnswer()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        var gate = new Gate();
        api.Enqueue(Reply.Text("The answer is forty-two."));
        api.Enqueue(Reply.Text("one two three four").HeldAt(gate, 2));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync("Answers");
        await client.AskAsync("chat_message", content: "What is the answer?");
        await client.ReceiveAsync("turn_completed");

        var found = (await client.AskAsync("search_history", new { query = "forty" })).Data().GetProperty("results");
        found[0].GetProperty("session_id").GetString().ShouldBe(session);
        var export = await ExportAsync(server, session);
        export.ExitCode.ShouldBe(0, export.Error);
        export.Output.ShouldContain("# Answers");
        export.Output.ShouldContain("What is the answer?");
        export.Output.ShouldContain("The answer is forty-two.");

        await client.AskAsync("chat_message", content: "count to four");
        await client.ReceiveAsync(frame => frame.IsDelta() && frame.Data().GetProperty("chunk_index").GetInt32() == 1, "a delta");
        AgentProcesses.Of(session).ShouldNotBeEmpty();
        (await DeleteAsync(server, session)).ShouldBe(HttpStatusCode.NoContent);
        gate.Open();

        AgentProcesses.Of(session).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(server.DataPath, $"*{session}*", SearchOption.AllDirectories).ShouldBeEmpty();
        await client.ReceiveAsync("session_deleted");
        (await ExportAsync(server, session)).ExitCode.ShouldBe(1);
    }

    private static async Task<HttpStatusCode> DeleteAsync(ServerUnderTest server, string session)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.AccessToken);
        using var answer = await http.DeleteAsync(new Uri($"/api/session/{session}", UriKind.Relative));
        return answer.StatusCode;
    }

    private static async Task<(int ExitCode, string Output, string Error)> ExportAsync(ServerUnderTest server, string session)
    {
        using var export = Process.Start(server.Command(["export", session, "--url", server.Address.ToString()]))!;
        var output = export.StandardOutput.ReadToEndAsync();
        var error = export.StandardError.ReadToEndAsync();
        await export.WaitForExitAsync().WaitAsync(Deadline);
        return (export.ExitCode, await output, await error);
    }
}
