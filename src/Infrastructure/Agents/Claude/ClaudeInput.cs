using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Writes the lines that the CLI reads. It dies of a line that it does not understand, so that all are made here.</summary>
internal static class ClaudeInput
{
    private const string DefaultRefusal = "The user did not allow this.";

    internal static byte[] Message(Guid attemptId, ChatMessage message)
    {
        if (message.Images.Count == 0)
            return JsonSerializer.SerializeToUtf8Bytes(new UserLine<string>(new(message.Text), attemptId), ClaudeJson.Default.TextLine);

        List<UserLineBlock> blocks = message.Text.Length == 0 ? [] : [new UserLineBlock("text") { Text = message.Text }];
        blocks.AddRange(message.Images.Select(image => new UserLineBlock("image") { Source = new UserLineImage(image.MediaType, image.Data) }));
        return JsonSerializer.SerializeToUtf8Bytes(new UserLine<IReadOnlyList<UserLineBlock>>(new(blocks), attemptId), ClaudeJson.Default.BlocksLine);
    }

    internal static byte[] Request(string requestId, ControlRequest request) =>
        JsonSerializer.SerializeToUtf8Bytes(new ControlRequestLine(requestId, request), ClaudeJson.Default.ControlRequestLine);

    internal static byte[] Decision(string requestId, PermissionAnswer answer) =>
        Response(new ControlResponse(requestId) { Response = answer.Decision == PermissionDecision.Allow ? Allow(answer) : Deny(answer) });

    internal static byte[] Refusal(string requestId, string why) =>
        Response(new ControlResponse(requestId) { Error = why });

    private static PermissionDecisionBody Allow(PermissionAnswer answer)
    {
        // The CLI takes an allow without its input for a deny, whatever its types say.
        if (answer.Input.ValueKind != JsonValueKind.Object)
            throw new ArgumentException("To allow a tool call is to give the input to run it with, a JSON object.", nameof(answer));

        return new PermissionDecisionBody("allow")
        {
            UpdatedInput = answer.Input,
            UpdatedPermissions = answer.Mode is { } mode ? [new PermissionUpdate("setMode") { Mode = ClaudePermissionModes.ToName(mode) }] : null,
        };
    }

    private static PermissionDecisionBody Deny(PermissionAnswer answer) =>
        new("deny") { Message = string.IsNullOrWhiteSpace(answer.Message) ? DefaultRefusal : answer.Message };

    private static byte[] Response(ControlResponse response) =>
        JsonSerializer.SerializeToUtf8Bytes(new ControlResponseLine(response), ClaudeJson.Default.ControlResponseLine);
}
