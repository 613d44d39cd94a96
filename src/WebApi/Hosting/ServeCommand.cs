using Claudy.Application.Sessions.Ports;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Hosting;

/// <summary>Runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    private const int CannotStart = 2;

    /// <summary>Runs; 0 after a proper end, 2 when it cannot start.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            ProcessSecrets.RefuseOn(args);
            await using var app = Server.Build(args);
            ProcessSecrets.Hide();
            await app.StartAsync();
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception exception) when (Explain(exception) is { Count: > 0 } reasons)
        {
            foreach (var reason in reasons)
            {
                await Console.Error.WriteLineAsync($"claudy: {reason}");
            }

            return CannotStart;
        }
    }

    /// <summary>What an operator can do something about, one line each; empty for a fault of the program.</summary>
    internal static IReadOnlyList<string> Explain(Exception exception) => exception switch
    {
        StartupException => [exception.Message],
        OptionsValidationException invalid => [.. invalid.Failures.Select(failure => NameSetting(invalid.OptionsType, failure))],
        StoreUnavailableException => [exception.Message],
        IOException { InnerException: AddressInUseException } => [$"{exception.Message} Another program listens there; choose another address with PORT or --urls."],
        AggregateException many => [.. many.InnerExceptions.SelectMany(Explain)],
        InvalidOperationException when exception.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal) => [exception.Message],
        _ => [],
    };

    // The framework's messages name the property; the operator knows the setting.
    private static string NameSetting(Type options, string failure) =>
        failure.Contains("Claudy:", StringComparison.Ordinal) || options.GetField("Section")?.GetRawConstantValue() is not string section
            ? failure
            : $"{section}: {failure}";
}
