using System.CommandLine;
using System.Globalization;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Hosting;
using MediatR;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy audit</c>: checks and writes out the audit log in the data folder, while the server runs or not.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "The audit log: who did what. Needs the server's data folder (CLAUDY_DATA).") { Verify(), Export() };

    private static Command Verify()
    {
        var head = new Option<string?>("--head") { Description = "A hash that was noted down earlier; the log must still have its record." };
        var after = new Option<string?>("--after") { Description = "Where older files were moved away: the hash of the last record in them." };
        head.Validators.Add(result => RequireHash(result, head));
        after.Validators.Add(result => RequireHash(result, after));
        var command = new Command("verify", "Checks that no record was changed, moved or removed. Leaves with 0 when it is whole, 1 when not, 5 when it cannot be read.") { head, after };
        command.SetAction((parsed, cancellationToken) => VerifyAsync(new AuditCheck(parsed.GetValue(head), parsed.GetValue(after)), cancellationToken));
        return command;
    }

    private static Command Export()
    {
        var from = new Option<string?>("--from") { Description = "Not before this time, such as 2026-01-31 or 2026-01-31T12:00:00Z; UTC unless it says otherwise." };
        var to = new Option<string?>("--to") { Description = "Before this time." };
        var user = new Option<string?>("--user") { Description = "Only of this user, by login name or id." };
        var action = new Option<string?>("--action") { Description = "Only this action, such as session.created; all that begin with it when it ends with a dot." };
        var output = new Option<string?>("--output", "-o") { Description = "A file to write, in place of one that is there; else standard output." };
        from.Validators.Add(result => RequireTime(result, from));
        to.Validators.Add(result => RequireTime(result, to));
        var command = new Command("export", "Writes out records as they are kept, one JSON object a line.") { from, to, user, action, output };
        command.SetAction((parsed, cancellationToken) => ExportAsync(
            new AuditFilter(TimeOf(parsed.GetValue(from)), TimeOf(parsed.GetValue(to)), parsed.GetValue(user), parsed.GetValue(action)),
            parsed.GetValue(output),
            cancellationToken));
        return command;
    }

    private static async Task<int> VerifyAsync(AuditCheck check, CancellationToken cancellationToken)
    {
        try
        {
            using var host = LocalServices.ComposeForAudit();
            var verdict = await host.Services.GetRequiredService<IAuditTrail>().VerifyAsync(check, cancellationToken);
            if (verdict.Break is { } broken)
            {
                var place = broken.Line > 0 ? $"{broken.File}, line {broken.Line}" : broken.File;
                await Console.Out.WriteLineAsync(TerminalText.Clean($"BROKEN at {place}: {broken.Reason}"));
                await Console.Out.WriteLineAsync($"{verdict.Count} records before it hold.");
                return ExitCode.Failed;
            }

            if (verdict.TornBytes > 0)
            {
                await Console.Out.WriteLineAsync($"{verdict.TornBytes} bytes at the end are no record yet: one is being written, or its writer was killed. The next start removes and records them.");
            }

            await Console.Out.WriteLineAsync($"{verdict.Count} records hold. Head: {verdict.Head ?? "none"}");
            return ExitCode.Success;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            return await FailAsync(failure);
        }
    }

    private static async Task<int> ExportAsync(AuditFilter filter, string? output, CancellationToken cancellationToken)
    {
        try
        {
            using var host = LocalServices.ComposeForAudit();
            await using var scope = host.Services.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<AuditOrigin>().Credential = AuditCredential.Console;
            var exported = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ExportAudit(filter), cancellationToken);
            await using var target = output is null ? Console.OpenStandardOutput() : File.Create(output);
            await foreach (var line in exported.Value.WithCancellation(cancellationToken))
            {
                await target.WriteAsync(line, cancellationToken);
                await target.WriteAsync("\n"u8.ToArray(), cancellationToken);
            }

            return ExitCode.Success;
        }
        catch (Exception failure) when (LocalServices.IsOperational(failure))
        {
            return await FailAsync(failure);
        }
    }

    private static void RequireHash(System.CommandLine.Parsing.OptionResult result, Option<string?> option)
    {
        if (result.GetValue(option) is not { Length: 64 } hash || !hash.All(char.IsAsciiHexDigit))
        {
            result.AddError($"{option.Name} must be a hash: 64 hexadecimal digits.");
        }
    }

    private static void RequireTime(System.CommandLine.Parsing.OptionResult result, Option<string?> option)
    {
        if (TimeOf(result.GetValue(option)) is null)
        {
            result.AddError($"{option.Name} must be a time such as 2026-01-31T12:00:00Z.");
        }
    }

    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    private static async Task<int> FailAsync(Exception failure)
    {
        await Console.Error.WriteLineAsync(TerminalText.Clean(failure.Message));
        return ExitCode.Unreadable;
    }
}
