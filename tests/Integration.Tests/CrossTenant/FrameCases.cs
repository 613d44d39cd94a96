using System.Text.Json;
using System.Text.RegularExpressions;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets;

namespace Claudy.Integration.Tests.CrossTenant;

/// <summary>A frame that names what may be somebody else's.</summary>
/// <param name="Name">The frame, with the variant of it.</param>
/// <param name="Type">The frame.</param>
/// <param name="HasInnerIds">Whether it names more than a session.</param>
/// <param name="Data">Its fields, with ids of a tenant.</param>
internal sealed record FrameCase(string Name, string Type, bool HasInnerIds, Func<TenantIds, Dictionary<string, object?>> Data);

/// <summary>
/// Makes the cases of every frame in the catalogue, with the fields that its handler reads. A field or an action that is new has none,
/// and makes the test fail until a line here says what it names.
/// </summary>
internal static partial class FrameCases
{
    private static readonly Dictionary<string, Type?> FieldsOf = FrameCatalogue.All.ToDictionary(frame => frame.Type, FrameFields.TypeOf, StringComparer.Ordinal);

    /// <summary>Fields that name something, and what. Those of one frame only are written <c>frame.field</c>.</summary>
    private static readonly Dictionary<string, Func<TenantIds, object?>> IdFields = new(StringComparer.Ordinal)
    {
        ["message_id"] = ids => ids.MessageId,
        ["request_id"] = ids => ids.RequestId,
        ["digest"] = ids => ids.Digest,
        ["session_id"] = ids => ids.Session,
        ["server"] = ids => ids.Server,
        ["filename"] = ids => ids.File,
        ["upload_id"] = ids => ids.Upload,
        ["path"] = ids => ids.Folder,
        ["directory_create.filename"] = ids => ids.Folder,
        ["query"] = ids => ids.Word,
        ["rule"] = ids => ids.UserRule,
        ["list_sessions.cursor"] = ids => ids.ListCursor,
        ["search_history.cursor"] = ids => ids.SearchCursor,
        ["file_list.cursor"] = ids => ids.FileCursor,
    };

    /// <summary>Fields that name nothing, and what they are sent with; null leaves them out. Places in a session's history are only of the session that is named.</summary>
    private static readonly Dictionary<string, object?> PlainFields = new(StringComparer.Ordinal)
    {
        ["claude_token"] = "made-up",
        ["token_kind"] = null,
        ["remember_token"] = null,
        ["budget"] = null,
        ["soft_usd"] = 1,
        ["hard_usd"] = 2,
        ["from"] = null,
        ["to"] = null,
        ["group_by"] = null,
        ["all_users"] = null,
        ["name"] = "a name",
        ["model"] = null,
        ["permission_mode"] = null,
        ["append_system_prompt"] = null,
        ["allowed_tools"] = null,
        ["disallowed_tools"] = null,
        ["network"] = new { mode = "none" },
        ["repository"] = null,
        ["max_thinking_tokens"] = 1024,
        ["mcp_servers"] = new { },
        ["status"] = null,
        ["limit"] = 10,
        ["after_seq"] = 1,
        ["before_seq"] = 3,
        ["since_seq"] = null,
        ["until_seq"] = null,
        ["at_seq"] = null,
        ["turn_id"] = 1,
        ["action"] = null,
        ["mode"] = "plan",
        ["images"] = null,
        ["send_now"] = null,
        ["decision"] = "allow",
        ["configuration_response.decision"] = "approve",
        ["remember"] = null,
        ["updated_input"] = null,
        ["message"] = null,
        ["rules"] = null,
        ["scope"] = "session",
        ["permission_rule_add.rule"] = "Bash(ls)",
        ["new_rule"] = "Bash(ls -l)",
        ["effect"] = null,
        ["enabled"] = true,
        ["content"] = "x",
        ["encoding"] = null,
        ["overwrite"] = true,
        ["recursive"] = true,
        ["new_filename"] = "moved",
        ["ignore"] = true,
        ["size"] = Tenant.UploadSize,
        ["sha256"] = null,
        ["file_upload_chunk.content"] = Tenant.UploadContent,
        ["file_upload_chunk.offset"] = 0,
        ["offset"] = null,
        ["length"] = null,
    };

    /// <summary>What the cases lack of the catalogue, each as a sentence that says what to add.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<FrameDefinition> catalogue) =>
        [.. catalogue.SelectMany(frame => FrameFields.TypeOf(frame) is { } data ? MissingFields(frame.Type, data) : [])];

    /// <summary>The fields of a frame that nothing here knows.</summary>
    private static IEnumerable<string> MissingFields(string frame, Type data) =>
        FieldNames(data).Where(field => !IsId(frame, field) && !IsPlain(frame, field))
            .Select(field => $"The field {field} of {frame} is neither in FrameCases.IdFields nor in FrameCases.PlainFields: add it to the one if it names something that a user has, else to the other.");

    /// <summary>All cases.</summary>
    /// <param name="catalogue">The frames.</param>
    /// <param name="actions">What <c>session_control</c> does.</param>
    public static IReadOnlyList<FrameCase> All(IEnumerable<FrameDefinition> catalogue, IEnumerable<string> actions) =>
    [
        .. catalogue.SelectMany(frame => frame.Type switch
        {
            "session_control" => actions.Select(action => Of(frame.Type, $" {action}", ("action", action))),
            _ when FieldsOf[frame.Type] == typeof(PermissionRuleData) => [Of(frame.Type, " session", ("scope", "session")), Of(frame.Type, " user", ("scope", "user"))],
            _ => [Of(frame.Type, "")],
        }),
    ];

    /// <summary>The actions that the server says it takes.</summary>
    public static IReadOnlyList<string> ActionsOf(string message) =>
        [.. ActionName().Matches(message["action must be ".Length..].TrimEnd('.')).Select(match => match.Value).Where(word => word != "or")];

    private static FrameCase Of(string frame, string variant, params (string Field, object? Value)[] fixedFields)
    {
        var fields = FieldsOf[frame] is { } data ? FieldNames(data).ToList() : [];
        return new FrameCase(frame + variant, frame, fields.Exists(field => IsId(frame, field)), ids =>
        {
            var values = fields.ToDictionary(field => field, field => ValueOf(frame, field, ids), StringComparer.Ordinal);
            foreach (var (field, value) in fixedFields)
            {
                values[field] = value;
            }

            if (variant == " session" && IsId(frame, "rule"))
            {
                values["rule"] = ids.SessionRule;
            }

            return values.Where(field => field.Value is not null).ToDictionary(StringComparer.Ordinal);
        });
    }

    private static object? ValueOf(string frame, string field, TenantIds ids)
    {
        if (PlainFields.TryGetValue($"{frame}.{field}", out var own))
        {
            return own;
        }

        return IdFields.TryGetValue($"{frame}.{field}", out var id) || IdFields.TryGetValue(field, out id) ? id(ids) : PlainFields[field];
    }

    private static bool IsId(string frame, string field) =>
        !PlainFields.ContainsKey($"{frame}.{field}") && (IdFields.ContainsKey($"{frame}.{field}") || IdFields.ContainsKey(field));

    private static bool IsPlain(string frame, string field) => PlainFields.ContainsKey($"{frame}.{field}") || PlainFields.ContainsKey(field);

    private static IEnumerable<string> FieldNames(Type data) =>
        data.GetProperties().Where(property => property.Name != "EqualityContract").Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));

    [GeneratedRegex("[a-z_]+")]
    private static partial Regex ActionName();
}
