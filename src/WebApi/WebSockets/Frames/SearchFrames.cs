using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>The frame that searches histories.</summary>
internal static class SearchFrames
{
    private const int DefaultPage = 20;

    public static async Task<Result> SearchAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var request = context.Data(ProtocolJson.Default.SearchHistoryData);
        if (!request.IsSuccess)
        {
            return request.Error;
        }

        // Unlike elsewhere a session that is left out means all of them: that is what searching is for.
        SessionId? session = null;
        if (context.Frame.SessionId is { } named)
        {
            if (!SessionId.TryParse(named, null, out var parsed))
            {
                return RequestErrors.InvalidField("session_id", "session_id must be a UUID, as the server gave it.");
            }

            session = parsed;
        }

        var (query, limit, cursor) = request.Value;
        var found = await mediator.Send(new SearchHistory(context.UserId, session, query ?? "", limit ?? DefaultPage, cursor), cancellationToken);
        return found.IsSuccess
            ? await context.ReplyAsync(FrameTypes.Answer.SearchResults, ResultsOf(found.Value), ProtocolJson.Default.SearchResultsData, session, cancellationToken)
            : found.Error;
    }

    private static SearchResultsData ResultsOf(SearchPage page) => new(
        [.. page.Hits.Select(hit => new SearchResultData(
            hit.Session.ToString(), hit.SessionName, hit.Seq, TypeOf(hit.Kind), hit.At, [.. hit.Snippet.Select(part => new SnippetPartData(part.Text, part.IsMatch))]))],
        page.Next?.ToString());

    private static string TypeOf(SearchableKind kind) => kind switch
    {
        SearchableKind.UserMessage => FrameTypes.Event.UserMessage,
        SearchableKind.AssistantText => FrameTypes.Event.ClaudeResponse,
        SearchableKind.ToolUse => FrameTypes.Event.ToolUse,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
