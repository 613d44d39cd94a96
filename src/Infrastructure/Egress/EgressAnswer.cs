using System.Text;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Egress;

/// <summary>What the proxy itself answers: a status and one line for whoever reads the program's output.</summary>
internal static class EgressAnswer
{
    public static byte[] Connected { get; } = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    public static byte[] Refused(EgressRefusal refusal) => Of("403 Forbidden", refusal.Message);

    public static byte[] Malformed(string why) => Of("400 Bad Request", $"The request cannot be taken: {why}");

    public static byte[] TooLarge { get; } = Of("431 Request Header Fields Too Large", "The request's head is too large.");

    public static byte[] Unreachable(string host, string why) => Of("502 Bad Gateway", $"{host} cannot be reached: {why}");

    public static byte[] TimedOut(string host) => Of("504 Gateway Timeout", $"{host} did not answer in time.");

    private static byte[] Of(string status, string text)
    {
        var body = Encoding.UTF8.GetBytes($"Claudy: {text}\n");
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body];
    }
}
