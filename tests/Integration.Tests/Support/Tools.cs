using Claudy.Infrastructure.Processes;
using Xunit;

namespace Claudy.Integration.Tests.Support;

/// <summary>Programs that tests try things with.</summary>
internal static class Tools
{
    /// <summary>Skips the test where a program is missing, with the reason; CI must have it.</summary>
    public static void Require(string program)
    {
        var isThere = Executable.Find(program) is not null;
        if (!isThere && string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail($"{program} is not installed here, and CI must have it.");
        }

        Skip.IfNot(isThere, $"{program} is not installed here.");
    }
}
