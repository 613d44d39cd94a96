using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.WebApi.Protocol;

/// <summary>Writes what a workspace's own files would configure, as <c>configuration_review</c> has it.</summary>
internal static class ConfigurationData
{
    public static void Write(Utf8JsonWriter writer, WorkspaceConfiguration configuration)
    {
        writer.WriteString("digest"u8, configuration.Digest);
        WriteAll(writer, "hooks"u8, configuration.Hooks, Write);
        writer.WriteStartObject("environment"u8);
        WriteValues(writer, configuration.Environment);
        writer.WriteEndObject();
        WriteAll(writer, "mcp_servers"u8, configuration.McpServers, Write);
        WriteAll(writer, "instructions"u8, configuration.Instructions, static (w, file) =>
        {
            w.WriteString("path"u8, file.Path);
            w.WriteString("text"u8, file.Text);
        });
        WriteAll(writer, "ignored"u8, configuration.Ignored, static (w, setting) =>
        {
            w.WriteString("path"u8, setting.Path);
            w.WriteString("name"u8, setting.Name);
            w.WriteString("reason"u8, setting.Reason);
        });
    }

    private static void Write(Utf8JsonWriter writer, WorkspaceHook hook)
    {
        writer.WriteString("event"u8, hook.Event);
        WriteOptional(writer, "matcher"u8, hook.Matcher);
        writer.WriteString("command"u8, hook.Command);
        if (hook.Args is { } args)
        {
            WriteStrings(writer, "args"u8, args);
        }

        WriteOptional(writer, "if"u8, hook.If);
        if (hook.TimeoutSeconds is { } timeout)
        {
            writer.WriteNumber("timeout_seconds"u8, timeout);
        }

        writer.WriteBoolean("once"u8, hook.Once);
        writer.WriteBoolean("async"u8, hook.IsAsync);
    }

    private static void Write(Utf8JsonWriter writer, McpServer server)
    {
        writer.WriteString("name"u8, server.Name);
        writer.WriteString("type"u8, WireNames.Of(server.Transport));
        if (server.Transport == McpTransport.Stdio)
        {
            WriteOptional(writer, "command"u8, server.Command);
            WriteStrings(writer, "args"u8, server.Args);
            writer.WriteStartObject("env"u8);
            WriteValues(writer, server.Environment);
        }
        else
        {
            WriteOptional(writer, "url"u8, server.Url);
            writer.WriteStartObject("headers"u8);
            WriteValues(writer, server.Headers);
        }

        writer.WriteEndObject();
    }

    private static void WriteAll<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(writer, item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteValues(Utf8JsonWriter writer, IReadOnlyList<NamedValue> values)
    {
        foreach (var (name, value) in values)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteStrings(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
