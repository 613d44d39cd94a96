using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

/// <summary>Whatever is done to the files, verification says where.</summary>
public sealed class AuditTamperTests : IAsyncLifetime
{
    private const int Count = 6;

    private readonly AuditFiles _files = new();

    private static readonly string[] Names = ["seq", "time", "node", "action", "outcome", "name", "target", "details", "prev", "hash"];

    public static TheoryData<string> Fields => [.. Names];

    public Task InitializeAsync() => _files.WriteAsync(Count);

    public async Task DisposeAsync() => await _files.DisposeAsync();

    [Fact]
    public async Task Verify_WhenNothingWasDone_ShouldFindAllWhole()
    {
        var verdict = await _files.VerifyAsync();

        verdict.Break.ShouldBeNull();
        verdict.Count.ShouldBe(Count);
        JsonNode.Parse(_files.Lines()[^1])!["hash"]!.GetValue<string>().ShouldBe(verdict.Head);
    }

    [Fact]
    public void Fields_ShouldBeAllThatARecordHas() =>
        JsonNode.Parse(_files.Lines()[0])!.AsObject().Select(field => field.Key).ShouldBe(Names);

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Verify_WhenAFieldWasChanged_ShouldNameItsRecord(string field)
    {
        for (var line = 0; line < Count; line++)
        {
            var lines = _files.Lines();
            var record = JsonNode.Parse(lines[line])!;
            record[field] = field switch
            {
                "seq" => record["seq"]!.GetValue<long>() + 100,
                "prev" or "hash" => new string('0', 63) + "1",
                "details" => new JsonObject { ["n"] = "other" },
                _ => "other",
            };
            await BreaksAtAsync([.. lines[..line], record.ToJsonString(), .. lines[(line + 1)..]], line + 1);
        }
    }

    [Fact]
    public async Task Verify_WhenAnyOneByteWasChanged_ShouldNameItsRecord()
    {
        var lines = _files.Lines();
        for (var at = 0; at < lines[2].Length; at++)
        {
            var changed = new StringBuilder(lines[2]) { [at] = lines[2][at] == '0' ? '1' : '0' }.ToString();
            await BreaksAtAsync([.. lines[..2], changed, .. lines[3..]], 3);
        }
    }

    [Fact]
    public async Task Verify_WhenAFieldWasAddedOrTaken_ShouldNameItsRecord()
    {
        var lines = _files.Lines();
        await BreaksAtAsync([.. lines[..3], lines[3].Replace("\"name\"", "\"x\":1,\"name\"", StringComparison.Ordinal), .. lines[4..]], 4);
        await BreaksAtAsync([.. lines[..3], lines[3].Replace("\"name\":\"alice\",", "", StringComparison.Ordinal), .. lines[4..]], 4);
    }

    [Fact]
    public async Task Verify_WhenARecordWasMadeAnewWithARightHash_ShouldNameTheNextOne()
    {
        await using var forged = new AuditFiles();
        await forged.WriteAsync(1, "forged");

        await BreaksAtAsync([forged.Lines()[0], .. _files.Lines()[1..]], 2);
    }

    [Fact]
    public async Task Verify_WhenALineWasRemovedDoubledOrMoved_ShouldNameThePlace()
    {
        var lines = _files.Lines();
        for (var line = 0; line < Count - 1; line++)
        {
            await BreaksAtAsync([.. lines[..line], .. lines[(line + 1)..]], line + 1);
            await BreaksAtAsync([.. lines[..(line + 1)], .. lines[line..]], line + 2);
            await BreaksAtAsync([.. lines[..line], lines[line + 1], lines[line], .. lines[(line + 2)..]], line + 1);
        }
    }

    [Fact]
    public async Task Verify_WhenALineWasPutInBetween_ShouldNameIt()
    {
        var lines = _files.Lines();
        await BreaksAtAsync([.. lines[..2], "", .. lines[2..]], 3);
        await BreaksAtAsync([.. lines[..2], "{}", .. lines[2..]], 3);
        await BreaksAtAsync([.. lines[..2], "not json", .. lines[2..]], 3);
    }

    [Fact]
    public async Task Verify_WhenTheEndWasCutOffAtALine_ShouldShowOnlyByAHeadThatWasNotedDown()
    {
        var head = (await _files.VerifyAsync()).Head;
        _files.Write(_files.Lines()[..^1]);

        // What a chain by itself cannot show, which docs/security.md says.
        (await _files.VerifyAsync()).Break.ShouldBeNull();

        var broken = (await _files.VerifyAsync(head)).Break.ShouldNotBeNull();
        broken.Line.ShouldBe(0);
        broken.Reason.ShouldContain(head!);
    }

    [Fact]
    public async Task Verify_WhenAllWasWrittenAnew_ShouldShowOnlyByAHeadThatWasNotedDown()
    {
        var head = (await _files.VerifyAsync()).Head;
        Directory.Delete(_files.Folder, recursive: true);
        await _files.WriteAsync(Count, "forged");

        (await _files.VerifyAsync()).Break.ShouldBeNull();
        (await _files.VerifyAsync(head)).Break.ShouldNotBeNull();
    }

    [Fact]
    public async Task Verify_WhenAFileIsMissing_ShouldSayWhichRecords()
    {
        await using var files = new AuditFiles(maxFileBytes: 64 * 1024);
        for (var i = 0; i < 3; i++)
        {
            await files.WriteAsync(200);
        }

        var paths = files.Paths;
        paths.Count.ShouldBeGreaterThan(2);
        var firstOfThird = JsonNode.Parse(files.Lines(2)[0])!["seq"]!.GetValue<long>();
        File.Move(paths[1], paths[1] + ".away");

        var broken = (await files.VerifyAsync()).Break.ShouldNotBeNull();

        broken.File.ShouldBe(Path.GetFileName(paths[2]));
        broken.Line.ShouldBe(1);
        broken.Reason.ShouldContain($"record {firstOfThird} follows");
    }

    [Fact]
    public async Task Verify_WhenTheFirstFileWasMovedAway_ShouldHoldItAgainstTheHashThatIsGiven()
    {
        await using var files = new AuditFiles(maxFileBytes: 64 * 1024);
        await files.WriteAsync(400);
        var last = JsonNode.Parse(files.Lines()[^1])!["hash"]!.GetValue<string>();
        File.Delete(files.Paths[0]);

        (await files.VerifyAsync()).Break.ShouldNotBeNull().Reason.ShouldContain("missing");
        (await files.VerifyAsync(after: last)).Break.ShouldBeNull();
        (await files.VerifyAsync(after: new string('b', 64))).Break.ShouldNotBeNull();
    }

    private async Task BreaksAtAsync(string[] changed, long line)
    {
        var whole = _files.Lines();
        _files.Write(changed);
        var broken = (await _files.VerifyAsync()).Break.ShouldNotBeNull();
        broken.File.ShouldBe(Path.GetFileName(_files.Paths[0]));
        broken.Line.ShouldBe(line, broken.Reason);
        _files.Write(whole);
    }
}
