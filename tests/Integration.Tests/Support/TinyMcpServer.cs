namespace Claudy.Integration.Tests.Support;

/// <summary>An MCP server in a few lines of bash, with one tool: <c>echo</c> gives back its text and the server's variable <c>TINY</c>.</summary>
internal static class TinyMcpServer
{
    public const string Command = "bash";

    /// <summary>The arguments of <see cref="Command"/>.</summary>
    /// <param name="first">What it does before anything else.</param>
    public static string[] Args(string first = ":") => ["-c", first + "\n" + Script];

    private const string Script = """
        answer() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
        while IFS= read -r line; do
          id=$(sed -n 's/.*"id":\([0-9][0-9]*\).*/\1/p' <<<"$line")
          case $line in
            *'"method":"initialize"'*)
              version=$(sed -n 's/.*"protocolVersion":"\([^"]*\)".*/\1/p' <<<"$line")
              answer '{"protocolVersion":"'"$version"'","capabilities":{"tools":{}},"serverInfo":{"name":"tiny","version":"1"}}' ;;
            *'"method":"tools/list"'*)
              answer '{"tools":[{"name":"echo","description":"Echoes","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}]}' ;;
            *'"method":"tools/call"'*)
              text=$(sed -n 's/.*"text":"\([^"]*\)".*/\1/p' <<<"$line")
              answer '{"content":[{"type":"text","text":"echo '"$text $TINY"'"}]}' ;;
            *) [ -z "$id" ] || answer '{}' ;;
          esac
        done
        """;
}
