using Claudy.Infrastructure.Processes.ControlGroups;
using Xunit;

namespace Claudy.Integration.Tests.Support;

/// <summary>What control groups there really are, found independently of the code under test.</summary>
internal static class Groups
{
    /// <summary>Folders of groups with such a name, in all hierarchies.</summary>
    public static string[] Named(string text)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return Directory.Exists("/sys/fs/cgroup")
            ? [.. Directory.EnumerateDirectories("/sys/fs/cgroup", "*", options).Where(folder => Path.GetFileName(folder).Contains(text, StringComparison.Ordinal))]
            : [];
    }

    /// <summary>Skips the test where this machine or user has no control groups, with the reason; CI that runs as root must have them.</summary>
    public static void Require(ResourceControl resources)
    {
        var unlimited = resources.Support.Unlimited;
        if (unlimited is not null && Environment.IsPrivilegedProcess && string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail($"There are not all control groups, and CI must have them. {unlimited}");
        }

        Skip.IfNot(unlimited is null, $"There are not all control groups here. {unlimited}");
    }
}
