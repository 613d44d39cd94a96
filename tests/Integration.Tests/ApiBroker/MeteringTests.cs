using System.Net;
using System.Text;
using System.Text.Json;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.ApiBroker;

/// <summary>What the broker asks the meter, and tells it.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class MeteringTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private BrokerFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await BrokerFixture.StartAsync();

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_WhenAnswered_ShouldTellWhatTheApiSaid(bool isStreamed)
    {
        var child = await ConnectAsync();
        _fixture.Api.Enqueue(Reply.Text("one two three four five six seven"));

        using var response = await child.SendAsync(BrokerFixture.Message(isStreamed));
        await response.Content.ReadAsByteArrayAsync();

        var outcome = await _fixture.Meter.OutcomeAsync();
        outcome.Status.ShouldBe(200);
        outcome.Model.ShouldBe("claude-test");
        outcome.IsCut.ShouldBeFalse();
        outcome.Usage!.Value.OutputTokens.ShouldBe(8);
        outcome.Usage.Value.InputTokens.ShouldBe(_fixture.Api.Requests[0].BodyText.Length / 4);
    }

    [Fact]
    public async Task Post_WhenTheAnswerIsCutOff_ShouldTellWhatWasSaidSoFar()
    {
        var cut = new Gate();
        var child = await ConnectAsync();
        _fixture.Api.Enqueue(Reply.CutStream("one two three").HeldAt(cut, chunk: 3));

        using var response = await child.SendAsync(BrokerFixture.Message(), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await reader.ReadUntilAsync("three").WaitAsync(Deadline);
        cut.Open();
        await Should.ThrowAsync<HttpIOException>(reader.ReadToEndAsync().WaitAsync(Deadline));

        var outcome = await _fixture.Meter.OutcomeAsync();
        (outcome.Status, outcome.IsCut, outcome.OutputEstimate).ShouldBe((200, true, 4L));
        outcome.Usage!.Value.OutputTokens.ShouldBe(1);
        outcome.Usage.Value.InputTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Post_WhenTheChildHangsUpBeforeTheAnswer_ShouldTellThatItWasCut()
    {
        var never = new Gate();
        var child = await ConnectAsync();
        _fixture.Api.Enqueue(Reply.HangUntil(never));
        using var hangUp = new CancellationTokenSource();
        var pending = child.SendAsync(BrokerFixture.Message(), hangUp.Token);
        await never.Reached.WaitAsync(Deadline);

        await hangUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(pending);

        var outcome = await _fixture.Meter.OutcomeAsync();
        (outcome.Status, outcome.Usage, outcome.IsCut).ShouldBe((0, null, true));
    }

    [Fact]
    public async Task Post_WhenTheChildHangsUpWithinTheAnswer_ShouldTellWhatWasSaidSoFar()
    {
        var never = new Gate();
        var child = await ConnectAsync();
        _fixture.Api.Enqueue(Reply.TextChunks("first", "second").HeldAt(never, chunk: 1));
        using (var response = await child.SendAsync(BrokerFixture.Message(), HttpCompletionOption.ResponseHeadersRead))
        {
            await never.Reached.WaitAsync(Deadline);
        }

        var outcome = await _fixture.Meter.OutcomeAsync();
        (outcome.Status, outcome.IsCut).ShouldBe((200, true));
        outcome.Usage!.Value.InputTokens.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Post_WhenTheApiRefuses_ShouldTellItsStatus()
    {
        var child = await ConnectAsync();
        _fixture.Api.Enqueue(Reply.Error(529));

        using var response = await child.SendAsync(BrokerFixture.Message());

        var outcome = await _fixture.Meter.OutcomeAsync();
        (outcome.Status, outcome.Usage, outcome.IsCut).ShouldBe((529, null, false));
    }

    [Fact]
    public async Task Post_WhenTheBudgetIsSpent_ShouldBeRefusedWithoutAskingUpstream()
    {
        var child = await ConnectAsync();
        _fixture.Meter.Refusal = UsageErrors.BudgetSpent(new BudgetReached(BudgetScope.Session, 1, 1.5m, null));

        using var response = await child.SendAsync(BrokerFixture.Message());

        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        response.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
        (await response.Content.ReadAsStringAsync()).ShouldContain("billing_error");
        _fixture.Api.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/messages/count_tokens")]
    public async Task Post_WhenTheModelIsNotOffered_ShouldBeRefusedAsTheApiWould(string path)
    {
        var child = await ConnectAsync();
        _fixture.Meter.Refusal = SessionErrors.ModelNotAllowed("claude-test");
        using var request = BrokerFixture.Message();
        request.RequestUri = new Uri(path, UriKind.Relative);

        using var response = await child.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("not_found_error");
        _fixture.Api.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_WhenCountingTokens_ShouldNotBeMetered()
    {
        var child = await ConnectAsync();

        using var response = await child.PostAsync("/v1/messages/count_tokens", new StringContent("""{"model":"claude-test"}"""));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _fixture.Meter.Begun.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"messages":[{"model":"inner"}],"max_tokens":32000,"mod\u0065l":"claude-x","thinking":{"max_tokens":1}}""", "claude-x", 32_000L)]
    [InlineData("""{"model":"claude-y"}""", "claude-y", null)]
    public async Task Post_ShouldFindTheModelWhereverItStands(string body, string model, long? maxTokens)
    {
        var child = await ConnectAsync();

        using var response = await child.PostAsync("/v1/messages", new StringContent(body));

        var begun = _fixture.Meter.Begun.ShouldHaveSingleItem();
        (begun.Model, begun.MaxTokens, begun.Bytes).ShouldBe((model, maxTokens, (long)Encoding.UTF8.GetByteCount(body)));
        _fixture.Api.Requests[0].BodyText.ShouldBe(body);
    }

    // Two readers of such a body could each see another model.
    [Theory]
    [InlineData("""{"model":"a","model":"b"}""")]
    [InlineData("""{"model":"a","mod\u0065l":"b"}""")]
    [InlineData("""{"model":"a","max_tokens":1,"max_tokens":2}""")]
    [InlineData("""{"model":"a","Model":"b"}""")]
    [InlineData("""{"MODEL":"a"}""")]
    [InlineData("""{"model":"a","Max_Tokens":2}""")]
    [InlineData("""{"model":["a"]}""")]
    [InlineData("""{"model":""}""")]
    [InlineData("""{"messages":[]}""")]
    [InlineData("""{"model":"a"} {"model":"b"}""")]
    [InlineData("""{"model":"a" /* " */ }""")]
    [InlineData("""[{"model":"a"}]""")]
    [InlineData("""{"model":"a" """)]
    [InlineData("")]
    public async Task Post_WhenTheBodyCouldBeReadInTwoWays_ShouldBeRefused(string body)
    {
        var child = await ConnectAsync();

        using var response = await child.PostAsync("/v1/messages", new StringContent(body));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        _fixture.Api.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(200, HttpStatusCode.OK)]
    [InlineData(201, HttpStatusCode.BadRequest)]
    public async Task Post_WhenTheModelsNameIsLong_ShouldPassOnlyWhatCanBeAName(int length, HttpStatusCode status)
    {
        var child = await ConnectAsync();
        _fixture.Api.Enqueue(Reply.Text("fine"));

        using var response = await child.PostAsync("/v1/messages", new StringContent(JsonSerializer.Serialize(new { model = new string('m', length), messages = Array.Empty<int>() })));

        response.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Post_WhenOneSessionHoldsAllThatItMay_ShouldStillServeTheOthers()
    {
        await using var narrow = await BrokerFixture.StartAsync(settings: [("Claudy:Broker:MaxHeldBytesPerSession", "1048576"), ("Claudy:Broker:MaxHeldBytes", "4194304")]);
        var greedy = await narrow.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        var other = await narrow.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        narrow.Api.Enqueue(Reply.Text("fine"));

        using var refused = await greedy.SendAsync(BrokerFixture.Message(text: new string('x', 2_000_000)));
        using var served = await other.SendAsync(BrokerFixture.Message(text: new string('x', 200_000)));

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Post_WhenTheBodyIsCompressed_ShouldBeRefused()
    {
        var child = await ConnectAsync();
        using var request = BrokerFixture.Message();
        request.Content!.Headers.ContentEncoding.Add("gzip");

        using var response = await child.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        _fixture.Api.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_WhenNoMemoryIsLeftForIt_ShouldBeToldToComeBack()
    {
        await using var narrow = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:MaxHeldBytes", "1048576"));
        var child = await narrow.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());

        using var refused = await child.SendAsync(BrokerFixture.Message(text: new string('x', 2_000_000)));
        using var small = await child.SendAsync(BrokerFixture.Message());

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        small.StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenTheBudgetIsSpent_ShouldEndItsTurnAtOnceAndSayWhy()
    {
        ClaudeCodeBinary.Require();
        _fixture.Meter.Refusal = UsageErrors.BudgetSpent(new BudgetReached(BudgetScope.UserDay, 1, 1.5m, null));
        var workspace = Directory.CreateTempSubdirectory("claudy-spent-");
        var socket = await _fixture.Broker.OpenAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey, CancellationToken.None);

        var messages = await ClaudeCodeRun.PromptAsync(ClaudeCodeRun.Through(socket), workspace.FullName, "hello");
        workspace.Delete(recursive: true);

        messages.ShouldNotContain(message => message.ToString().Contains("api_retry", StringComparison.Ordinal));
        messages[^1].GetProperty("is_error").GetBoolean().ShouldBeTrue();
        messages[^1].GetProperty("api_error_status").GetInt32().ShouldBe(402);
        messages[^1].GetProperty("result").GetString()!.ShouldContain("The budget of this user for today is spent");
        _fixture.Meter.Begun.Count.ShouldBe(1);
    }

    private Task<HttpClient> ConnectAsync() => _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
}
