using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Support;

public sealed class ScriptedMessagesApiTests : IAsyncLifetime
{
    private readonly DirectoryInfo _workspace = Directory.CreateTempSubdirectory("claudy-ws-");
    private readonly HttpClient _client = new();
    private ScriptedMessagesApi _api = null!;

    public async Task InitializeAsync()
    {
        _api = await ScriptedMessagesApi.StartAsync();
        _client.BaseAddress = _api.Address;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
        _workspace.Delete(recursive: true);
    }

    [Fact]
    public async Task Post_WhenSideRequest_ShouldNotUseUpTheScript()
    {
        _api.Enqueue(Reply.Text("for the conversation"));

        var side = await PostAsync(new { model = "m", messages = Array.Empty<object>() });
        var conversation = await PostAsync(Conversation(stream: false));

        side.GetProperty("content")[0].GetProperty("text").GetString().ShouldNotBe("for the conversation");
        conversation.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe("for the conversation");
    }

    [Fact]
    public async Task Post_WhenHeldAtAGate_ShouldSendNothingFurtherUntilItOpens()
    {
        var gate = new Gate();
        _api.Enqueue(Reply.TextChunks("one", "two").HeldAt(gate, chunk: 1));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = JsonContent.Create(Conversation(stream: true)) };
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        await reader.ReadUntilAsync("one");
        await gate.Reached;
        var rest = reader.ReadToEndAsync();
        rest.IsCompleted.ShouldBeFalse();
        gate.Open();

        (await rest).ShouldContain("two");
    }

    [Fact]
    public async Task Post_WhenScriptedError_ShouldAnswerInTheApisShape()
    {
        _api.Enqueue(Reply.Error(529, retryAfter: TimeSpan.FromSeconds(3)));

        using var response = await _client.PostAsJsonAsync("/v1/messages", Conversation(stream: true));

        response.StatusCode.ShouldBe((HttpStatusCode)529);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(3));
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("type").GetString().ShouldBe("overloaded_error");
    }

    [Fact]
    public async Task Post_WhenClientHangsUp_ShouldTellInTheRecord()
    {
        var never = new Gate();
        _api.Enqueue(Reply.HangUntil(never));
        using var hangUp = new CancellationTokenSource();
        var pending = _client.PostAsJsonAsync("/v1/messages", Conversation(stream: true), hangUp.Token);
        await never.Reached;

        await hangUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(pending);
        await _api.Requests[0].Aborted.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenScriptHasThinkingToolAndText_ShouldGoThroughAll()
    {
        var file = Path.Combine(_workspace.FullName, "hello.txt");
        _api.Enqueue(
            Reply.Thinking("a file then").Then(Reply.ToolUse("Write", new { file_path = file, content = "hi" })),
            Reply.Text("written it is"));

        var messages = await ClaudeCodeRun.PromptAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["ANTHROPIC_BASE_URL"] = _api.Address.ToString() },
            _workspace.FullName,
            "write hello.txt",
            "--permission-mode", "acceptEdits");

        messages[^1].GetProperty("result").GetString().ShouldBe("written it is");
        (await File.ReadAllTextAsync(file)).ShouldBe("hi");
        _api.Conversation.Count.ShouldBe(2);
        _api.Conversation.ShouldAllBe(request => request.IsStreaming);
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenStreamIsCut_ShouldAskAgain()
    {
        _api.Enqueue(Reply.CutStream("half of it"), Reply.Text("all of it"));

        var messages = await ClaudeCodeRun.PromptAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["ANTHROPIC_BASE_URL"] = _api.Address.ToString() },
            _workspace.FullName,
            "hello");

        messages[^1].GetProperty("result").GetString().ShouldBe("all of it");
    }

    private static object Conversation(bool stream) =>
        new { model = "m", stream, tools = new[] { new { name = "Write" } }, messages = new[] { new { role = "user", content = "hello" } } };

    private async Task<JsonElement> PostAsync(object body)
    {
        using var response = await _client.PostAsJsonAsync("/v1/messages", body);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
