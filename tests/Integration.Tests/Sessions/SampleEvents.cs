using System.Text;
using System.Text.Json;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Workspaces;
using FsCheck;
using FsCheck.Fluent;

namespace Claudy.Integration.Tests.Sessions;

/// <summary>Events with any content.</summary>
internal static class SampleEvents
{
    public static readonly SessionSettings Settings = new()
    {
        Name = "n",
        Model = "m",
        PermissionMode = PermissionMode.AcceptEdits,
        AppendSystemPrompt = "p",
        AllowedTools = ["Read"],
        DisallowedTools = ["Bash(rm x)"],
        BringsOwnKey = true,
        Network = NetworkPolicy.AllowList("a.example", "*.b.example:8443"),
        MaxThinkingTokens = 4_000,
        McpServers = ["tiny"],
    };

    /// <summary>Any text but half a surrogate pair, which is no text.</summary>
    private static readonly Gen<string> Text =
        ArbMap.Default.GeneratorFor<int[]>().Select(points => points.Aggregate(new StringBuilder(), (text, point) => text.Append(Rune(point))).ToString());

    private static readonly Gen<string?> OptionalText = Text.Select(text => text.Length % 3 == 0 ? null : text);

    private static readonly Gen<string[]> Texts = Text.ArrayOf();

    private static readonly Gen<JsonElement> Value = Text.Select(text => JsonSerializer.SerializeToElement(text)).Or(
        Gen.Elements(Json("{}"), Json("[]"), Json("null"), Json("""{"a":[1,2.50,{"b":"\u0000"}],"c":true,"type":"x"}""")));

    private static readonly Gen<DateTimeOffset> Time =
        ArbMap.Default.GeneratorFor<int>().Select(minutes => DateTimeOffset.UnixEpoch.AddMinutes(minutes / 100.0));

    private static readonly Gen<ChatMessage> Message =
        from id in Text
        from clientId in OptionalText
        from text in Text
        from image in ArbMap.Default.GeneratorFor<byte[]>()
        select new ChatMessage(id, clientId, text, image.Length == 0 ? [] : [new ImageAttachment("image/png", image)]);

    private static readonly Gen<SessionSettings> AnySettings =
        from name in Text
        from model in OptionalText
        from mode in AnyOf<PermissionMode>()
        from tools in Texts
        from network in AnyOf<NetworkMode>()
        select new SessionSettings { Name = name, Model = model, PermissionMode = mode, AllowedTools = tools, Network = model is null ? null : new NetworkPolicy(network, tools) };

    private static readonly Gen<PermissionRequest> Request =
        from id in Text
        from input in Value
        from description in OptionalText
        from rules in Texts
        from mode in AnyOf<PermissionMode>()
        from expires in Time
        select new PermissionRequest(id, "Bash", input, description, description, null, rules, rules.Length == 0 ? mode : null, expires);

    private static readonly Gen<TurnCompleted> Completed =
        from reason in Text
        from tokens in ArbMap.Default.GeneratorFor<long>()
        from cost in ArbMap.Default.GeneratorFor<int>()
        select new TurnCompleted(tokens, reason, new TokenUsage(tokens, 1, 2, 3), cost / 1000m, TimeSpan.FromTicks(tokens));

    private static readonly Gen<BudgetReached> Reached =
        from scope in AnyOf<BudgetScope>()
        from cents in ArbMap.Default.GeneratorFor<ushort>()
        from resets in Time
        select new BudgetReached(scope, cents / 100m, cents / 50m, cents % 2 == 0 ? resets : null);

    private static readonly Gen<WorkspaceUsage> Usage =
        from bytes in ArbMap.Default.GeneratorFor<long>()
        from files in ArbMap.Default.GeneratorFor<int>()
        select new WorkspaceUsage(bytes, files, 100, 20);

    public static Arbitrary<SessionEvent> Arbitrary { get; } = Gen.OneOf(
        Of(AnySettings.Select(settings => new SessionCreated(settings))),
        Of(AnySettings.Select(settings => new SettingsChanged(settings))),
        Of(AnyOf<SessionStatus>().Zip(OptionalText, (status, reason) => new StatusChanged(status, reason))),
        Of(AnyOf<QueueChange>().Zip(Message, (change, message) => new QueueChanged(change, message.Id, change == QueueChange.Added ? message : null))),
        Of(Message.Select(message => new UserMessageAdded(message))),
        Of(ArbMap.Default.GeneratorFor<long>().Zip(OptionalText, (turn, message) => new TurnStarted(turn, message))),
        Of(ArbMap.Default.GeneratorFor<long>().Zip(Text, (turn, reason) => new TurnSuspended(turn, reason))),
        Of(ArbMap.Default.GeneratorFor<long>().Zip(Text, (turn, instruction) => new TurnResumed(turn, instruction))),
        Of(Text.Zip(OptionalText, (text, parent) => new AssistantText("m", text, text.Length > 3, parent))),
        Of(Text.Zip(OptionalText, (text, parent) => new AssistantThinking("m", text, text.Length > 3, parent))),
        Of(Text.Zip(Value, (id, input) => new ToolUsed(id, "Bash", input, null))),
        Of(Text.Zip(Value, (id, content) => new ToolReturned(id, content, id.Length > 3, id))),
        Of(Request.Select(request => new PermissionRequested(request))),
        Of(AnyOf<PermissionDecision>().Zip(Texts, (decision, rules) => new PermissionResolved("p", decision, "user", null, rules))),
        Of(AnyOf<PermissionDecision>().Zip(Texts, (decision, rules) => new PermissionResolved("p", decision, "rule", null, []) { Rules = rules, ToolUseId = "t" })),
        Of(Texts.Zip(Texts, (allowed, denied) => new PermissionRulesChanged(allowed, denied))),
        Of(Completed),
        Of(Text.Select(message => new SessionErrorRaised("CLAUDE_002", "api_failed", message, message.Length > 3))),
        Of(Text.Zip(Value, (type, raw) => new AgentNotice(type, raw))),
        Of(ArbMap.Default.GeneratorFor<Guid>().Select(id => new AgentSessionChanged(id))),
        Of(Text.Zip(Texts, (text, texts) => new ConfigurationReviewRequested(Configuration(text, texts)))),
        Of(AnyOf<ConfigurationDecision>().Zip(Text, (decision, digest) => new ConfigurationReviewed(digest, decision))),
        Of(ArbMap.Default.GeneratorFor<int>().Zip(Texts, (turn, files) => new ConversationRewound(turn, turn, files.Length > 0, files.Length > 0 ? files : null, null))),
        Of(Reached.Select(reached => new BudgetPaused(reached))),
        Of(Reached.Select(reached => new BudgetWarned(reached))),
        Of(Text.Zip(OptionalText, (url, reference) => new RepositoryCloned(url, reference, "c0ffee"))),
        Of(AnyOf<BudgetScope>().Select(scope => new BudgetResumed(scope))),
        Of(Usage.Select(usage => new QuotaPaused(usage))),
        Of(Usage.Select(usage => new QuotaResumed(usage))),
        Of(Texts.Zip(AnyOf<FileChange>(), (paths, change) => new FilesChanged([.. paths.Select(path => new ChangedFile(path, change))], paths.Length > 2)))).ToArbitrary();

    public static JsonElement Json(string json) => JsonElement.Parse(json);

    private static WorkspaceConfiguration Configuration(string text, string[] texts) => WorkspaceConfiguration.Of(
        [new WorkspaceHook("Stop", text.Length > 3 ? text : null, text, text.Length > 3 ? texts : null, null, text.Length > 3 ? 1.5 : null, true, false)],
        [new NamedValue("A", text)],
        [new McpServer { Name = "tiny", Transport = McpTransport.Stdio, Command = text, Args = texts, Environment = [new NamedValue("B", text)], Headers = [] }],
        [new WorkspaceInstructions("CLAUDE.md", text)],
        [new IgnoredSetting(".mcp.json", text, "No.")]);

    private static Gen<SessionEvent> Of<T>(Gen<T> events)
        where T : SessionEvent => events.Select(SessionEvent (one) => one);

    private static Gen<T> AnyOf<T>()
        where T : struct, Enum => Gen.Elements(Enum.GetValues<T>());

    private static string Rune(int point)
    {
        var scalar = (int)((uint)point * 7919 % 0x110000);
        return System.Text.Rune.IsValid(scalar) ? new Rune(scalar).ToString() : "\uFFFD";
    }
}
