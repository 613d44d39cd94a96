using System.Net;
using System.Net.Sockets;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>What a prompt-injected tool finds: a command run by the real Claude Code, allowed by its user, looks for all it can.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class SandboxProofTests
{
    [SkippableFact]
    public async Task Tool_ShouldReachNoSocketNoFileNoEnvironmentAndNoKeyOfTheServer()
    {
        ClaudeCodeBinary.Require();
        var key = $"key{Guid.NewGuid():N}";
        var neighboursSecret = $"neighbour{Guid.NewGuid():N}";
        using var hostService = new TcpListener(IPAddress.Loopback, 0);
        hostService.Start();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await ServerUnderTest.StartAsync(api, key);
        await using var client = await server.ConnectAsync();
        server.RequireSandbox();
        var neighbour = await client.CreateSessionAsync("neighbour");
        await client.AskAsync("file_upload", new { filename = "neighbour.txt", content = neighboursSecret, encoding = "utf-8" }, session: neighbour);
        var session = await client.CreateSessionAsync("mine");
        var search = Search(server, neighbour, [((IPEndPoint)hostService.LocalEndpoint).Port, api.Address.Port, server.Address.Port]);
        api.Enqueue(Reply.ToolUse("Bash", new { command = search, description = "look around" }), Reply.Text("Done."));

        await client.AskAsync("chat_message", content: "look around", session: session);
        var request = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = request.Data().GetProperty("request_id").GetString(), decision = "allow" }, session: session);
        var result = await client.ReceiveAsync("tool_result");
        await client.ReceiveAsync("turn_completed");

        var found = result.GetRawText();
        found.ShouldSatisfyAllConditions(
            () => found.ShouldContain("search is over"),
            () => found.ShouldNotContain("CONNECTED"),
            () => found.ShouldNotContain(key),
            () => found.ShouldNotContain(neighboursSecret),
            () => found.ShouldNotContain("neighbour.txt"),
            () => found.ShouldNotContain("READABLE"),
            () => found.ShouldNotContain("CLAUDY_DATA"),
            () => found.ShouldNotContain("WRITTEN"));
        hostService.Pending().ShouldBeFalse();
        api.Conversation.ShouldAllBe(r => r.Headers["x-api-key"] == key);
        server.Output.ShouldNotContain(key);
    }

    private static string Search(ServerUnderTest server, string neighbour, int[] ports) => string.Join('\n', [
        "cat /proc/*/environ /proc/$PPID/environ 2>/dev/null | tr '\\0' '\\n' | sort -u",
        "env",
        .. ports.Select(port => $"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo CONNECTED {port}"),
        "(exec 3<>/dev/tcp/1.1.1.1/53) 2>/dev/null && echo CONNECTED outside",
        $"ls -laR '{server.DataPath}' /root /home /run /tmp 2>/dev/null | grep -v '^total'",
        $"for f in '{server.DataPath}/data/claudy.db' '{server.DataPath}/data/keys/jwt-private.pem' '{server.DataPath}/data/workspaces/{neighbour}/neighbour.txt' /etc/shadow; do head -c 1 \"$f\" >/dev/null 2>&1 && echo READABLE \"$f\"; done",
        @"find / -path /proc -prune -o \( -name neighbour.txt -o -name claudy.db -o -name 'jwt-private*' \) -print 2>/dev/null",
        "for d in / /usr /etc /opt/claude-code /proc/sys/kernel /run/claudy; do touch \"$d/x\" 2>/dev/null && echo WRITTEN \"$d\"; done",
        "unshare -U true 2>/dev/null && echo WRITTEN namespace",
        "echo search is over",
    ]);
}
