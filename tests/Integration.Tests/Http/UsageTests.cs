using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Claudy.Application.Usage.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;
using Claudy.Integration.Tests.Contracts;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

public sealed class UsageTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;
    private UserId _local;
    private UserId _other;

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync(new() { ["Claudy:Budgets:UserMonthHardUsd"] = "100" });
        _local = await UserAsync("local");
        _other = await UserAsync("other");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Get_ShouldBeAsTheFrameHasIt_AndOnlyOnesOwn()
    {
        await AppendAsync(Record(_local, 2), Record(_local, 3), Record(_other, 50));
        await using var client = await _server.ConnectAsync("other");

        var http = await GetAsync("?from=2026-03-01&to=2026-03-31&group_by=model", "other");
        var frame = await client.AskAsync("usage", new { from = "2026-03-01", to = "2026-03-31", group_by = "model" });

        frame.Type().ShouldBe("usage");
        frame.Data().GetRawText().ShouldBe(http.GetRawText());
        http.GetProperty("total").GetProperty("cost_usd").GetDecimal().ShouldBe(50);
        var group = http.GetProperty("groups").EnumerateArray().Single();
        group.GetProperty("key").GetString().ShouldBe("claude-x");
        group.GetProperty("usage").GetProperty("cache_creation_1h_tokens").GetInt64().ShouldBe(4);
        http.GetProperty("budgets").EnumerateArray().Select(b => b.GetProperty("period").GetString()).ShouldBe(["day", "month"]);
    }

    [Fact]
    public async Task Get_WhenOfAllUsers_ShouldBeForTheOperatorOnly()
    {
        await AppendAsync(Record(_local, 2), Record(_other, 50));

        var all = await GetAsync("?from=2026-03-01&to=2026-03-31&group_by=user", "local");
        var refused = await SendAsync("?from=2026-03-01&to=2026-03-31&group_by=user", "other");
        var refusedToo = await SendAsync("?all_users=true", "other");

        all.GetProperty("groups").EnumerateArray().Select(g => g.GetProperty("key").GetString()).ShouldBe([_other.ToString(), _local.ToString()]);
        (refused.StatusCode, refusedToo.StatusCode).ShouldBe((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden));
        (await refused.Content.ReadAsStringAsync()).ShouldContain("SESSION_024");
    }

    [Fact]
    public async Task Get_WhenAForeignSessionIsNamed_ShouldBeAsOfAMissingOne()
    {
        var record = Record(_local, 2);
        await AppendAsync(record);

        var foreign = await GetAsync($"?from=2026-03-01&to=2026-03-31&session_id={record.Session}", "other");
        var missing = await GetAsync($"?from=2026-03-01&to=2026-03-31&session_id={TestSessions.NewId()}", "other");
        var own = await GetAsync($"?from=2026-03-01&to=2026-03-31&session_id={record.Session}", "local");

        foreign.GetRawText().ShouldBe(missing.GetRawText());
        own.GetProperty("total").GetProperty("requests").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Requests_ShouldBeOnesOwn_TheNewestFirst_PageByPage()
    {
        var records = Enumerable.Range(1, 5).Select(i => Record(_local, i) with { At = TestSessions.Now.AddSeconds(i % 3) }).ToArray();
        await AppendAsync([.. records, Record(_other, 50)]);

        List<string> seen = [];
        for (var cursor = ""; cursor is not null;)
        {
            var page = await GetAsync($"/requests?limit=2&cursor={cursor}", "local");
            seen.AddRange(page.GetProperty("requests").EnumerateArray().Select(request => request.GetProperty("request_id").GetString()!));
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }

        seen.ShouldBe(records.OrderByDescending(r => r.At).ThenByDescending(r => r.Id.ToString(), StringComparer.Ordinal).Select(r => r.Id.ToString()));
        var own = await GetAsync($"/requests?session_id={records[0].Session}", "local");
        own.GetProperty("requests")[0].GetProperty("usage").GetProperty("output_tokens").GetInt64().ShouldBe(2);
        (await GetAsync($"/requests?session_id={records[0].Session}", "other")).GetProperty("requests").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("/requests?limit=0", "limit")]
    [InlineData("/requests?limit=many", "limit")]
    [InlineData("/requests?cursor=x", "cursor")]
    [InlineData("/requests?session_id=1", "session_id")]
    [InlineData("?from=yesterday", "from")]
    [InlineData("?to=2026-13-01", "to")]
    [InlineData("?group_by=colour", "group_by")]
    [InlineData("?from=2026-03-02&to=2026-03-01", "to")]
    [InlineData("?from=9999-01-01", "from")]
    [InlineData("?session_id=1", "session_id")]
    public async Task Get_WhenAFieldIsWrong_ShouldNameIt(string query, string field)
    {
        using var answer = await SendAsync(query, "local");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain($"\"{field}\"");
    }

    [Fact]
    public async Task Get_WhenNobodySignedIn_ShouldBe401() =>
        (await _server.Http.GetAsync("/api/usage")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

    [Fact]
    public async Task SetBudget_ShouldShowInSettings_AndBeWithinTheUsers()
    {
        await using var client = await _server.ConnectAsync();
        var created = await client.AskAsync("create_session", new { name = "x", budget = new { soft_usd = 0.5, hard_usd = 2 } });
        var session = created.Data().GetProperty("session_id").GetString();

        var settings = await client.ReceiveAsync("session_settings");
        var more = await client.AskAsync("session_control", new { action = "set_budget", hard_usd = 101 }, session);
        var less = await client.AskAsync("session_control", new { action = "set_budget", hard_usd = 1 }, session);

        settings.Data().GetProperty("budget").GetRawText().ShouldBe("""{"soft_usd":0.5,"hard_usd":2}""");
        more.Code().ShouldBe("SESSION_022");
        less.Type().ShouldBe("session_status");
        (await client.ReceiveAsync("session_settings")).Data().GetProperty("budget").GetRawText().ShouldBe("""{"hard_usd":1}""");
    }

    private static UsageRecord Record(UserId user, decimal cost) => new(
        Guid.NewGuid(), TestSessions.Now, TestSessions.NewId(), user, "claude-x", new ApiUsage(1, 2, 3, 4, 5, 6), cost, cost, 200, IsCut: false);

    private async Task<UserId> UserAsync(string name) =>
        (await _server.Services.GetRequiredService<IUserStore>().FindOrAddAsync(name, DateTimeOffset.UnixEpoch, default)).Id;

    private Task AppendAsync(params UsageRecord[] records) => _server.Services.GetRequiredService<IUsageStore>().AppendAsync(records, default);

    private async Task<JsonElement> GetAsync(string query, string username)
    {
        using var answer = await SendAsync(query, username);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<HttpResponseMessage> SendAsync(string query, string username)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/usage" + query);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _server.TokenAsync(username));
        return await _server.Http.SendAsync(request);
    }
}
