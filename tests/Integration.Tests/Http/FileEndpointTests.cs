using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Claudy.Integration.Tests.Edge;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

public sealed class FileEndpointTests : IAsyncLifetime
{
    private const int MaxFile = 300_000;

    private ClaudyServer _server = null!;
    private TestClient _client = null!;
    private string _session = "";

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync(new() { ["Claudy:Workspaces:MaxFileBytes"] = $"{MaxFile}", ["Claudy:Workspaces:MaxWorkspaceBytes"] = "1000000" });
        _client = await _server.ConnectAsync();
        _session = await _client.CreateSessionAsync();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_ShouldStoreTheBodyAndSayItsDigest(bool isLengthSaid)
    {
        var content = RandomNumberGenerator.GetBytes(200_000);

        var first = await PutAsync("src/my%20file.bin", content, isLengthSaid: isLengthSaid);
        var second = await PutAsync("src/my%20file.bin", content, isLengthSaid: isLengthSaid);

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await JsonAsync(first);
        answer.GetProperty("path").GetString().ShouldBe("src/my file.bin");
        answer.GetProperty("size").GetInt64().ShouldBe(content.Length);
        answer.GetProperty("sha256").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(content)));
        first.Headers.GetValues("Repr-Digest").ShouldBe([$"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:"]);
        first.Headers.ETag.ShouldNotBeNull();
        (await File.ReadAllBytesAsync(OnDisk("src/my file.bin"))).ShouldBe(content);
        Staged().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_WhenLargerThanAFileMayBe_ShouldBe413AndLeaveNothing(bool isLengthSaid)
    {
        var answer = await PutAsync("large.bin", new byte[MaxFile + 1], isLengthSaid: isLengthSaid);

        await answer.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "FILE_001");
        File.Exists(OnDisk("large.bin")).ShouldBeFalse();
        Staged().ShouldBeEmpty();
    }

    [Fact]
    public async Task Put_WhenTheWorkspaceIsFull_ShouldBe507()
    {
        for (var i = 0; i < 3; i++)
        {
            (await PutAsync($"part{i}", new byte[MaxFile])).StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        await (await PutAsync("part3", new byte[MaxFile])).ShouldBeProblemAsync(HttpStatusCode.InsufficientStorage, "FILE_006");
        Staged().ShouldBeEmpty();
    }

    [Fact]
    public async Task Put_WhenOnlyNewOrKnownFilesAreMeant_ShouldHoldToIt()
    {
        var tag = (await PutAsync("a.txt", "1"u8.ToArray(), headers: ("If-None-Match", "*"))).Headers.ETag!.Tag;

        await (await PutAsync("a.txt", "2"u8.ToArray(), headers: ("If-None-Match", "*"))).ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "FILE_005");
        (await PutAsync("a.txt", "3"u8.ToArray(), headers: ("If-Match", tag))).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await PutAsync("a.txt", "4"u8.ToArray(), headers: ("If-Match", tag))).ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "FILE_012");
        await (await PutAsync("b.txt", "5"u8.ToArray(), headers: ("If-Match", "*"))).ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "FILE_012");
        (await File.ReadAllTextAsync(OnDisk("a.txt"))).ShouldBe("3");
    }

    [Theory]
    [InlineData("Repr-Digest", "sha-256=:AAAA:", "WS_005")]
    [InlineData("Content-Digest", "md5=:AAAA:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "FILE_010")]
    [InlineData("Content-Encoding", "gzip", "WS_005")]
    [InlineData("Content-Range", "bytes 0-2/10", "WS_005")]
    [InlineData("If-None-Match", "\"x\"", "WS_005")]
    public async Task Put_WhenAHeaderCannotBeHeldTo_ShouldRefuse(string header, string value, string code)
    {
        await (await PutAsync("a.txt", "abc"u8.ToArray(), headers: (header, value))).ShouldBeProblemAsync(HttpStatusCode.BadRequest, code);

        File.Exists(OnDisk("a.txt")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("..%2Foutside", "FILE_003")]
    [InlineData("a%2F..%2F..%2Foutside", "FILE_003")]
    [InlineData("%2Fetc%2Fpasswd", "FILE_003")]
    [InlineData("a%5Cb", "FILE_003")]
    [InlineData("a%0Ab", "FILE_003")]
    [InlineData("a%E2%80%AEb", "FILE_003")]
    [InlineData("", "FILE_003")]
    public async Task Put_WhenThePathIsNone_ShouldRefuse(string path, string code) =>
        await (await PutAsync(path, "abc"u8.ToArray())).ShouldBeProblemAsync(HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task Put_WhenTheClientHangsUp_ShouldLeaveNothing()
    {
        using (var client = await _server.ConnectRawAsync())
        {
            await client.SayAsync($"PUT /api/session/{_session}/files/half.bin HTTP/1.1\r\nHost: {_server.Address.Authority}\r\nAuthorization: Bearer {await _server.TokenAsync()}\r\nContent-Length: 100000\r\n\r\n{new string('x', 5000)}");
            await Eventually.IsTrueAsync(() => Staged().Any(file => new FileInfo(file).Length > 0), "the first bytes are staged");
        }

        await Eventually.IsTrueAsync(() => Staged().Length == 0, "what was staged is gone");
        File.Exists(OnDisk("half.bin")).ShouldBeFalse();
        (await PutAsync("half.bin", "whole"u8.ToArray())).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Get_ShouldSendTheFileSoThatNoBrowserRunsIt()
    {
        await PutAsync("pages/evil.html", "<script>alert(1)</script>"u8.ToArray());

        var answer = await SendAsync(HttpMethod.Get, "pages/evil.html", headers: ("Want-Repr-Digest", "sha-256=5"));

        (await answer.Content.ReadAsStringAsync()).ShouldBe("<script>alert(1)</script>");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        answer.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        answer.Content.Headers.ContentDisposition.FileNameStar.ShouldBe("evil.html");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("sandbox");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        answer.Headers.GetValues("Repr-Digest").ShouldBe([$"sha-256=:{Convert.ToBase64String(SHA256.HashData("<script>alert(1)</script>"u8))}:"]);
    }

    [Theory]
    [InlineData("bytes=0-3", 206, "0123", "bytes 0-3/10")]
    [InlineData("bytes=8-", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=5-100", 206, "56789", "bytes 5-9/10")]
    [InlineData("lines=1-2", 200, "0123456789", null)]
    [InlineData("bytes=0-1,4-5", 200, "0123456789", null)]
    public async Task Get_WhenARangeIsAsked_ShouldSendIt(string range, int status, string expected, string? contentRange)
    {
        await PutAsync("digits", "0123456789"u8.ToArray());

        var answer = await SendAsync(HttpMethod.Get, "digits", headers: ("Range", range));

        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync()).ShouldBe(expected);
        answer.Content.Headers.ContentRange?.ToString().ShouldBe(contentRange);
    }

    [Fact]
    public async Task Get_WhenTheRangeIsBeyondTheEnd_ShouldBe416()
    {
        await PutAsync("digits", "0123456789"u8.ToArray());

        var answer = await SendAsync(HttpMethod.Get, "digits", headers: ("Range", "bytes=10-"));

        await answer.ShouldBeProblemAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "WS_005");
        answer.Content.Headers.ContentRange!.Length.ShouldBe(10);
    }

    [Fact]
    public async Task Get_WhenTheClientHasIt_ShouldBe304()
    {
        var tag = (await PutAsync("a.txt", "abc"u8.ToArray())).Headers.ETag!.Tag;

        (await SendAsync(HttpMethod.Get, "a.txt", headers: ("If-None-Match", tag))).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        var changed = await SendAsync(HttpMethod.Get, "a.txt", null, ("If-Range", "\"other\""), ("Range", "bytes=0-0"));
        (await changed.Content.ReadAsStringAsync()).ShouldBe("abc");
    }

    [Fact]
    public async Task Head_ShouldTellWithoutSending()
    {
        await PutAsync("a.txt", "abc"u8.ToArray());

        var answer = await SendAsync(HttpMethod.Head, "a.txt");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentLength.ShouldBe(3);
        answer.Headers.ETag.ShouldNotBeNull();
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_ShouldRemoveFilesAndFolders()
    {
        await PutAsync("folder/a.txt", "abc"u8.ToArray());

        await (await SendAsync(HttpMethod.Delete, "folder")).ShouldBeProblemAsync(HttpStatusCode.Conflict, "FILE_014");
        await (await SendAsync(HttpMethod.Delete, "folder?recursive=maybe")).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "WS_005");
        (await SendAsync(HttpMethod.Delete, "folder?recursive=true")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await SendAsync(HttpMethod.Delete, "folder/a.txt")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "FILE_004");
        Directory.Exists(OnDisk("folder")).ShouldBeFalse();
    }

    [Fact]
    public async Task List_ShouldBeAsTheFrameHasIt()
    {
        await PutAsync("folder/a.txt", "abc"u8.ToArray());
        await PutAsync("folder/b.txt", "abc"u8.ToArray());

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/workspace/files?session_id={_session}&path=folder&limit=1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _server.TokenAsync());
        var page = await JsonAsync(await _server.Http.SendAsync(request));

        page.ToString().ShouldBe((await _client.AskAsync("file_list", new { path = "folder", limit = 1 }, _session)).Data().ToString());
    }

    [Fact]
    public async Task Zip_ShouldGoOutAndIn()
    {
        await PutAsync("folder/a.txt", "abc"u8.ToArray());
        await PutAsync("folder/b/c.bin", RandomNumberGenerator.GetBytes(200_000));

        var packed = await SendAsync(HttpMethod.Get, "folder?format=zip");
        var archive = await packed.Content.ReadAsByteArrayAsync();
        var unpacked = await PutAsync("copy?unpack=zip", archive);
        var again = await PutAsync("copy?unpack=zip&overwrite=false", archive);
        var whole = await SendAsync(HttpMethod.Get, "", headers: ("Accept", "application/zip"));

        packed.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        packed.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe("folder.zip");
        (await JsonAsync(unpacked)).ToString().ShouldBe("""{"path":"copy","files":2,"folders":1,"size_bytes":200003,"replaced":0}""");
        (await File.ReadAllBytesAsync(OnDisk("copy/b/c.bin"))).ShouldBe(await File.ReadAllBytesAsync(OnDisk("folder/b/c.bin")));
        await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "FILE_005");
        using var zip = new ZipArchive(await whole.Content.ReadAsStreamAsync());
        zip.Entries.Count.ShouldBe(8);
    }

    [Fact]
    public async Task Zip_WhenItCannotBe_ShouldSayWhy()
    {
        await PutAsync("a.txt", "abc"u8.ToArray());

        await (await PutAsync("copy?unpack=zip", "no zip"u8.ToArray())).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "FILE_015");
        await (await PutAsync("copy?unpack=rar", "no zip"u8.ToArray())).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "WS_005");
        await (await SendAsync(HttpMethod.Get, "a.txt?format=zip")).ShouldBeProblemAsync(HttpStatusCode.Conflict, "FILE_007");
        await (await SendAsync(HttpMethod.Get, "missing?format=zip")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "FILE_004");
    }

    [Fact]
    public async Task Path_WhenItHasAnEncodedSlashOrANameThatSpellsOne_ShouldTellThemApart()
    {
        (await PutAsync("a%252Fb.txt", "name"u8.ToArray())).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await PutAsync("a%2fb.txt", "folder"u8.ToArray())).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await PutAsync("a%2Fc%252f%20d.txt?overwrite=true", "both"u8.ToArray())).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await File.ReadAllTextAsync(OnDisk("a%2Fb.txt"))).ShouldBe("name");
        (await File.ReadAllTextAsync(OnDisk("a/b.txt"))).ShouldBe("folder");
        (await File.ReadAllTextAsync(OnDisk("a/c%2f d.txt"))).ShouldBe("both");
        (await (await SendAsync(HttpMethod.Get, "a%252Fb.txt")).Content.ReadAsStringAsync()).ShouldBe("name");
        await (await PutAsync("..%2F..%2Fb%252F.txt", "x"u8.ToArray())).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "FILE_003");
    }

    private string OnDisk(string path) => Path.Combine(_server.DataPath, "workspaces", _session, path);

    private string[] Staged()
    {
        var folder = Path.Combine(_server.DataPath, "workspaces", ".staging");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];
    }

    private Task<HttpResponseMessage> PutAsync(string path, byte[] content, params (string Name, string Value)[] headers) => PutAsync(path, content, true, headers);

    private Task<HttpResponseMessage> PutAsync(string path, byte[] content, bool isLengthSaid, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, path, isLengthSaid ? new ByteArrayContent(content) : new StreamContent(new UnknownLength(content)), headers);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, $"/api/session/{_session}/files/{path}") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _server.TokenAsync());
        foreach (var (name, value) in headers)
        {
            (request.Headers.TryAddWithoutValidation(name, value) || request.Content!.Headers.TryAddWithoutValidation(name, value)).ShouldBeTrue();
        }

        return await _server.Http.SendAsync(request);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

    private sealed class UnknownLength(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
