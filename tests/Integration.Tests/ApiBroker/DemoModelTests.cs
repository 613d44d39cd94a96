using System.Net;
using System.Text.Json;
using Claudy.Application.Credentials.Ports;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.ApiBroker;

[Collection(ClaudeCodeCollection.Name)]
public sealed class DemoModelTests : IAsyncLifetime
{
    private readonly DirectoryInfo _workspace = Directory.CreateTempSubdirectory("claudy-demo-");
    private BrokerFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await BrokerFixture.StartAsync(source: CredentialSource.Demo);

    public async Task DisposeAsync()
    {
        await _fixture.DisposeAsync();
        _workspace.Delete(recursive: true);
    }

    [Fact]
    public async Task Post_WhenInProduction_ShouldNotAnswerEvenIfTheVaultSaysDemo()
    {
        await using var production = await BrokerFixture.StartAsync(environment: "Production", source: CredentialSource.Demo);
        var child = await production.ConnectAsync(BrokerFixture.NewSession(), credential: null);

        using var response = await child.SendAsync(BrokerFixture.Message());

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Post_WhenTheSessionHasAKey_ShouldLeaveTheAnswerToTheApi()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.Text("from the API"));

        using var response = await child.SendAsync(BrokerFixture.Message(stream: false));

        (await response.Content.ReadAsStringAsync()).ShouldContain("from the API");
    }

    [Fact]
    public async Task Post_WhenAPhraseComesAfterALongText_ShouldNotLookForIt()
    {
        var message = await AskAsync(new string('x', 3000) + " write hello.txt");

        message.GetProperty("stop_reason").GetString()!.ShouldBe("end_turn");
    }

    [Theory]
    [InlineData("hello there")]
    [InlineData("explain quantum gravity")]
    public async Task Post_WhenItKnowsNoPhrase_ShouldSayThatItIsNotClaude(string text)
    {
        var message = await AskAsync(text);

        var block = message.GetProperty("content")[0];
        block.GetProperty("text").GetString()!.ShouldContain("not Claude");
        message.GetProperty("stop_reason").GetString()!.ShouldBe("end_turn");
        message.GetProperty("usage").GetProperty("output_tokens").GetInt32().ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData("write hello.txt", "/workspace/hello.txt")]
    [InlineData("Please create a file called docs/notes.md", "/workspace/docs/notes.md")]
    [InlineData("make me a file a.b.c", "/workspace/a.b.c")]
    public async Task Post_WhenAskedForAFile_ShouldCallWriteInTheWorkingDirectory(string text, string path)
    {
        var message = await AskAsync(text);

        var call = message.GetProperty("content")[1];
        call.GetProperty("name").GetString()!.ShouldBe("Write");
        call.GetProperty("input").GetProperty("file_path").GetString()!.ShouldBe(path);
        message.GetProperty("stop_reason").GetString()!.ShouldBe("tool_use");
    }

    [Theory]
    [InlineData("write ../../etc/evil.conf")]
    [InlineData("write /etc/evil.conf")]
    public async Task Post_WhenTheFileIsElsewhere_ShouldNotCallWriteThere(string text)
    {
        var message = await AskAsync(text);

        message.ToString().ShouldNotContain("etc/evil.conf");
    }

    [Theory]
    [InlineData("run date", "date")]
    [InlineData("please run `ls -la /tmp`", "ls -la /tmp")]
    [InlineData("list files", "ls -la")]
    public async Task Post_WhenAskedToRun_ShouldCallBash(string text, string command)
    {
        var message = await AskAsync(text, tool: "Bash");

        var call = message.GetProperty("content")[1];
        call.GetProperty("name").GetString()!.ShouldBe("Bash");
        call.GetProperty("input").GetProperty("command").GetString()!.ShouldBe(command);
    }

    [Fact]
    public async Task Post_WhenTheToolIsNotAllowed_ShouldSayItWithoutCallingIt()
    {
        var message = await AskAsync("run date", tool: "Write");

        message.GetProperty("content").GetArrayLength().ShouldBe(1);
        message.GetProperty("content")[0].GetProperty("text").GetString()!.ShouldContain("does not allow");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"messages":[17,{"content":{"a":1}}],"tools":"x","system":[null],"thinking":3}""")]
    public async Task Post_WhenTheBodyIsOddJson_ShouldStillAnswer(string body)
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), credential: null);

        using var response = await child.PostAsync("/v1/messages", new StringContent(body));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Post_WhenTheBodyIsNoJson_ShouldBeRefused()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), credential: null);

        using var response = await child.PostAsync("/v1/messages", new StringContent("{"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Post_WhenCountingTokens_ShouldEstimate()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), credential: null);

        using var response = await child.PostAsync("/v1/messages/count_tokens", new StringContent("{\"x\":\"" + new string('y', 400) + "\"}"));

        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"input_tokens":102}""");
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenGreeted_ShouldShowTheDemoModelsText()
    {
        var messages = await RunClaudeCodeAsync("hello");

        var result = messages[^1];
        result.GetProperty("is_error").GetBoolean().ShouldBeFalse();
        result.GetProperty("result").GetString()!.ShouldContain("not Claude");
        messages.Count(message => message.ToString().Contains("text_delta", StringComparison.Ordinal)).ShouldBeGreaterThan(20);
        messages.ShouldContain(message => message.ToString().Contains("thinking_delta", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenAskedForAFile_ShouldWriteItIntoTheWorkspace()
    {
        var messages = await RunClaudeCodeAsync("write hello.txt", "--permission-mode", "acceptEdits");

        messages[^1].GetProperty("result").GetString()!.ShouldContain("Done");
        (await File.ReadAllTextAsync(Path.Combine(_workspace.FullName, "hello.txt"))).ShouldContain("demo model");
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenTheWriteIsDenied_ShouldSaySo()
    {
        var messages = await RunClaudeCodeAsync("write hello.txt");

        messages[^1].GetProperty("result").GetString()!.ShouldContain("was not written");
        _workspace.EnumerateFiles().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenAskedToRun_ShouldShowTheOutput()
    {
        var messages = await RunClaudeCodeAsync("run echo forty-two", "--allowedTools=Bash");

        messages[^1].GetProperty("result").GetString()!.ShouldContain("forty-two\n");
    }

    private async Task<JsonElement> AskAsync(string text, string tool = "Write")
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), credential: null);
        using var response = await child.SendAsync(BrokerFixture.Message(stream: false, text, tool));
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    private async Task<IReadOnlyList<JsonElement>> RunClaudeCodeAsync(string prompt, params string[] arguments)
    {
        ClaudeCodeBinary.Require();
        var socket = await _fixture.Broker.OpenAsync(BrokerFixture.NewSession(), () => null, CancellationToken.None);
        return await ClaudeCodeRun.PromptAsync(ClaudeCodeRun.Through(socket), _workspace.FullName, prompt, arguments);
    }
}
