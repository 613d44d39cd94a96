using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Claudy.Benchmarks;

/// <summary>
/// Stands in for Claude Code: answers <c>burst N</c> with N deltas as fast as the pipe takes them, <c>paced N M</c> with N
/// deltas M ms (2 if left out) apart that carry the time they were written at; every delta line has about 200 bytes.
/// <c>work N</c> is answered with N texts, tool calls and results of the sizes that they have when Claude programs.
/// </summary>
internal static class FakeClaude
{
    private const int BurstBufferLines = 512;
    private const int UsualPace = 2;
    private static readonly Stream Output = Console.OpenStandardOutput();

    /// <summary>Puts a command into a folder that runs it.</summary>
    /// <returns>Where the command is.</returns>
    public static async Task<string> InstallAsync(string folder)
    {
        var claude = Path.Combine(folder, "claude");
        await File.WriteAllTextAsync(claude, $"#!/bin/sh\nexec '{Environment.ProcessPath}' exec '{typeof(FakeClaude).Assembly.Location}' fake-claude \"$@\"\n");
        File.SetUnixFileMode(claude, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return claude;
    }

    public static int Run(string[] arguments)
    {
        if (arguments.Contains("--version", StringComparer.Ordinal))
        {
            Console.WriteLine("2.1.197 (Claude Code)");
            return 0;
        }

        using var input = new StreamReader(Console.OpenStandardInput());
        while (input.ReadLine() is { } line)
        {
            using var message = JsonDocument.Parse(line);
            switch (message.RootElement.GetProperty("type").GetString())
            {
                case "control_request":
                    var requestId = message.RootElement.GetProperty("request_id").GetString();
                    Write($$$$"""{"type":"control_response","response":{"subtype":"success","request_id":"{{{{requestId}}}}","response":{"commands":[],"models":[]}}}""");
                    if (message.RootElement.GetProperty("request").GetProperty("subtype").GetString() == "end_session")
                    {
                        return 0;
                    }

                    break;
                case "user":
                    var content = message.RootElement.GetProperty("message").GetProperty("content");
                    var text = content.ValueKind == JsonValueKind.String ? content.GetString()! : content[0].GetProperty("text").GetString()!;
                    Answer(text.Split(' '));
                    break;
            }
        }

        return 0;
    }

    private static void Answer(string[] words)
    {
        var count = int.Parse(words[1]);
        Write("""{"type":"system","subtype":"init","cwd":"/workspace","session_id":"00000000-0000-4000-8000-000000000001","tools":[],"mcp_servers":[],"model":"fake","permissionMode":"default","slash_commands":[],"apiKeySource":"none","claude_code_version":"2.1.197"}""");
        Write("""{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"fake","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}},"session_id":"s","parent_tool_use_id":null}""");
        Write("""{"type":"stream_event","event":{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}},"session_id":"s","parent_tool_use_id":null}""");
        switch (words[0])
        {
            case "burst":
                Burst(count);
                break;
            case "work":
                Work(count);
                break;
            default:
                Paced(count, TimeSpan.FromMilliseconds(words.Length > 2 ? int.Parse(words[2]) : UsualPace));
                break;
        }

        Write("""{"type":"assistant","message":{"id":"msg_1","type":"message","role":"assistant","model":"fake","content":[{"type":"text","text":"done"}],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"s"}""");
        Write("""{"type":"stream_event","event":{"type":"content_block_stop","index":0},"session_id":"s","parent_tool_use_id":null}""");
        Write("""{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"num_turns":1,"result":"done","stop_reason":"end_turn","session_id":"s","total_cost_usd":0.0,"usage":{"input_tokens":1,"output_tokens":1},"terminal_reason":"completed"}""");
    }

    private static void Burst(int count)
    {
        var buffer = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Delta("tok ") + "\n", BurstBufferLines)));
        for (var left = count; left > 0; left -= BurstBufferLines)
        {
            Output.Write(buffer, 0, buffer.Length / BurstBufferLines * Math.Min(left, BurstBufferLines));
        }
    }

    // A text says a sentence or a page, a call names a file or holds one, a result is a line or a listing.
    private static void Work(int count)
    {
        var random = new Dice();
        for (var i = 0; i < count; i++)
        {
            Write((i % 3) switch
            {
                0 => Block($"w{i}", $$"""{"type":"text","text":"{{Prose(random, 40, 1200)}}"}"""),
                1 => Block($"w{i}", $$$"""{"type":"tool_use","id":"t{{{i}}}","name":"Edit","input":{"file_path":"/workspace/src/File{{{i}}}.cs","new_string":"{{{Prose(random, 20, 1500)}}}"}}"""),
                _ => $$$"""{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t{{{i - 1}}}","content":"{{{Prose(random, 20, 4000)}}}"}]},"parent_tool_use_id":null,"session_id":"s"}""",
            });
        }
    }

    private static string Block(string id, string block) =>
        $$$"""{"type":"assistant","message":{"id":"{{{id}}}","type":"message","role":"assistant","model":"fake","content":[{{{block}}}],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"s"}""";

    private static string Prose(Dice random, int atLeast, int atMost)
    {
        // Short ones are many.
        var length = atLeast + (int)((atMost - atLeast) * Math.Pow(random.Next(1000) / 1000.0, 3));
        return string.Create(length, random, static (text, r) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = r.Next(6) == 0 ? ' ' : (char)('a' + r.Next(26));
            }
        });
    }

    private static void Paced(int count, TimeSpan pace)
    {
        using var timer = new PeriodicTimer(pace);
        for (var i = 0; i < count; i++)
        {
            timer.WaitForNextTickAsync().AsTask().GetAwaiter().GetResult();
            Write(Delta($"{Stopwatch.GetTimestamp():D20}"));
        }
    }

    private static string Delta(string text) =>
        $$$"""{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}},"session_id":"00000000-0000-4000-8000-000000000001","parent_tool_use_id":null}""";

    private static void Write(string line)
    {
        Output.Write(Encoding.UTF8.GetBytes(line + "\n"));
        Output.Flush();
    }

    /// <summary>The same numbers in every run.</summary>
    private sealed class Dice
    {
        private uint _state = 1;

        public int Next(int below)
        {
            _state = (_state * 1664525) + 1013904223;
            return (int)((_state >> 8) % (uint)below);
        }
    }
}
