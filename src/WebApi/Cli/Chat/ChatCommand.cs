using System.CommandLine;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Cli.Chat;

/// <summary><c>claudy chat</c>: a conversation in the terminal, over the same WebSocket as any other client.</summary>
internal static class ChatCommand
{
    private const string TokenVariable = "CLAUDY_TOKEN";

    public static Command Create()
    {
        var message = new Argument<string[]>("message") { Description = "What to say; without it, what is piped in, or a conversation.", Arity = ArgumentArity.ZeroOrMore };
        var url = new Option<string>("--url") { Description = "The server.", DefaultValueFactory = _ => ServerUrl.Default };
        var token = new Option<string?>("--token") { Description = $"An access token; or in {TokenVariable}. By default one for the local user, made from the data folder." };
        var session = new Option<string?>("--session") { Description = "Go on with this session instead of a new one." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Allow everything that Claude asks for." };
        var json = new Option<bool>("--json") { Description = "Print the server's frames, one JSON object a line." };

        message.Validators.Add(words =>
        {
            // Else a mistyped option would be said to Claude.
            if (words.Tokens.FirstOrDefault(word => word.Value.StartsWith("--", StringComparison.Ordinal)) is { } option)
            {
                words.AddError($"{option.Value} is no option of chat. A message that begins with dashes can be piped in.");
            }
        });

        var command = new Command("chat", "Talks to Claude Code in a session on the server.") { message, url, token, session, yes, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetValue(message) is { Length: > 0 } words ? string.Join(' ', words) : null,
                parsed.GetRequiredValue(url),
                SecretOf(parsed.GetValue(token) ?? Environment.GetEnvironmentVariable(TokenVariable)),
                parsed.GetValue(session),
                parsed.GetValue(yes),
                parsed.GetValue(json)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Request request, CancellationToken cancellationToken)
    {
        var terminal = new ConsoleTerminal(canAsk: !request.Json);
        if (ServerUrl.Parse(request.Url) is not { } url)
        {
            terminal.WriteAside($"{TerminalText.Clean(request.Url)} is not the address of a server; it looks like ws://127.0.0.1:8080/ws.\n");
            return ExitCode.Usage;
        }

        if (request.Token is null && !url.IsLoopback)
        {
            terminal.WriteAside($"{url.Host} is not this machine: give its access token in {TokenVariable} or with --token.\n");
            return ExitCode.Usage;
        }

        try
        {
            var message = request.Message ?? (Console.IsInputRedirected ? (await Console.In.ReadToEndAsync(cancellationToken)).Trim() : null);
            if (message is "")
            {
                terminal.WriteAside("There is no message: give one as an argument or on standard input.\n");
                return ExitCode.Usage;
            }

            return await ConverseAsync(request, url, message, terminal, cancellationToken);
        }
        catch (ChatException failure)
        {
            terminal.WriteAside(TerminalText.Clean(failure.Message) + "\n");
            return failure.ExitCode;
        }
    }

    private static async Task<int> ConverseAsync(Request request, Uri url, string? message, ConsoleTerminal terminal, CancellationToken cancellationToken)
    {
        using var interrupt = new InterruptKey();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var client = new ChatClient(url, request.Token is { } token ? new GivenToken(token.Reveal()) : new LocalTokens(), TimeProvider.System);

        var opening = client.OpenAsync(request.SessionId, leaving.Token);
        if (await Task.WhenAny(opening, interrupt.Pressed) != opening)
        {
            await leaving.CancelAsync();
            return ExitCode.Interrupted;
        }

        var opened = await opening;
        IChatView view = request.Json ? new JsonView(terminal) : new TerminalRenderer(terminal);
        return await new ChatLoop(client, view, terminal, interrupt) { AllowAll = request.Yes }.RunAsync(opened, message, leaving.Token);
    }

    private static Secret? SecretOf(string? token) => string.IsNullOrWhiteSpace(token) ? null : new Secret(token);

    private sealed record Request(string? Message, string Url, Secret? Token, string? SessionId, bool Yes, bool Json);
}
