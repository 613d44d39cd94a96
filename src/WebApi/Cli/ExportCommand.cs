using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using Claudy.WebApi.Cli.Chat;
using Claudy.WebApi.Http;

namespace Claudy.WebApi.Cli;

/// <summary><c>claudy export</c>: a session's history on standard output, or in a file.</summary>
internal static class ExportCommand
{
    private const string TokenVariable = "CLAUDY_TOKEN";

    public static Command Create()
    {
        var session = new Argument<string>("session") { Description = "The session's id." };
        var format = new Option<string>("--format") { Description = "markdown to read, or jsonl for programs.", DefaultValueFactory = _ => "markdown" };
        var output = new Option<string?>("--output", "-o") { Description = "A file to write, in place of one that is there; else standard output." };
        var url = new Option<string>("--url") { Description = "The server.", DefaultValueFactory = _ => ServerUrl.Default };
        var token = new Option<string?>("--token") { Description = $"An access token; or in {TokenVariable}. By default one for the local user, made from the data folder." };
        format.AcceptOnlyFromAmong("markdown", "jsonl");

        var command = new Command("export", "Writes out the history of a session.") { session, format, output, url, token };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(session),
            parsed.GetRequiredValue(format),
            parsed.GetValue(output),
            parsed.GetRequiredValue(url),
            parsed.GetValue(token) ?? Environment.GetEnvironmentVariable(TokenVariable),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string session, string format, string? output, string url, string? token, CancellationToken cancellationToken)
    {
        if (ServerUrl.Parse(url) is not { } server)
        {
            return await FailAsync(ExitCode.Usage, $"{url} is not the address of a server; it looks like http://127.0.0.1:8080.");
        }

        if (token is null && !server.IsLoopback)
        {
            return await FailAsync(ExitCode.Usage, $"{server.Host} is not this machine: give its access token in {TokenVariable} or with --token.");
        }

        try
        {
            using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            using var request = new HttpRequestMessage(HttpMethod.Get, ExportOf(server, session, format));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? await new LocalTokens().GetAsync(cancellationToken));
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return await FailAsync(ExitCode.Failed, await ReasonAsync(answer, body, cancellationToken));
            }

            await using var target = output is null ? Console.OpenStandardOutput() : File.Create(output);
            await body.CopyToAsync(target, cancellationToken);
            return ExitCode.Success;
        }
        catch (ChatException failure)
        {
            return await FailAsync(failure.ExitCode, failure.Message);
        }
        catch (HttpRequestException failure)
        {
            return await FailAsync(ExitCode.NoConnection, $"The server cannot be reached: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return await FailAsync(ExitCode.Failed, $"The export is not whole: {failure.Message}");
        }
    }

    private static Uri ExportOf(Uri webSocket, string session, string format) => new UriBuilder(webSocket)
    {
        Scheme = webSocket.Scheme == "wss" ? "https" : "http",
        Port = webSocket.Port,
        Path = $"/api/session/{Uri.EscapeDataString(session)}/export",
        Query = $"format={format}",
    }.Uri;

    private static async Task<string> ReasonAsync(HttpResponseMessage answer, Stream body, CancellationToken cancellationToken)
    {
        try
        {
            var problem = await JsonSerializer.DeserializeAsync(body, HttpJson.Default.ProblemData, cancellationToken);
            return problem is null ? $"The server answered {(int)answer.StatusCode}." : $"{problem.Detail} [{problem.Code}]";
        }
        catch (JsonException)
        {
            return $"The server answered {(int)answer.StatusCode}.";
        }
    }

    private static async Task<int> FailAsync(int exitCode, string message)
    {
        await Console.Error.WriteLineAsync(TerminalText.Clean(message));
        return exitCode;
    }
}
