using Claudy.Infrastructure.Processes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class ProcessTableTests
{
    [Theory]
    [InlineData("sleep")]
    [InlineData("a) Z 1 2 3 (b")]
    public void TryParse_WhenNameIsOdd_ShouldFindTheFields(string name)
    {
        var stat = System.Text.Encoding.UTF8.GetBytes($"42 ({name}) S 1 40 41 0 -1 4194308 128 0 0 0 1 2 3 4 20 0 1 0 987654 8192 100\n");

        ProcessEntry.TryParse(42, stat, out var entry).ShouldBeTrue();

        entry.ShouldBe(new ProcessEntry(42, 'S', 41, 4194308, 987654));
        entry.IsExiting.ShouldBeTrue();
        entry.IsGone.ShouldBeFalse();
    }

    [Fact]
    public void TryGet_WhenThereIsNoSuchProcess_ShouldBeFalse() => ProcessTable.TryGet(int.MaxValue, out _).ShouldBeFalse();

    [Fact]
    public async Task EnvironmentHas_WhenEnvironmentIsLarge_ShouldFindWhatIsInIt()
    {
        await using var spawning = new Spawning();
        var spec = spawning.Bash("echo; read") with
        {
            Environment = Enumerable.Range(0, 9).ToDictionary(i => $"NAME_{i}", i => $"{new string('v', 8_000 + i)}_{i}"),
        };
        var process = await spawning.StartAsync(spec);
        await spawning.NextLineAsync();

        foreach (var i in Enumerable.Range(0, 9))
        {
            ProcessTable.EnvironmentHas(process.Id, System.Text.Encoding.UTF8.GetBytes($"vvv_{i}")).ShouldBeTrue();
        }

        ProcessTable.EnvironmentHas(process.Id, "vvv_9"u8).ShouldBeFalse();
    }
}
