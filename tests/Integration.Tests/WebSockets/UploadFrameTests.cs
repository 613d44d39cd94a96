using System.Security.Cryptography;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class UploadFrameTests
{
    [Fact]
    public async Task Upload_WhenConnectionsAndTheServerGoAway_ShouldGoOnWhereItStood()
    {
        var data = Directory.CreateTempSubdirectory("claudy-");
        var content = RandomNumberGenerator.GetBytes(300_000);
        string session;
        await using (var server = await ClaudyServer.StartAsync(dataPath: data.FullName))
        {
            await using (var client = await server.ConnectAsync())
            {
                session = await client.CreateSessionAsync();
                await BeginAsync(client, session, content.Length, expected: 0);
                await AppendAsync(client, session, content, 0, 100_000);
            }

            await using var second = await server.ConnectAsync();
            await BeginAsync(second, session, content.Length, expected: 100_000);
            await AppendAsync(second, session, content, 100_000, 200_000);
        }

        await using (var server = await ClaudyServer.StartAsync(dataPath: data.FullName))
        {
            await using var client = await server.ConnectAsync();
            await BeginAsync(client, session, content.Length, expected: 200_000);
            await AppendAsync(client, session, content, 200_000, 300_000);
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));

            var uploaded = await client.AskAsync("file_upload_commit", new { upload_id = "mine", sha256 }, session);

            uploaded.Type().ShouldBe("file_uploaded", uploaded.ToString());
            uploaded.Text("filename").ShouldBe("data/large.bin");
            uploaded.Text("sha256").ShouldBe(sha256);
            (await File.ReadAllBytesAsync(Path.Combine(data.FullName, "workspaces", session, "data/large.bin"))).ShouldBe(content);
        }

        data.Delete(recursive: true);
    }

    [Fact]
    public async Task Upload_WhenTheClientGivesNoId_ShouldGetOneAndCanBeAborted()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        var ready = await client.AskAsync("file_upload_begin", new { filename = "a", size = 5 });
        var progress = await client.AskAsync("file_upload_chunk", new { upload_id = ready.Text("upload_id"), offset = 0, content = "häh", encoding = "utf-8" });
        var aborted = await client.AskAsync("file_upload_abort", new { upload_id = ready.Text("upload_id") });

        ready.Type().ShouldBe("file_upload_ready");
        progress.Type().ShouldBe("file_upload_progress");
        progress.Data().GetProperty("offset").GetInt64().ShouldBe(4);
        aborted.Type().ShouldBe("file_upload_aborted");
        (await client.AskAsync("file_upload_commit", new { upload_id = ready.Text("upload_id") })).Code().ShouldBe("FILE_011");
    }

    [Theory]
    [InlineData("file_upload_begin", "upload_id", "../up", "WS_005")]
    [InlineData("file_upload_begin", "filename", "../up", "FILE_003")]
    [InlineData("file_upload_begin", "size", -1, "WS_005")]
    [InlineData("file_upload_begin", "size", null, "WS_005")]
    [InlineData("file_upload_begin", "size", 1L << 40, "FILE_001")]
    [InlineData("file_upload_chunk", "offset", null, "WS_005")]
    [InlineData("file_upload_chunk", "content", null, "WS_005")]
    [InlineData("file_upload_chunk", "content", "not base64!", "FILE_008")]
    [InlineData("file_upload_chunk", "encoding", "latin-1", "WS_005")]
    [InlineData("file_upload_chunk", "upload_id", "none", "FILE_011")]
    [InlineData("file_upload_chunk", "upload_id", null, "WS_005")]
    [InlineData("file_upload_commit", "sha256", "abc", "WS_005")]
    [InlineData("file_upload_abort", "upload_id", "none", "FILE_011")]
    public async Task Frames_WhenAFieldIsWrong_ShouldSayWhich(string frame, string field, object? value, string code)
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.AskAsync("file_upload_begin", new { upload_id = "u", filename = "a", size = 3 });
        var data = new Dictionary<string, object?> { ["upload_id"] = "u", ["filename"] = "a", ["size"] = 3, ["offset"] = 0, ["content"] = "YWJj", [field] = value };

        (await client.AskAsync(frame, data)).Code().ShouldBe(code);
    }

    private static async Task BeginAsync(TestClient client, string session, int size, long expected)
    {
        var ready = await client.AskAsync("file_upload_begin", new { upload_id = "mine", filename = "data/large.bin", size }, session);
        ready.Type().ShouldBe("file_upload_ready", ready.ToString());
        ready.Data().GetProperty("offset").GetInt64().ShouldBe(expected);
    }

    private static async Task AppendAsync(TestClient client, string session, byte[] content, int from, int to)
    {
        for (var offset = from; offset < to; offset += 50_000)
        {
            var piece = Convert.ToBase64String(content, offset, 50_000);
            var progress = await client.AskAsync("file_upload_chunk", new { upload_id = "mine", offset, content = piece }, session);
            progress.Data().GetProperty("offset").GetInt64().ShouldBe(offset + 50_000, progress.ToString());
        }
    }
}
