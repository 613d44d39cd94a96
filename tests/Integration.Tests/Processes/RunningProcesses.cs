using System.Text;
using Claudy.Infrastructure.Processes;

namespace Claudy.Integration.Tests.Processes;

/// <summary>What really runs on this machine, found independently of the code under test.</summary>
internal static class RunningProcesses
{
    /// <summary>An argument for <c>sleep</c> that no other process has.</summary>
    public static string UniqueSeconds() => $"{Random.Shared.Next(100_000, 999_999)}.{Random.Shared.Next(100_000_000, 999_999_999)}";

    /// <summary>The ids of processes with that text in their command line; zombies have none.</summary>
    public static int[] With(string text) => [.. ProcessTable.Ids().Where(id => CommandLine(id).Contains(text, StringComparison.Ordinal))];

    /// <summary>How many <c>sleep</c> that long; those that are about to become one do not count.</summary>
    public static int Sleeping(string seconds) => ProcessTable.Ids().Count(id => CommandLine(id) == $"sleep\0{seconds}\0");

    private static string CommandLine(int id)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
