using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class FileChangeFrameTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;
    private TestClient _client = null!;
    private string _session = "";

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync();
        _client = await _server.ConnectAsync();
        _session = await _client.CreateSessionAsync();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Move_ShouldMoveAndAnswer()
    {
        await UploadAsync("a.txt", "a");
        await UploadAsync("b.txt", "b");

        var refused = await _client.AskAsync("file_move", new { filename = "a.txt", new_filename = "b.txt" });
        var moved = await _client.AskAsync("file_move", new { filename = "a.txt", new_filename = "b.txt", overwrite = true });

        refused.Code().ShouldBe("FILE_005");
        moved.Type().ShouldBe("file_moved");
        moved.Data().ToString().ShouldBe("""{"filename":"a.txt","new_filename":"b.txt","is_directory":false}""");
        (await _client.AskAsync("file_download", new { filename = "b.txt" })).Text("content").ShouldBe("a");
    }

    [Fact]
    public async Task Delete_ShouldRemoveAndAnswer()
    {
        await UploadAsync("folder/a.txt", "a");

        (await _client.AskAsync("file_delete", new { filename = "folder" })).Code().ShouldBe("FILE_014");
        var deleted = await _client.AskAsync("file_delete", new { filename = "folder", recursive = true });

        deleted.Type().ShouldBe("file_deleted");
        deleted.Text("filename").ShouldBe("folder");
        (await FilesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task MakeDirectory_ShouldMakeAndAnswer()
    {
        var made = await _client.AskAsync("directory_create", new { filename = "a/b" });
        var again = await _client.AskAsync("directory_create", new { filename = "a/b" });

        made.Type().ShouldBe("directory_created");
        made.Data().GetProperty("created").GetBoolean().ShouldBeTrue();
        again.Data().GetProperty("created").GetBoolean().ShouldBeFalse();
        (await FilesAsync()).ShouldBe(["a", "a/b"]);
    }

    [Theory]
    [InlineData("file_move", "filename", "../a", "FILE_003")]
    [InlineData("file_move", "new_filename", "/etc/passwd", "FILE_003")]
    [InlineData("file_move", "filename", "missing", "FILE_004")]
    [InlineData("file_delete", "filename", "a/../../b", "FILE_003")]
    [InlineData("file_delete", "filename", null, "FILE_003")]
    [InlineData("file_delete", "filename", 7, "WS_005")]
    [InlineData("directory_create", "filename", "a\u0000b", "FILE_003")]
    public async Task Frames_WhenAFieldIsWrong_ShouldSayWhich(string frame, string field, object? value, string code)
    {
        var data = new Dictionary<string, object?> { ["filename"] = "x", ["new_filename"] = "y", [field] = value };

        (await _client.AskAsync(frame, data)).Code().ShouldBe(code);
    }

    [Fact]
    public async Task Configuration_WhenItsFileIsDeleted_ShouldBeLookedAtAgain()
    {
        await UploadAsync("CLAUDE.md", "Be brief.");
        await _client.ReceiveAsync("configuration_review");

        await _client.AskAsync("file_delete", new { filename = "CLAUDE.md" });

        (await _client.ReceiveAsync("configuration_reviewed")).Text("decision").ShouldBe("withdrawn");
    }

    private async Task UploadAsync(string filename, string content) =>
        (await _client.AskAsync("file_upload", new { filename, content })).Type().ShouldBe("file_uploaded");

    private async Task<IEnumerable<string?>> FilesAsync() =>
        (await _client.AskAsync("file_list", new { recursive = true }, _session)).Data().GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString());
}
