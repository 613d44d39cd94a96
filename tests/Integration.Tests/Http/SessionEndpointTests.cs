using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Sqlite;
using Claudy.Integration.Tests.Contracts;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

public sealed class SessionEndpointTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("GET", "/api/session")]
    [InlineData("GET", "/api/session/01990000-0000-7000-8000-000000000000")]
    [InlineData("DELETE", "/api/session/01990000-0000-7000-8000-000000000000")]
    [InlineData("GET", "/api/session/01990000-0000-7000-8000-000000000000/export")]
    public async Task Request_WhenNobodySignedIn_ShouldBe401(string method, string path)
    {
        foreach (var (authorization, code) in new[] { (null, "AUTH_004"), ("Basic eA==", "AUTH_004"), ("Bearer not.a.token", "AUTH_003"), ("Bearer ", "AUTH_004") })
        {
            var answer = await SendAsync(method, path, authorization);

            await ShouldBeProblemAsync(answer, HttpStatusCode.Unauthorized, code);
            answer.Headers.WwwAuthenticate.ShouldContain(challenge => challenge.Scheme == "Bearer");
        }
    }

    [Fact]
    public async Task Request_WhenTheTokenIsInTheAddress_ShouldBe401() =>
        await ShouldBeProblemAsync(await SendAsync("GET", $"/api/session?access_token={await _server.TokenAsync()}", null), HttpStatusCode.Unauthorized, "AUTH_004");

    [Fact]
    public async Task List_ShouldBeAsTheFrameHasIt()
    {
        await using var client = await _server.ConnectAsync();
        await SettleAsync(client, await client.CreateSessionAsync("One"), "terminate", "terminated");
        await SettleAsync(client, await client.CreateSessionAsync("Two"), "hibernate", "hibernated");

        var all = await GetAsync("/api/session");
        var page = await GetAsync("/api/session?limit=1");
        var next = await GetAsync($"/api/session?limit=1&cursor={page.GetProperty("next_cursor").GetString()}");
        var named = await GetAsync("/api/session?query=ONE");
        var asleep = await GetAsync("/api/session?status=hibernated");

        all.ToString().ShouldBe((await client.AskAsync("list_sessions")).Data().ToString());
        NamesOf(page).Concat(NamesOf(next)).ShouldBe(NamesOf(all));
        NamesOf(named).ShouldBe(["One"]);
        NamesOf(asleep).ShouldBe(["Two"]);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=many", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("status=asleep", "status")]
    [InlineData("cursor=nonsense", "cursor")]
    public async Task List_WhenAFieldIsWrong_ShouldNameIt(string query, string field)
    {
        var problem = await ShouldBeProblemAsync(await SendAsync("GET", $"/api/session?{query}"), HttpStatusCode.BadRequest, "WS_005");

        problem.GetProperty("details").GetProperty("field").GetString().ShouldBe(field);
    }

    [Fact]
    public async Task Get_ShouldBeTheSessionOfTheList()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync("One");
        await SettleAsync(client, session, "hibernate", "hibernated");

        var found = await GetAsync($"/api/session/{session}");

        found.ToString().ShouldBe((await GetAsync("/api/session")).GetProperty("sessions")[0].ToString());
        found.GetProperty("name").GetString().ShouldBe("One");
    }

    [Fact]
    public async Task Requests_WhenTheSessionIsMissingOrAnothers_ShouldAnswerTheSame()
    {
        await using var client = await _server.ConnectAsync("alice");
        var theirs = await client.CreateSessionAsync();

        foreach (var id in new[] { theirs, TestSessions.NewId().ToString() })
        {
            await ShouldBeProblemAsync(await SendAsync("GET", $"/api/session/{id}"), HttpStatusCode.NotFound, "SESSION_002");
            await ShouldBeProblemAsync(await SendAsync("GET", $"/api/session/{id}/export"), HttpStatusCode.NotFound, "SESSION_002");
            await ShouldBeProblemAsync(await SendAsync("DELETE", $"/api/session/{id}"), HttpStatusCode.NotFound, "SESSION_002");
        }

        (await client.AskAsync("attach_session", session: theirs)).Type().ShouldBe("session_attached");
    }

    [Theory]
    [InlineData("GET", "/api/session/nonsense")]
    [InlineData("DELETE", "/api/session/nonsense")]
    [InlineData("GET", "/api/session/nonsense/export")]
    public async Task Requests_WhenTheIdIsNone_ShouldBe400(string method, string path) =>
        await ShouldBeProblemAsync(await SendAsync(method, path), HttpStatusCode.BadRequest, "WS_005");

    [Fact]
    public async Task Delete_ShouldRemoveItAndTellWhoIsAttached()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var deleted = await SendAsync("DELETE", $"/api/session/{session}");

        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await client.ReceiveAsync("session_deleted");
        await ShouldBeProblemAsync(await SendAsync("GET", $"/api/session/{session}"), HttpStatusCode.NotFound, "SESSION_002");
        Directory.EnumerateDirectories(_server.DataPath, session, SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_WhenAPageOfAnotherOriginAsks_ShouldBeRefused()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        using var request = await RequestAsync("DELETE", $"/api/session/{session}");
        request.Headers.Add("Origin", "https://elsewhere.example");

        await ShouldBeProblemAsync(await _server.Http.SendAsync(request), HttpStatusCode.Forbidden, "WS_006");
    }

    [Fact]
    public async Task Export_AsJsonl_ShouldBeAHeaderAndTheFramesAsTheSocketHasThem()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync("Ünïcode \"name\"");
        await client.AskAsync("chat_message", content: "hello\nthere\u2028and on");
        await client.ReceiveAsync("turn_completed");
        await client.AskAsync("session_control", new { action = "hibernate" }, session);
        await using var reader = await _server.ConnectAsync();
        var attached = await reader.AskAsync("attach_session", new { after_seq = 0 }, session);

        var export = await SendAsync("GET", $"/api/session/{session}/export?format=jsonl");

        export.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        var text = await export.Content.ReadAsStringAsync();
        text.ShouldEndWith("}\n");
        var lines = text[..^1].Split('\n');
        var header = JsonElement.Parse(lines[0]);
        header.GetProperty("type").GetString().ShouldBe("claudy_export");
        header.GetProperty("version").GetInt32().ShouldBe(1);
        header.GetProperty("session_id").GetString().ShouldBe(session);
        header.GetProperty("name").GetString().ShouldBe("Ünïcode \"name\"");
        var lastSeq = header.GetProperty("last_seq").GetInt64();
        lastSeq.ShouldBeGreaterThanOrEqualTo(attached.Data().GetProperty("last_seq").GetInt64());
        await reader.ReceiveAsync(frame => frame.Seq() == lastSeq, "the last event");
        lines[1..].ShouldBe(reader.Received.Where(frame => frame.Seq() <= lastSeq).Select(frame => frame.GetRawText()));
        (await SendAsync("GET", $"/api/session/{session}/export")).Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
    }

    [Fact]
    public async Task Export_WhenTheHistoryIsLong_ShouldReadNoFurtherAheadThanTheClientNeeds()
    {
        const int Events = 400;
        const int EventBytes = 200_000;
        await using var server = await ClaudyServer.StartAsync(change: services => services.AddSingleton<SqliteSessionEventLog>().AddSingleton<ISessionEventLog, CountingLog>());
        await using var client = await server.ConnectAsync();
        var session = SessionId.Parse(await client.CreateSessionAsync());
        await client.AskAsync("session_control", new { action = "terminate" }, session.ToString());
        var log = (CountingLog)server.Services.GetRequiredService<ISessionEventLog>();
        await FillAsync(log, session, Events, EventBytes);
        log.EventsRead = 0;

        using var request = await RequestAsync(server, "GET", $"/api/session/{session}/export");
        using var answer = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var readAtFirst = log.EventsRead;
        await using var body = await answer.Content.ReadAsStreamAsync();
        var bytes = await ReadAsync(body, (long)Events * EventBytes / 2);
        var readAtHalf = log.EventsRead;
        bytes += await ReadAsync(body, long.MaxValue);

        // A page, and what fits into the buffers of the connection.
        readAtFirst.ShouldBeLessThan(Events / 2);
        readAtHalf.ShouldBeLessThan(Events * 9 / 10);
        log.EventsRead.ShouldBeGreaterThan(Events);
        bytes.ShouldBeGreaterThan((long)Events * EventBytes);
    }

    [Fact]
    public async Task Export_WhenTheSessionIsDeletedMeanwhile_ShouldBreakOff()
    {
        await using var client = await _server.ConnectAsync();
        var session = SessionId.Parse(await client.CreateSessionAsync());
        await client.AskAsync("session_control", new { action = "terminate" }, session.ToString());
        await FillAsync(_server.Services.GetRequiredService<ISessionEventLog>(), session, events: 200, bytes: 200_000);

        using var request = await RequestAsync("GET", $"/api/session/{session}/export");
        using var answer = await _server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        (await SendAsync("DELETE", $"/api/session/{session}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await using var body = await answer.Content.ReadAsStreamAsync();

        await Should.ThrowAsync<IOException>(() => body.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Export_WhenTheFormatIsUnknown_ShouldNameTheField()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        var problem = await ShouldBeProblemAsync(await SendAsync("GET", $"/api/session/{session}/export?format=pdf"), HttpStatusCode.BadRequest, "WS_005");

        problem.GetProperty("details").GetProperty("field").GetString().ShouldBe("format");
    }

    [Fact]
    public async Task Export_ShouldBeAFileNamedAfterTheSession()
    {
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync("../../é\"tc\\pass;wd");

        var disposition = (await SendAsync("GET", $"/api/session/{session}/export?format=markdown")).Content.Headers.ContentDisposition!;

        disposition.DispositionType.ShouldBe("attachment");
        disposition.FileNameStar.ShouldBe($"claudy-é-tc-pass-wd-{session[^8..]}.md");
        disposition.FileName.ShouldNotBeNull().ShouldNotContain("/");
    }

    // Its document is saved a moment after its answer.
    private static async Task SettleAsync(TestClient client, string session, string action, string status)
    {
        await client.AskAsync("session_control", new { action }, session);
        await Eventually.IsTrueAsync(
            async () => (await client.AskAsync("list_sessions", new { status })).Data().GetProperty("sessions").EnumerateArray()
                .Any(listed => listed.GetProperty("session_id").GetString() == session),
            $"the session is listed as {status}");
    }

    private static async Task FillAsync(ISessionEventLog log, SessionId session, int events, int bytes)
    {
        var head = await log.HeadAsync(session, default);
        for (var last = head.LastSeq; last < head.LastSeq + events; last += 50)
        {
            StoredEvent[] page = [.. Enumerable.Range(1, 50).Select(i => TestSessions.Event(last + i, new string((char)('a' + (i % 26)), bytes)))];
            (await log.AppendAsync(session, head.Epoch + 1, last, page, default)).IsSuccess.ShouldBeTrue();
        }
    }

    private static async Task<long> ReadAsync(Stream body, long atLeast)
    {
        var buffer = new byte[256 * 1024];
        long bytes = 0;
        while (bytes < atLeast && await body.ReadAsync(buffer) is > 0 and var read)
        {
            bytes += read;
        }

        return bytes;
    }

    private static IEnumerable<string?> NamesOf(JsonElement page) => page.GetProperty("sessions").EnumerateArray().Select(s => s.GetProperty("name").GetString());

    private static async Task<JsonElement> ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe(code);
        return problem;
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        var response = await SendAsync("GET", path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path)
    {
        using var request = await RequestAsync(method, path);
        return await _server.Http.SendAsync(request);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Authorization", authorization is null ? [] : [authorization]);
        return await _server.Http.SendAsync(request);
    }

    private Task<HttpRequestMessage> RequestAsync(string method, string path) => RequestAsync(_server, method, path);

    private static async Task<HttpRequestMessage> RequestAsync(ClaudyServer server, string method, string path)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await server.TokenAsync());
        return request;
    }

    private sealed class CountingLog(SqliteSessionEventLog inner) : ISessionEventLog
    {
        private long _eventsRead;

        public long EventsRead
        {
            get => Interlocked.Read(ref _eventsRead);
            set => Interlocked.Exchange(ref _eventsRead, value);
        }

        public Task<Result> AppendAsync(SessionId session, long epoch, long afterSeq, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
            inner.AppendAsync(session, epoch, afterSeq, events, cancellationToken);

        public Task<IReadOnlyList<StoredEvent>> ReadAfterAsync(SessionId session, long afterSeq, int limit, CancellationToken cancellationToken) =>
            inner.ReadAfterAsync(session, afterSeq, limit, cancellationToken);

        public async Task<IReadOnlyList<StoredEventJson>> ReadPageAsync(SessionId session, long afterSeq, int maxBytes, CancellationToken cancellationToken)
        {
            var events = await inner.ReadPageAsync(session, afterSeq, maxBytes, cancellationToken);
            Interlocked.Add(ref _eventsRead, events.Count);
            return events;
        }

        public Task<IReadOnlyList<StoredEvent>> ReadBeforeAsync(SessionId session, long beforeSeq, int limit, CancellationToken cancellationToken) =>
            inner.ReadBeforeAsync(session, beforeSeq, limit, cancellationToken);

        public Task<SessionHead> HeadAsync(SessionId session, CancellationToken cancellationToken) => inner.HeadAsync(session, cancellationToken);

        public Task DeleteAsync(SessionId session, CancellationToken cancellationToken) => inner.DeleteAsync(session, cancellationToken);
    }
}
