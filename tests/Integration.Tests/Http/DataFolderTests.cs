using System.Runtime.Versioning;
using Claudy.WebApi.Hosting;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

[UnsupportedOSPlatform("windows")]
public sealed class DataFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Open = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-data-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Take_WhenOthersUseTheFolder_ShouldRefuseAndLeaveItAsItIs()
    {
        Hold("somebody.else");
        _folder.UnixFileMode = Open;

        var refused = Should.Throw<StartupException>(() => DataFolder.Take(_folder.FullName));

        refused.Message.ShouldContain(_folder.FullName);
        File.GetUnixFileMode(_folder.FullName).ShouldBe(Open);
    }

    [Theory]
    [InlineData("server.lock")]
    [InlineData("claudy.db")]
    [InlineData("lost+found")]
    [InlineData(null)]
    public void Take_WhenItIsClaudysOrEmpty_ShouldKeepItToItsOwner(string? held)
    {
        if (held is not null)
        {
            Hold(held);
        }

        _folder.UnixFileMode = Open;

        DataFolder.Take(_folder.FullName).Dispose();

        File.GetUnixFileMode(_folder.FullName).ShouldBe(OwnerOnly);
    }

    [Fact]
    public void Take_WhenOnlyItsOwnerMayEnter_ShouldTakeItWhateverItHolds()
    {
        Hold("somebody.else");
        _folder.UnixFileMode = OwnerOnly;

        Should.NotThrow(() => DataFolder.Take(_folder.FullName).Dispose());
    }

    private void Hold(string name) => File.WriteAllText(Path.Combine(_folder.FullName, name), "");
}
