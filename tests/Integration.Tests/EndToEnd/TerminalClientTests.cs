using System.Diagnostics;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary><c>claudy chat</c> as a script runs it: a process of its own beside the server, signed in by the data folder.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class TerminalClientTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Chat_WhenAllIsAllowed_ShouldPrintTheAnswerAndTheToolCallAndLeaveTheFile()
    {
        ClaudeCodeBinary.Require();
        await using var server = await ServerUnderTest.StartAsync();

        var chat = await ChatAsync(server, "write hello.txt", "--yes");

        chat.ExitCode.ShouldBe(0, chat.Error);
        chat.Output.ShouldContain("`hello.txt` is in your workspace");
        chat.Error.ShouldMatch(@"\* Write \S+/hello\.txt");
        Directory.EnumerateFiles(server.DataPath, "hello.txt", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    [SkippableFact]
    public async Task Chat_WhenTheTurnFails_ShouldSayWhyAndExitWith1()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Error(400);
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));

        var chat = await ChatAsync(server, "hello");

        chat.ExitCode.ShouldBe(1, chat.Error);
        chat.Error.ShouldContain("[CLAUDE_002]");
    }

    private static async Task<(int ExitCode, string Output, string Error)> ChatAsync(ServerUnderTest server, params string[] arguments)
    {
        using var chat = Process.Start(server.Command(["chat", .. arguments, "--url", server.WebSocket.ToString()]))!;
        var output = chat.StandardOutput.ReadToEndAsync();
        var error = chat.StandardError.ReadToEndAsync();
        try
        {
            await chat.WaitForExitAsync().WaitAsync(Deadline);
        }
        finally
        {
            chat.Kill(entireProcessTree: true);
        }

        return (chat.ExitCode, await output, await error);
    }
}
