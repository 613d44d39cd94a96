using System.Net;
using System.Net.Sockets;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.ApiBroker;

[Collection(ClaudeCodeCollection.Name)]
public sealed class RelayTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private BrokerFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await BrokerFixture.StartAsync();

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Post_WhenSessionHasAKey_ShouldSendItInPlaceOfWhatTheChildSent()
    {
        var key = BrokerFixture.NewKey();
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), key);
        using var request = BrokerFixture.Message();
        request.Headers.Add("x-api-key", "placeholder");
        request.Headers.Add("authorization", "Bearer placeholder");
        request.Headers.Add("cookie", "a=b");
        request.Headers.Add("proxy-authorization", "Basic placeholder");
        request.Headers.Add("x-forwarded-for", "10.1.1.1");
        request.Headers.Add("forwarded", "for=10.1.1.1");
        request.Headers.Add("anthropic-version", "2023-06-01");
        request.Headers.Add("anthropic-beta", "one,two");
        _fixture.Api.Enqueue(Reply.Text("hi"));

        using var response = await child.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var seen = _fixture.Api.Requests.ShouldHaveSingleItem();
        seen.Headers["x-api-key"].ShouldBe(key.Value.Reveal());
        seen.Headers["anthropic-version"].ShouldBe("2023-06-01");
        seen.Headers["anthropic-beta"].ShouldBe("one,two");
        seen.Headers["content-type"].ShouldStartWith("application/json");
        seen.Query.ShouldBe("?beta=true");
        seen.Headers.Keys.ShouldBeSubsetOf(["Host", "Content-Type", "Content-Length", "x-api-key", "anthropic-version", "anthropic-beta"], StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Post_WhenCredentialIsAToken_ShouldSendItAsBearer()
    {
        var token = new ClaudeCredential(ClaudeCredentialKind.AuthToken, new Secret("token-" + Guid.NewGuid().ToString("N")));
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), token);
        _fixture.Api.Enqueue(Reply.Text("hi"));

        using var response = await child.SendAsync(BrokerFixture.Message());

        var seen = _fixture.Api.Requests.ShouldHaveSingleItem();
        seen.Headers["authorization"].ShouldBe("Bearer " + token.Value.Reveal());
        seen.Headers.Keys.ShouldNotContain("x-api-key", StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Post_WhenAGatewayIsSet_ShouldGoThereAndKeepItsPath()
    {
        await using var gateway = await ScriptedMessagesApi.StartAsync();
        await using var fixture = await BrokerFixture.StartAsync(settings: ("Claudy:Claude:BaseUrl", $"{gateway.Address}team/claude/"));
        var child = await fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());

        using var response = await child.SendAsync(BrokerFixture.Message());

        gateway.Requests.ShouldHaveSingleItem().Path.ShouldBe("/team/claude/v1/messages");
        fixture.Api.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_WhenUpstreamIsHeldMidStream_ShouldHavePassedOnWhatCameBefore()
    {
        var gate = new Gate();
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.TextChunks("first", "second").HeldAt(gate, chunk: 1));

        using var response = await child.SendAsync(BrokerFixture.Message(), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await reader.ReadUntilAsync("first").WaitAsync(Deadline);
        gate.Open();

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        (await reader.ReadToEndAsync()).ShouldContain("message_stop");
    }

    [Theory]
    [InlineData(401, "authentication_error")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(529, "overloaded_error")]
    public async Task Post_WhenUpstreamRefuses_ShouldPassTheRefusalOnAsItIs(int status, string type)
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.Error(status, "for this reason", TimeSpan.FromSeconds(7)));

        using var response = await child.SendAsync(BrokerFixture.Message());

        ((int)response.StatusCode).ShouldBe(status);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        response.Headers.GetValues("request-id").ShouldHaveSingleItem();
        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain(type);
        body.ShouldContain("for this reason");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(500)]
    public async Task Post_WhenUpstreamQuotesTheKey_ShouldMaskItForTheChild(int status)
    {
        var key = BrokerFixture.NewKey();
        var value = key.Value.Reveal();
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), key);
        _fixture.Api.Enqueue(Reply.Error(status, $"{value} is bad; do not send {value} again"));

        using var response = await child.SendAsync(BrokerFixture.Message());
        var body = await response.Content.ReadAsStringAsync();

        ((int)response.StatusCode).ShouldBe(status);
        body.ShouldContain("*** is bad; do not send *** again");
        (body + response.Headers + response.Content.Headers).ShouldNotContain(value);
        _fixture.Logs.Text.ShouldNotContain(value);
    }

    [Fact]
    public async Task Post_WhenCredentialIsAnOAuthToken_ShouldAddItsBetaToTheChilds()
    {
        var token = new ClaudeCredential(ClaudeCredentialKind.OAuthToken, new Secret("token-" + Guid.NewGuid().ToString("N")));
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), token);
        using var request = BrokerFixture.Message();
        request.Headers.Add("anthropic-beta", "one,two");
        _fixture.Api.Enqueue(Reply.Text("hi"));

        using var response = await child.SendAsync(request);

        var seen = _fixture.Api.Requests.ShouldHaveSingleItem();
        seen.Headers["authorization"].ShouldBe("Bearer " + token.Value.Reveal());
        seen.Headers["anthropic-beta"].Split(',', StringSplitOptions.TrimEntries).ShouldBe(["one", "two", "oauth-2025-04-20"]);
    }

    [Fact]
    public async Task Post_WhenUpstreamBreaksOff_ShouldBreakOffToo()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.CutStream("half"));

        async Task PostAsync()
        {
            using var response = await child.SendAsync(BrokerFixture.Message(), HttpCompletionOption.ResponseHeadersRead);
            await response.Content.ReadAsStringAsync();
        }

        // The cut may overtake the head of the answer.
        await Should.ThrowAsync<HttpRequestException>(PostAsync());
    }

    [Fact]
    public async Task Post_WhenUpstreamStallsMidStream_ShouldBreakOffAndHangUpOnIt()
    {
        await using var impatient = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:StallTimeout", "00:00:00.5"));
        var never = new Gate();
        var child = await impatient.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        impatient.Api.Enqueue(Reply.TextChunks("first", "second").HeldAt(never, chunk: 1));

        using var response = await child.SendAsync(BrokerFixture.Message(), HttpCompletionOption.ResponseHeadersRead);

        await Should.ThrowAsync<HttpRequestException>(response.Content.ReadAsStringAsync().WaitAsync(Deadline));
        await impatient.Api.Requests[0].Aborted.WaitAsync(Deadline);
        impatient.Logs.Text.ShouldContain("was silent for 00:00:00.5");
    }

    [Fact]
    public async Task Post_WhenUpstreamIsSlowButNotSilent_ShouldPassOnAllOfIt()
    {
        await using var impatient = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:StallTimeout", "00:00:02"));
        var child = await impatient.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        impatient.Api.Enqueue(Reply.Text("one two three four five six", TimeSpan.FromSeconds(0.5)));

        using var response = await child.SendAsync(BrokerFixture.Message(), HttpCompletionOption.ResponseHeadersRead);

        (await response.Content.ReadAsStringAsync()).ShouldContain("message_stop");
    }

    [Fact]
    public async Task Post_WhenUpstreamIsAway_ShouldAnswerInTheApisShape()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        await _fixture.Api.DisposeAsync();

        using var response = await child.SendAsync(BrokerFixture.Message());

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadAsStringAsync()).ShouldContain("api_error");
    }

    [Fact]
    public async Task Post_WhenUpstreamDoesNotShakeHands_ShouldSayThatItCouldNotBeReached()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var impatient = await BrokerFixture.StartAsync(settings:
        [
            ("Claudy:Claude:BaseUrl", $"https://{silent.LocalEndpoint}"),
            ("Claudy:Broker:ConnectTimeout", "00:00:00.2"),
        ]);
        var child = await impatient.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());

        using var response = await child.SendAsync(BrokerFixture.Message());

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadAsStringAsync()).ShouldContain("api_error");
    }

    [Fact]
    public async Task Post_WhenChildHangsUp_ShouldHangUpOnUpstream()
    {
        var never = new Gate();
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        _fixture.Api.Enqueue(Reply.HangUntil(never));
        using var hangUp = new CancellationTokenSource();
        var pending = child.SendAsync(BrokerFixture.Message(), hangUp.Token);
        await never.Reached.WaitAsync(Deadline);

        await hangUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(pending);
        await _fixture.Api.Requests[0].Aborted.WaitAsync(Deadline);
    }

    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/v1/messages")]
    [InlineData("POST", "/v1/messages/batches")]
    [InlineData("POST", "/v1/messages/../files")]
    [InlineData("POST", "/v1/complete")]
    [InlineData("GET", "/")]
    public async Task Request_WhenPathIsNotOfTheList_ShouldBeRefusedWithoutAskingUpstream(string method, string path)
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await child.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("not_found_error");
        _fixture.Api.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_WhenCountingTokens_ShouldBeRelayed()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        using var request = BrokerFixture.Message();
        request.RequestUri = new Uri("/v1/messages/count_tokens?beta=true", UriKind.Relative);

        using var response = await child.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldContain("input_tokens");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_WhenBodyIsTooLarge_ShouldBeRefusedInTheApisShape(bool chunked)
    {
        await using var strict = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:MaxRequestBytes", "2048"));
        var child = await strict.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        using var request = BrokerFixture.Message(text: new string('x', 4096));
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await child.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.Content.ReadAsStringAsync()).ShouldContain("request_too_large");
    }

    [Fact]
    public async Task Post_WhenAllPlacesAreTaken_ShouldBeToldToComeBack()
    {
        await using var narrow = await BrokerFixture.StartAsync(settings: ("Claudy:Broker:MaxConcurrentRequests", "1"));
        var held = new Gate();
        var child = await narrow.ConnectAsync(BrokerFixture.NewSession(), BrokerFixture.NewKey());
        narrow.Api.Enqueue(Reply.HangUntil(held, Reply.Text("one")), Reply.Text("two"));
        var first = child.SendAsync(BrokerFixture.Message());
        await held.Reached.WaitAsync(Deadline);

        using var refused = await child.SendAsync(BrokerFixture.Message());
        held.Open();
        using var answered = await first;
        using var later = await child.SendAsync(BrokerFixture.Message());

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        later.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Post_WhenThereIsNoCredential_ShouldSayWhatToDo()
    {
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), credential: null);

        using var response = await child.SendAsync(BrokerFixture.Message());

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain("authentication_error");
        body.ShouldContain("ANTHROPIC_API_KEY");
        _fixture.Api.Requests.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task RealClaudeCode_WhenThereIsNoCredential_ShouldTellAtOnce()
    {
        ClaudeCodeBinary.Require();
        var workspace = Directory.CreateTempSubdirectory("claudy-nokey-");
        var socket = await _fixture.Broker.OpenAsync(BrokerFixture.NewSession(), () => null, CancellationToken.None);

        var messages = await ClaudeCodeRun.PromptAsync(ClaudeCodeRun.Through(socket), workspace.FullName, "hello");
        workspace.Delete(recursive: true);

        messages.ShouldNotContain(message => message.ToString().Contains("api_retry", StringComparison.Ordinal));
        messages[^1].GetProperty("result").GetString()!.ShouldContain("no Claude credential");
    }

    [Fact]
    public async Task Post_WhenTheKeyHasALineBreak_ShouldBeRefusedWithoutShowingIt()
    {
        var secret = "key-" + Guid.NewGuid().ToString("N");
        var child = await _fixture.ConnectAsync(
            BrokerFixture.NewSession(), new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret(secret + "\r\nx: y")));

        using var response = await child.SendAsync(BrokerFixture.Message());

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain(secret);
        _fixture.Logs.Text.ShouldNotContain(secret);
    }

    [Fact]
    public async Task Logs_WhenRequestsSucceedFailAndBreak_ShouldNeverShowTheKey()
    {
        var key = BrokerFixture.NewKey();
        var child = await _fixture.ConnectAsync(BrokerFixture.NewSession(), key);
        _fixture.Api.Enqueue(Reply.Text("fine"), Reply.Error(401), Reply.CutStream("half"));

        using (await child.SendAsync(BrokerFixture.Message()))
        using (await child.SendAsync(BrokerFixture.Message()))
        {
            await Should.ThrowAsync<HttpRequestException>(child.SendAsync(BrokerFixture.Message()));
        }

        await _fixture.Api.DisposeAsync();
        using var unreachable = await child.SendAsync(BrokerFixture.Message());

        unreachable.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        _fixture.Logs.Text.ShouldContain("is answered with 401");
        _fixture.Logs.Text.ShouldContain("could not be reached");
        _fixture.Logs.Text.ShouldNotContain(key.Value.Reveal());
    }
}
