using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Infrastructure.Processes;
using Claudy.Integration.Tests.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The session against a process that the test plays.</summary>
public sealed class ClaudeAgentSessionTests : IAsyncLifetime
{
    private const string Delta = """{"type":"system","subtype":"task_progress","task_id":"t"}""";

    private readonly FakeClaudeProcess _process = new();
    private readonly FakeTimeProvider _time = new();
    private ClaudeAgentSession _session = null!;

    public async Task InitializeAsync()
    {
        var spec = new ProcessSpec { FileName = "/claude", Arguments = [], Environment = new Dictionary<string, string>(StringComparer.Ordinal), WorkingDirectory = "/" };
        var started = await ClaudeAgentSession.StartAsync(_process, spec, Launches.Any, _time, NullLogger.Instance, CancellationToken.None);
        _session = started.Value;
    }

    public async Task DisposeAsync() => await _session.DisposeAsync();

    [Fact]
    public async Task Send_WhenTextOnly_ShouldWriteItAsAPlainString()
    {
        var attempt = Guid.NewGuid();

        await _session.SendMessageAsync(attempt, new ChatMessage("m", null, "/compact größer\u2028\ud83d", []), CancellationToken.None);

        var line = await _process.HearAsync();
        line.GetProperty("type").GetString().ShouldBe("user");
        line.GetProperty("uuid").GetGuid().ShouldBe(attempt);
        line.GetProperty("message").GetProperty("role").GetString().ShouldBe("user");
        line.GetProperty("message").GetProperty("content").GetString().ShouldBe("/compact größer\u2028\ufffd");
    }

    [Fact]
    public void Message_WhenTextHoldsLineSeparators_ShouldBeOneLineOfAscii()
    {
        var line = ClaudeInput.Message(Guid.NewGuid(), new ChatMessage("m", null, "a\nb\u2028c\u0085dä", []));

        line.ShouldAllBe(b => b >= 0x20 && b < 0x7F);
    }

    [Fact]
    public async Task Send_WhenImages_ShouldWriteBlocks()
    {
        await _session.SendMessageAsync(Guid.NewGuid(), new ChatMessage("m", null, "what?", [new ImageAttachment("image/png", [1, 2, 3])]), CancellationToken.None);

        var content = (await _process.HearAsync()).GetProperty("message").GetProperty("content");
        content[0].ShouldBeJson("""{"type":"text","text":"what?"}""");
        content[1].ShouldBeJson("""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AQID"}}""");
    }

    [Fact]
    public async Task Answer_WhenAllowed_ShouldRepeatTheInputAndKeepTheModeToTheSession()
    {
        var answer = new PermissionAnswer(
            PermissionDecision.Allow, JsonElement.Parse("""{"command":"touch x"}"""), PermissionMode.AcceptEdits, null);

        await _session.AnswerPermissionAsync("p1", answer, CancellationToken.None);

        (await _process.HearAsync()).ShouldBeJson(
            """{"type":"control_response","response":{"subtype":"success","request_id":"p1","response":{"behavior":"allow","updatedInput":{"command":"touch x"},"updatedPermissions":["""
            + """{"type":"setMode","destination":"session","mode":"acceptEdits"}]}}}""");
    }

    [Fact]
    public async Task Answer_WhenDenied_ShouldAlwaysSayWhy()
    {
        await _session.AnswerPermissionAsync("p1", new PermissionAnswer(PermissionDecision.Deny, default, null, null), CancellationToken.None);

        (await _process.HearAsync()).ShouldBeJson(
            """{"type":"control_response","response":{"subtype":"success","request_id":"p1","response":{"behavior":"deny","message":"The user did not allow this."}}}""");
    }

    [Fact]
    public async Task Answer_WhenAllowedWithoutInput_ShouldRefuseToSendIt()
    {
        await Should.ThrowAsync<ArgumentException>(async () =>
            await _session.AnswerPermissionAsync("p1", new PermissionAnswer(PermissionDecision.Allow, default, null, null), CancellationToken.None));
    }

    [Fact]
    public async Task SetModel_WhenTheCliAnswers_ShouldSucceed()
    {
        var setting = _session.SetModelAsync("opus", CancellationToken.None);

        var request = await _process.HearAsync();
        request.GetProperty("request").ShouldBeJson("""{"subtype":"set_model","model":"opus"}""");
        _process.Say($$$"""{"type":"control_response","response":{"subtype":"success","request_id":"{{{request.GetProperty("request_id").GetString()}}}"}}""");
        (await setting).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task SetPermissionMode_WhenTheCliRefuses_ShouldTellWhy()
    {
        var setting = _session.SetPermissionModeAsync(PermissionMode.Plan, CancellationToken.None);

        var request = await _process.HearAsync();
        request.GetProperty("request").ShouldBeJson("""{"subtype":"set_permission_mode","mode":"plan"}""");
        _process.Say($$$"""{"type":"control_response","response":{"subtype":"error","request_id":"{{{request.GetProperty("request_id").GetString()}}}","error":"no such thing"}}""");
        (await setting).Error!.Message.ShouldContain("no such thing");
    }

    [Fact]
    public async Task SetPermissionMode_WhenNobodyIsToBeAsked_ShouldLetTheCliAskClaudyAndNotHeedItsWordForIt()
    {
        var setting = _session.SetPermissionModeAsync(PermissionMode.DontAsk, CancellationToken.None);
        var request = await _process.HearAsync();
        _process.Say("""{"type":"system","subtype":"status","status":null,"permissionMode":"default"}""");
        _process.Say($$$"""{"type":"control_response","response":{"subtype":"success","request_id":"{{{request.GetProperty("request_id").GetString()}}}"}}""");
        (await setting).IsSuccess.ShouldBeTrue();
        _process.Say("""{"type":"control_cancel_request","request_id":"p9"}""");

        request.GetProperty("request").ShouldBeJson("""{"subtype":"set_permission_mode","mode":"default"}""");
        (await _session.Events.ReadAsync()).ShouldBe(new AgentEvent.PermissionWithdrawn("p9"));
    }

    [Fact]
    public async Task SetDeniedRules_ShouldReplaceThemAndGrantNothing()
    {
        _ = _session.SetDeniedRulesAsync(["Bash(rm:*)"], CancellationToken.None);

        (await _process.HearAsync()).GetProperty("request").ShouldBeJson(
            """{"subtype":"apply_flag_settings","settings":{"permissions":{"allow":[],"deny":["Bash(rm:*)"]}}}""");
    }

    [Fact]
    public async Task SetPermissionMode_WhenBypassAndNotCreatedWithIt_ShouldRefuse()
    {
        var result = await _session.SetPermissionModeAsync(PermissionMode.BypassPermissions, CancellationToken.None);

        result.Error!.Reason.ShouldBe("mode_needs_sandbox");
    }

    [Fact]
    public async Task Interrupt_WhenTheCliIsSilent_ShouldGiveUpAfterTenSeconds()
    {
        var interrupting = _session.InterruptAsync(CancellationToken.None);
        await _process.HearAsync();

        _time.Advance(TimeSpan.FromSeconds(10));

        (await interrupting).Error!.Reason.ShouldBe("control_failed");
    }

    [Fact]
    public async Task Interrupt_WhenTheProcessEnds_ShouldFailAtOnce()
    {
        var interrupting = _session.InterruptAsync(CancellationToken.None);
        await _process.HearAsync();

        _process.Exit(1);

        (await interrupting).Error!.Reason.ShouldBe("control_failed");
    }

    [Fact]
    public async Task Interrupt_WhenTheProcessDoesNotRead_ShouldFailAtOnce()
    {
        _process.IsReading = false;

        (await _session.InterruptAsync(CancellationToken.None)).Error!.Reason.ShouldBe("control_failed");
    }

    [Fact]
    public async Task Line_WhenTheCredentialIsRefused_ShouldInterruptTheTurn()
    {
        _process.Say("""{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":600,"error_status":401}""");

        (await _process.HearAsync()).GetProperty("request").GetProperty("subtype").GetString().ShouldBe("interrupt");
    }

    [Fact]
    public async Task Line_WhenTheCliAsksForWhatIsNotOffered_ShouldTellIt()
    {
        _process.Say("""{"type":"control_request","request_id":"r1","request":{"subtype":"elicitation"}}""");

        var answer = (await _process.HearAsync()).GetProperty("response");
        answer.GetProperty("subtype").GetString().ShouldBe("error");
        answer.GetProperty("request_id").GetString().ShouldBe("r1");
    }

    [Fact]
    public async Task Events_WhenTheProcessEnds_ShouldEndWithExited()
    {
        _process.Say(Delta);
        _process.Exit(3, "last words", "It wrote too much.");

        var events = await _session.Events.ReadAllAsync().ToListAsync();

        events.Count.ShouldBe(2);
        events[1].ShouldBe(new AgentEvent.Exited(3, "It wrote too much.\nlast words"));
    }

    [Fact]
    public async Task Events_WhenNobodyReads_ShouldHoldUpTheProcessUntilSomebodyDoes()
    {
        for (var i = 0; i < ClaudeAgentSession.EventCapacity; i++)
            _process.Say(Delta);

        var oneMore = new TaskCompletionSource();
        var reader = new Thread(() =>
        {
            _process.Say(Delta);
            oneMore.SetResult();
        });
        reader.Start();
        await Eventually.IsTrueAsync(
            () => oneMore.Task.IsCompleted || reader.ThreadState.HasFlag(ThreadState.WaitSleepJoin), "the process's reader waits");
        var heldUp = !oneMore.Task.IsCompleted;
        await _session.Events.ReadAsync();
        await oneMore.Task.WaitAsync(Eventually.Deadline);
        _process.Exit();
        var rest = await _session.Events.ReadAllAsync().ToListAsync();

        heldUp.ShouldBeTrue();
        rest.Count(read => read is not AgentEvent.Exited).ShouldBe(ClaudeAgentSession.EventCapacity);
    }

    [Fact]
    public async Task Stop_WhenNobodyReads_ShouldFreeTheProcessesReaderAfterTheGrace()
    {
        for (var i = 0; i < ClaudeAgentSession.EventCapacity; i++)
            _process.Say(Delta);
        var freed = new TaskCompletionSource();
        var reader = new Thread(() =>
        {
            _process.Say(Delta);
            freed.SetResult();
        });
        reader.Start();

        var stopping = _session.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        await _process.HearAsync();
        _time.Advance(TimeSpan.FromSeconds(5));

        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
        await Should.NotThrowAsync(freed.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Stop_WhenTheCliListens_ShouldAskItFirst()
    {
        var stopping = _session.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);

        var request = await _process.HearAsync();
        request.GetProperty("request").ShouldBeJson("""{"subtype":"end_session"}""");
        _process.Exited.IsCompleted.ShouldBeFalse();
        _process.Say($$$"""{"type":"control_response","response":{"subtype":"success","request_id":"{{{request.GetProperty("request_id").GetString()}}}"}}""");
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
        _process.Exited.IsCompleted.ShouldBeTrue();
    }
}

internal static class JsonAssertions
{
    /// <summary>The order of properties does not count.</summary>
    public static void ShouldBeJson(this JsonElement actual, string expected) =>
        JsonElement.DeepEquals(actual, JsonElement.Parse(expected)).ShouldBeTrue(actual.GetRawText());
}
