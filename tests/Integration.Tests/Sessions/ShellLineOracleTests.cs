using System.Diagnostics;
using System.Text;
using Claudy.Domain.Sessions.Permissions;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sessions;

/// <summary>A real bash as the judge: what it runs of any line must have been made out before.</summary>
public sealed class ShellLineOracleTests
{
    private const int Lines = 1_000;

    // No program is on the path: each command that is run ends in the handler, which writes its words, in one piece, and fails now and then.
    private const string Judge = """
        PATH=/nonexistent
        command_not_found_handle() { local words; printf -v words '\037%s' "$@"; printf 'C%s\036' "$words" >&9; return $((RANDOM % 2)); }
        while IFS= read -r -d '' line; do
          printf 'L\036' >&9
          ( eval "$line"; wait ) </dev/null >/dev/null 2>&1
        done
        """;

    private static readonly string[] Pieces =
    [
        "a", "b", "c", " ", " ", " ", "\t", "\n", ";", "&", "|", "&&", "||", "|&", "(", ")", "{ ", "; }", "<", ">", ">>", "<<", "<<-", "<<<", ">&", "&>", "2>&1", " >/dev/null ",
        "'", "\"", "\\", "`", "$", "$(", "${", "$((", "<(", ">(", "=", "X=", "X", "*", "?", "[", "]", "~", "!", "#", " #", "if ", "then ", "; fi", "while ", "do ", "; done", "for ",
        " in ", "case ", "esac", "function ", "{a,b}", "}", "{", "\nX\n", "\\\n", "=a", "$X", "$'", "[[ ", " ]]", "1", "2", "{x}>", "ü", "!", "-",
    ];

    [SkippableFact]
    public async Task Parse_OfAnyLine_ShouldNameEveryCommandThatBashRuns()
    {
        Support.Tools.Require("bash");
        var lines = Gen.Choose(2, 9).SelectMany(length => Gen.Elements(Pieces).ListOf(length)).Select(pieces => string.Concat(pieces)).Sample(Lines, 30).ToList();

        var ran = await RunAsync(lines);

        lines.Count.ShouldBe(Lines);
        ran.Count.ShouldBe(Lines);
        var judged = 0;
        foreach (var (line, commands) in lines.Zip(ran))
        {
            var parsed = ShellLine.Parse(line);
            if (!parsed.IsUnderstood)
            {
                continue;
            }

            judged += commands.Count;
            foreach (var command in commands)
            {
                parsed.Commands.ShouldContain(seen => MayBe(seen, command), $"{line}\nran {string.Join('|', command)}");
            }
        }

        judged.ShouldBeGreaterThan(Lines / 20);
    }

    // From the first word on that only the shell knows, it may be any.
    private static bool MayBe(ShellCommand seen, string[] ran)
    {
        for (var i = 0; i < seen.Words.Count; i++)
        {
            if (seen.Words[i].Literal is not { } literal)
            {
                return true;
            }

            if (i >= ran.Length || ran[i] != literal)
            {
                return false;
            }
        }

        return ran.Length == seen.Words.Count;
    }

    private static async Task<List<List<string[]>>> RunAsync(IReadOnlyList<string> lines)
    {
        var folder = Directory.CreateTempSubdirectory("claudy-shell-");
        try
        {
            var input = Path.Combine(folder.FullName, "lines");
            var output = Path.Combine(folder.FullName, "ran");
            var work = folder.CreateSubdirectory("work");
            await File.WriteAllTextAsync(input, string.Concat(lines.Select(line => line + "\0")));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "judge"), Judge);
            var start = new ProcessStartInfo("bash", ["-c", "exec bash --norc --noprofile \"$0\" <\"$1\" 9>\"$2\"", "../judge", "../lines", "../ran"]) { WorkingDirectory = work.FullName };
            start.Environment.Clear();
            start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
            start.Environment["LANG"] = "C.UTF-8";
            using var process = Process.Start(start)!;
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(180));
            try
            {
                await process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return Read(await File.ReadAllTextAsync(output, Encoding.UTF8));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static List<List<string[]>> Read(string output)
    {
        List<List<string[]>> ran = [];
        foreach (var record in output.Split('\u001e', StringSplitOptions.RemoveEmptyEntries))
        {
            if (record == "L")
            {
                ran.Add([]);
            }
            else
            {
                ran[^1].Add(record.Split('\u001f')[1..]);
            }
        }

        return ran;
    }
}
