using System.Collections.Concurrent;
using System.Text;
using Claudy.WebApi.Cli;
using Claudy.WebApi.Cli.Chat;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class ChatLoopTests
{
    private const string BashRequest = """{"request_id":"p1","tool_name":"Bash","input":{"command":"touch x"},"suggested_rules":["Bash(touch x)"]}""";

    [Fact]
    public async Task RunAsync_WhenTheTurnEndsWell_ShouldPrintTheAnswerOnceAndSucceed()
    {
        var (exitCode, terminal) = await RunAsync("hi", new TestTerminal(), async peer =>
        {
            await peer.OpenAsync();
            await BeginTurnAsync(peer);
            await peer.DeltaAsync("m", 0, "Hel");
            await peer.DeltaAsync("m", 1, "lo");
            await peer.EventAsync(3, "claude_response", """{"message_id":"m","is_complete":true}""", "Hello");
            await EndTurnAsync(peer, 4, "end_turn");
            await peer.StayAsync();
        });

        exitCode.ShouldBe(ExitCode.Success);
        terminal.Answer.ShouldBe("Hello\n");
    }

    [Fact]
    public async Task RunAsync_WhenTheTurnFails_ShouldSayWhyAndFail()
    {
        var (exitCode, terminal) = await RunAsync("hi", new TestTerminal(), async peer =>
        {
            await peer.OpenAsync();
            await BeginTurnAsync(peer);
            await peer.EventAsync(3, "session_error", """{"code":"CLAUDE_002"}""", "The API is overloaded.");
            await EndTurnAsync(peer, 4, "error");
            await peer.StayAsync();
        });

        exitCode.ShouldBe(ExitCode.Failed);
        terminal.Aside.ShouldContain("The API is overloaded. [CLAUDE_002]");
    }

    [Fact]
    public async Task RunAsync_WhenNobodyCanBeAsked_ShouldDenyAndTellByExitCode()
    {
        var decision = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (exitCode, terminal) = await RunAsync("hi", new TestTerminal { IsInteractive = false }, peer => AskPermissionAsync(peer, decision));

        (await decision.Task).ShouldBe("deny");
        exitCode.ShouldBe(ExitCode.PermissionNeeded);
        terminal.Aside.ShouldContain("$ touch x");
    }

    [Theory]
    [InlineData("y", "allow", false)]
    [InlineData("n", "deny", false)]
    [InlineData("always", "allow", true)]
    public async Task RunAsync_WhenThePersonAnswers_ShouldSendThatDecision(string typed, string expected, bool remember)
    {
        var decision = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var remembered = false;
        var terminal = new TestTerminal();
        terminal.Type(typed);

        var (exitCode, _) = await RunAsync("hi", terminal, peer => AskPermissionAsync(peer, decision, r => remembered = r));

        (await decision.Task).ShouldBe(expected);
        remembered.ShouldBe(remember);
        exitCode.ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task RunAsync_WhenAnotherRequestTookThePlaceOfTheOneAsked_ShouldAskAgain()
    {
        var answered = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var terminal = new TestTerminal();

        await RunAsync("hi", terminal, async peer =>
        {
            await peer.OpenAsync();
            await BeginTurnAsync(peer);
            await peer.EventAsync(3, "permission_request", BashRequest);
            await terminal.UntilShownAsync("$ touch x");
            await peer.EventAsync(4, "permission_resolved", """{"request_id":"p1","decision":"allow","reason":"user"}""");
            await peer.EventAsync(5, "permission_request", """{"request_id":"p2","tool_name":"Bash","input":{"command":"rm -rf ."}}""");
            await terminal.UntilShownAsync("$ rm -rf .");
            terminal.Type("y");
            await terminal.UntilShownAsync("does not count");
            terminal.Type("n");
            answered.SetResult((await peer.ExpectAsync("permission_response")).GetProperty("data").GetRawText());
            await EndTurnAsync(peer, 6, "end_turn");
            await peer.StayAsync();
        });

        var data = await answered.Task;
        data.ShouldNotBeNull().ShouldContain("\"p2\"");
        data.ShouldContain("\"deny\"");
    }

    [Fact]
    public async Task RunAsync_WhenAnAnswerComesTooLate_ShouldNotSayItToClaude()
    {
        var said = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var terminal = new TestTerminal();
        terminal.Type("hi");

        await RunAsync(null, terminal, async peer =>
        {
            await peer.OpenAsync();
            await BeginTurnAsync(peer);
            await peer.EventAsync(3, "permission_request", BashRequest);
            await terminal.UntilShownAsync("$ touch x");
            await peer.EventAsync(4, "permission_resolved", """{"request_id":"p1","decision":"deny","reason":"user"}""");
            await terminal.UntilShownAsync("Denied");
            terminal.Type("y");
            await terminal.UntilShownAsync("answered already");
            terminal.Type("and now this");
            said.SetResult((await peer.ExpectAsync("chat_message")).GetProperty("content").GetString());
            terminal.EndInput();
            await peer.StayAsync();
        });

        (await said.Task).ShouldBe("and now this");
    }

    [Fact]
    public async Task RunAsync_WhenAllIsAllowed_ShouldNotAsk()
    {
        var decision = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (exitCode, terminal) = await RunAsync("hi", new TestTerminal { IsInteractive = false }, peer => AskPermissionAsync(peer, decision), allowAll: true);

        (await decision.Task).ShouldBe("allow");
        exitCode.ShouldBe(ExitCode.Success);
        terminal.Aside.ShouldNotContain("Allow?");
    }

    [Fact]
    public async Task RunAsync_WhenInterrupted_ShouldInterruptTheTurnAndLeaveWith130()
    {
        using var interrupt = new InterruptKey();
        var (exitCode, _) = await RunAsync(
            "hi",
            new TestTerminal(),
            async peer =>
            {
                await peer.OpenAsync();
                await BeginTurnAsync(peer);
                await peer.DeltaAsync("m", 0, "Once upon");
                interrupt.Press();
                var control = await peer.ExpectAsync("session_control");
                control.GetProperty("data").GetProperty("action").GetString().ShouldBe("interrupt");
                await peer.ReplyAsync(control, "session_status", """{"status":"running"}""");
                await EndTurnAsync(peer, 3, "interrupted");
                await peer.StayAsync();
            },
            interrupt: interrupt);

        exitCode.ShouldBe(ExitCode.Interrupted);
    }

    [Fact]
    public async Task RunAsync_WhenTheTurnEndedDuringABreak_ShouldStillLearnOfIt()
    {
        var (exitCode, terminal) = await RunAsync(
            "hi",
            new TestTerminal(),
            async peer =>
            {
                await peer.OpenAsync();
                await peer.ExpectAsync("chat_message");
                peer.Abort();
            },
            async peer =>
            {
                await peer.SignInAsync();
                await peer.ReplyAsync(await peer.ExpectAsync("attach_session"), "session_attached");
                await peer.EventAsync(1, "turn_started", """{"turn_id":1,"message_id":"m-1"}""");
                await peer.EventAsync(2, "claude_response", """{"message_id":"m","is_complete":true}""", "Done");
                await EndTurnAsync(peer, 3, "end_turn");
                await peer.ReplyAsync(await peer.ExpectAsync("chat_message"), "chat_accepted", """{"message_id":"m-1","position":0}""");
                await peer.StayAsync();
            });

        exitCode.ShouldBe(ExitCode.Success);
        terminal.Answer.ShouldBe("Done\n");
    }

    [Fact]
    public async Task RunAsync_WhenConversing_ShouldSendEachLineAndEndWithTheInput()
    {
        var texts = new ConcurrentQueue<string?>();
        var terminal = new TestTerminal();
        terminal.Type("one");
        var (exitCode, _) = await RunAsync(null, terminal, async peer =>
        {
            await peer.OpenAsync();
            var message = await peer.ExpectAsync("chat_message");
            texts.Enqueue(message.GetProperty("content").GetString());
            await peer.ReplyAsync(message, "chat_accepted", """{"message_id":"m-1","position":0}""");
            await peer.EventAsync(1, "turn_started", """{"turn_id":1,"message_id":"m-1"}""");
            await EndTurnAsync(peer, 2, "end_turn");
            terminal.Type("two");
            message = await peer.ExpectAsync("chat_message");
            texts.Enqueue(message.GetProperty("content").GetString());
            terminal.EndInput();
            await peer.StayAsync();
        });

        texts.ShouldBe(["one", "two"]);
        exitCode.ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task RunAsync_WhenTextHoldsEscapeSequences_ShouldNotPassThemOn()
    {
        var (_, terminal) = await RunAsync("hi", new TestTerminal(), async peer =>
        {
            await peer.OpenAsync();
            await BeginTurnAsync(peer);
            await peer.DeltaAsync("m", 0, "\u001b]0;owned\u0007");
            await peer.EventAsync(3, "tool_use", """{"tool_use_id":"t","name":"Bash\u001b[2J","input":{"command":"\u001b[31m"}}""");
            await peer.EventAsync(4, "tool_result", """{"tool_use_id":"t","content":"\u009b2J","is_error":false}""");
            await EndTurnAsync(peer, 5, "end_turn");
            await peer.StayAsync();
        });

        (terminal.Answer + terminal.Aside).ShouldNotContain(c => c == '\u001b' || c == '\u009b' || c == '\u0007');
    }

    [Fact]
    public async Task RunAsync_WhenAttachedInTheMiddleOfAnAnswer_ShouldPrintAllOfIt()
    {
        var (_, terminal) = await RunAsync(
            "hi",
            new TestTerminal(),
            async peer =>
            {
                await peer.OpenAsync();
                await BeginTurnAsync(peer);
                await peer.DeltaAsync("m", 0, "Once ");
                await peer.CloseAsync(1001, "restarting");
                await peer.StayAsync();
            },
            async peer =>
            {
                await peer.SignInAsync();
                await peer.ReplyAsync(
                    await peer.ExpectAsync("attach_session"),
                    "session_attached",
                    """{"last_seq":2,"in_flight":[{"type":"claude_response","message_id":"m","content":"Once upon ","next_chunk_index":2}]}""");
                await peer.DeltaAsync("m", 2, "a time");
                await peer.EventAsync(3, "claude_response", """{"message_id":"m","is_complete":true}""", "Once upon a time");
                await EndTurnAsync(peer, 4, "end_turn");
                await peer.StayAsync();
            });

        terminal.Answer.ShouldBe("Once upon a time\n");
    }

    private static async Task BeginTurnAsync(ScriptedServer.Peer peer)
    {
        await peer.ReplyAsync(await peer.ExpectAsync("chat_message"), "chat_accepted", """{"message_id":"m-1","position":0}""");
        await peer.EventAsync(1, "user_message", """{"message_id":"m-1"}""", "hi");
        await peer.EventAsync(2, "turn_started", """{"turn_id":1,"message_id":"m-1"}""");
    }

    private static Task EndTurnAsync(ScriptedServer.Peer peer, long seq, string stopReason) =>
        peer.EventAsync(seq, "turn_completed", $$"""{"turn_id":1,"stop_reason":"{{stopReason}}","usage":{"input_tokens":1,"output_tokens":2},"cost_usd":0.01,"duration_ms":5}""");

    private static async Task AskPermissionAsync(ScriptedServer.Peer peer, TaskCompletionSource<string?> decision, Action<bool>? remembered = null)
    {
        await peer.OpenAsync();
        await BeginTurnAsync(peer);
        await peer.EventAsync(3, "permission_request", BashRequest);
        var response = await peer.ExpectAsync("permission_response");
        remembered?.Invoke(response.GetProperty("data").GetProperty("remember").GetBoolean());
        decision.SetResult(response.GetProperty("data").GetProperty("decision").GetString());
        await peer.EventAsync(4, "permission_resolved", """{"request_id":"p1","decision":"allow","reason":"user"}""");
        await EndTurnAsync(peer, 5, "end_turn");
        await peer.StayAsync();
    }

    private static Task<(int ExitCode, TestTerminal Terminal)> RunAsync(string? message, TestTerminal terminal, params Func<ScriptedServer.Peer, Task>[] scripts) =>
        RunAsync(message, terminal, scripts, allowAll: false, interrupt: null);

    private static Task<(int ExitCode, TestTerminal Terminal)> RunAsync(
        string? message, TestTerminal terminal, Func<ScriptedServer.Peer, Task> script, bool allowAll = false, InterruptKey? interrupt = null) =>
        RunAsync(message, terminal, [script], allowAll, interrupt);

    private static async Task<(int ExitCode, TestTerminal Terminal)> RunAsync(
        string? message, TestTerminal terminal, Func<ScriptedServer.Peer, Task>[] scripts, bool allowAll, InterruptKey? interrupt)
    {
        using var ownInterrupt = new InterruptKey();
        await using var server = await ScriptedServer.StartAsync(scripts);
        await using var client = new ChatClient(server.Url, new GivenToken("t"), TimeProvider.System) { MaxReconnectDelay = TimeSpan.FromMilliseconds(20) };
        var opened = await client.OpenAsync(null, CancellationToken.None);
        var loop = new ChatLoop(client, new TerminalRenderer(terminal), terminal, interrupt ?? ownInterrupt) { AllowAll = allowAll };

        return (await server.Until(loop.RunAsync(opened, message, CancellationToken.None)), terminal);
    }

    private sealed class TestTerminal : ITerminal
    {
        private readonly System.Threading.Channels.Channel<string?> _lines = System.Threading.Channels.Channel.CreateBounded<string?>(16);
        private readonly StringBuilder _answer = new();
        private readonly StringBuilder _aside = new();
        private readonly SemaphoreSlim _written = new(0);

        public bool IsInteractive { get; init; } = true;

        public bool HasColour => false;

        public string Answer => _answer.ToString();

        public string Aside
        {
            get
            {
                lock (_aside)
                {
                    return _aside.ToString();
                }
            }
        }

        public void WriteAnswer(string text) => _answer.Append(text);

        public void WriteAside(string text)
        {
            lock (_aside)
            {
                _aside.Append(text);
            }

            _written.Release();
        }

        /// <summary>For a script that must wait for the client to have said something.</summary>
        public async Task UntilShownAsync(string text)
        {
            while (!Aside.Contains(text, StringComparison.Ordinal))
            {
                (await _written.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue($"waiting for \"{text}\"; shown: {Aside}");
            }
        }

        public Task<string?> ReadLineAsync() => _lines.Reader.ReadAsync().AsTask();

        public void Type(string line) => _lines.Writer.TryWrite(line).ShouldBeTrue();

        public void EndInput() => _lines.Writer.TryWrite(null).ShouldBeTrue();
    }
}
