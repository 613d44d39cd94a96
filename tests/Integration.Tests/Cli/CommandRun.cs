using System.Diagnostics;
using Claudy.Integration.Tests.Support;

namespace Claudy.Integration.Tests.Cli;

/// <summary>A command of <c>claudy</c> beside a running server, as its operator runs it.</summary>
internal static class CommandRun
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task<(int ExitCode, string Output, string Error)> OfAsync(
        ClaudyServer server, string arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"),
            ["exec", typeof(WebApi.AssemblyMarker).Assembly.Location, .. arguments.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = server.DataPath;
        start.Environment["CLAUDY_DATA"] = server.DataPath;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Deadline);
        return (process.ExitCode, (await output).Trim(), await error);
    }
}
