using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets;
using MediatR;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.CrossTenant;

/// <summary>
/// Bob tries everything that Alice has on every frame and route there is. The answer must be that for the same things of Carol, who
/// has deleted them: to the letter, and without any trace at Alice's.
/// </summary>
public sealed partial class CrossTenantTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;
    private Tenant _alice = null!;
    private Tenant _carol = null!;
    private TestClient _bob = null!;

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync(
            new() { ["Claudy:Http:FramesPerSecond"] = "100000", ["Claudy:Http:FrameBurst"] = "100000", ["Claudy:Limits:RequestsPerSecondPerUser"] = "100000", ["Claudy:Limits:RequestBurstPerUser"] = "100000" },
            change: services => services.AddSingleton<IClaudeKeyCheck, TakesEveryKey>());
        _server.Agents.Script = Tenant.FollowAsync;
        _bob = await _server.ConnectAsync("bob");
        _alice = await Tenant.PrepareAsync(_server, "alice");
        _carol = await Tenant.PrepareAsync(_server, "carol");
        await _carol.DeleteAllAsync();
    }

    public async Task DisposeAsync()
    {
        await _bob.DisposeAsync();
        await _alice.DisposeAsync();
        await _carol.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Cases_ShouldCoverEveryFrameAndField() => FrameCases.Missing(FrameCatalogue.All).ShouldBeEmpty();

    [Fact]
    public void Cases_WhenAFrameOrFieldIsNew_ShouldSayWhatToAdd()
    {
        var unheardOf = new FrameDefinition("brand_new", [], ReadBrandNewAsync);

        FrameCases.Missing([unheardOf]).ShouldHaveSingleItem().ShouldStartWith("The field brand_new_id of brand_new is neither in FrameCases.IdFields nor");
    }

    [Fact]
    public void Fields_ShouldBeThoseOfEveryFrameThatReadsAny()
    {
        var found = FrameCatalogue.All.Select(FrameFields.TypeOf).OfType<Type>().Distinct().ToList();

        found.Count.ShouldBeGreaterThan(20);
        FrameFields.ReadAnywhere().ShouldBe(found, ignoreOrder: true);
        FrameFields.TypeOf(FrameCatalogue.Find("file_upload_begin")!).ShouldBe(typeof(FileUploadBeginData));
        FrameFields.TypeOf(FrameCatalogue.Find("ping")!).ShouldBeNull();
    }

    [Fact]
    public async Task Frames_WhenTheSessionIsAnothers_ShouldAnswerAsIfThereWereNone()
    {
        List<string> differences = [];
        foreach (var frame in await CasesAsync())
        {
            differences.AddRange(await DifferencesAsync(
                frame.Name,
                async tenant => await AskAsync(frame, tenant.Ids, tenant.Ids.Session),
                tenant => [.. tenant.Ids.Texts]));
        }

        differences.ShouldBeEmpty();
        _bob.Received.ShouldNotContain(frame => frame.ToString().Contains(_alice.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Frames_WhenTheSessionIsOnesOwnButTheRestAnothers_ShouldAnswerAsIfThereWereNone()
    {
        List<string> differences = [];
        foreach (var frame in (await CasesAsync()).Where(frame => frame.HasInnerIds))
        {
            differences.AddRange(await DifferencesAsync(
                frame.Name,
                async tenant =>
                {
                    // A fresh one each time: what the first try leaves there must not change the second.
                    var own = await _bob.CreateSessionAsync("Bob's");
                    var answer = await AskAsync(frame, tenant.Ids, own);
                    (await _bob.AskAsync("session_control", new { action = "delete" }, own)).Type().ShouldBe("session_deleted");
                    return answer;
                },
                tenant => [.. tenant.Ids.Texts]));
        }

        differences.ShouldBeEmpty();
        _bob.Received.ShouldNotContain(frame => frame.ToString().Contains(_alice.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Frames_WhenTheyAreOnesOwn_ShouldBeAnswered()
    {
        // What the tests above try with must be real: else they would show nothing.
        var cases = (await CasesAsync()).Where(frame => frame.HasInnerIds).ToList();
        cases.Count.ShouldBeGreaterThan(12);
        foreach (var frame in cases)
        {
            await using var owner = await Tenant.PrepareAsync(_server, $"owner{cases.IndexOf(frame)}");

            var answer = await owner.Client.AskAsync(frame.Type, frame.Data(owner.Ids), owner.Ids.Session, "x");

            answer.Type().ShouldNotBe("error", $"{frame.Name}: {answer}");
        }
    }

    [Fact]
    public async Task Frames_WhenNobodyIsSignedIn_ShouldAllBeRefused()
    {
        await using var stranger = await TestClient.ConnectAsync(_server.WebSocket);
        foreach (var frame in FrameCatalogue.All.Where(frame => frame.Type is not ("auth" or "ping")))
        {
            (await stranger.AskAsync(frame.Type, new { }, _alice.Ids.Session, "x")).Code().ShouldBe("WS_001", frame.Type);
        }
    }

    [Fact]
    public async Task Routes_WhenWhatTheyNameIsAnothers_ShouldAnswerAsIfThereWereNone()
    {
        List<string> differences = [];
        var tried = 0;
        foreach (var route in RouteCases.All(Endpoints()))
        {
            differences.AddRange(await DifferencesAsync(
                route.Name,
                async tenant => await SendAsync(route, tenant.Ids, await SignInAsync("bob")),
                tenant => [.. tenant.Ids.Texts]));
            tried++;
        }

        differences.ShouldBeEmpty();
        tried.ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task Routes_WhenTheyAreOnesOwn_ShouldBeAnswered()
    {
        foreach (var route in RouteCases.All(Endpoints()).OrderBy(route => route.Name == "DELETE /api/session/{id}"))
        {
            (await SendAsync(route, _alice.Ids, await SignInAsync("alice"))).ShouldMatch("^20[014] ", route.Name);
        }
    }

    [Fact]
    public void Routes_ShouldAllBeKnown() => RouteCases.Missing(Endpoints()).ShouldBeEmpty();

    [Fact]
    public void Routes_WhenOneIsNew_ShouldSayWhatToAdd()
    {
        var unheardOf = new RouteEndpoint(_ => Task.CompletedTask, Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/api/thing/{thing}"), 0, null, null);

        var missing = RouteCases.Missing([unheardOf]);

        missing.ShouldContain(sentence => sentence.Contains("RouteCases.Parameters", StringComparison.Ordinal));
        missing.ShouldContain(sentence => sentence.Contains("RouteCases.Queries", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Routes_WhenNobodyIsSignedIn_ShouldBeRefusedUnlessTheyArePublic()
    {
        foreach (var route in RouteCases.All(Endpoints()))
        {
            (await SendAsync(route, _alice.Ids, null)).ShouldStartWith("401 ", customMessage: route.Name);
        }
    }

    private async Task<IReadOnlyList<FrameCase>> CasesAsync()
    {
        var refused = await _bob.AskAsync("session_control", new { action = "unheard_of" }, await _bob.CreateSessionAsync());
        var actions = FrameCases.ActionsOf(refused.Content()!);
        actions.Count.ShouldBeGreaterThan(12);
        return FrameCases.All(FrameCatalogue.All, actions);
    }

    // As Alice's and as Carol's; both without a trace.
    private async Task<IReadOnlyList<string>> DifferencesAsync(string what, Func<Tenant, Task<string>> tryAsync, Func<Tenant, string[]> ids)
    {
        var before = await _alice.StateAsync();
        var foreign = Plain(await tryAsync(_alice), ids(_alice));
        var after = await _alice.StateAsync();
        var missing = Plain(await tryAsync(_carol), ids(_carol));
        return
        [
            .. foreign == missing ? [] : new[] { $"{what}: of another's {foreign}, but of what is missing {missing}" },
            .. before == after ? [] : new[] { $"{what}: changed {before} to {after}" },
            .. foreign.Contains(_alice.Secret, StringComparison.Ordinal) ? [$"{what}: showed {foreign}"] : Array.Empty<string>(),
        ];
    }

    private async Task<string> AskAsync(FrameCase frame, TenantIds ids, string session) =>
        (await _bob.AskAsync(frame.Type, frame.Data(ids), session, frame.Type == "auth" ? await SignInAsync("bob") : "x")).ToString();

    private async Task<string> SendAsync(RouteCase route, TenantIds ids, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(route.Method), route.Path(ids));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = route.Body is { } body ? JsonContent.Create(body(ids)) : null;
        using var answer = await _server.Http.SendAsync(request);
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key != "Date").OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
        return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()} {string.Join("; ", headers)}";
    }

    private List<RouteEndpoint> Endpoints() =>
        [.. _server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    // Ids become words of the same kind, and what differs from call to call goes.
    private static string Plain(string answer, string[] ids)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            answer = answer.Replace(JsonEncodedText.Encode(ids[i]).ToString(), $"<{i}>", StringComparison.Ordinal).Replace(ids[i], $"<{i}>", StringComparison.Ordinal);
        }

        answer = PersonalToken().Replace(answer, "<token>");
        return ReplyTo().Replace(Time().Replace(Uuid().Replace(answer, "<id>"), "<time>"), "\"reply_to\":\"\"");
    }

    // Not only a token, but a sign-in that the store knows.
    private async Task<string> SignInAsync(string name) => (await _server.SignInAsync(name)).Token.Value.Reveal();

    private sealed class TakesEveryKey : IClaudeKeyCheck
    {
        public Task<Result> CheckAsync(ClaudeCredential credential, CancellationToken cancellationToken) => Task.FromResult(Result.Success());
    }

    private static async Task<Result> ReadBrandNewAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return context.Data<BrandNewData>(null!).IsSuccess ? Result.Success() : ProtocolErrors.UnknownType("brand_new");
    }

    private sealed record BrandNewData(string? BrandNewId, int? Limit);

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?")]
    private static partial Regex Time();

    [GeneratedRegex("claudy_pat_[0-9A-Za-z]+")]
    private static partial Regex PersonalToken();

    [GeneratedRegex("\"reply_to\":\"[0-9a-f]*\"")]
    private static partial Regex ReplyTo();
}
