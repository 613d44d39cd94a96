using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>The frame that asks what was spent.</summary>
internal static class UsageFrames
{
    public static async Task<Result> GetAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var query = context.Data(ProtocolJson.Default.UsageQuery);
        if (!query.IsSuccess)
        {
            return query.Error;
        }

        // Only a session that is named: usage is mostly asked for of all.
        SessionId? session = null;
        if (context.Frame.SessionId is not null)
        {
            var named = await context.SessionAsync(mediator, cancellationToken);
            if (!named.IsSuccess)
            {
                return named.Error;
            }

            session = named.Value;
        }

        var data = query.Value;
        var from = WireUsage.ParseDay(data.From, "from");
        var to = WireUsage.ParseDay(data.To, "to");
        var grouping = WireUsage.ParseGrouping(data.GroupBy);
        if ((from.Error ?? to.Error ?? grouping.Error) is { } invalid)
        {
            return invalid;
        }

        var report = await mediator.Send(
            new GetUsage(context.UserId, from.Value, to.Value, grouping.Value, session, data.AllUsers ?? false), cancellationToken);
        return report.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.Usage, WireUsage.DataOf(report.Value, grouping.Value), ProtocolJson.Default.UsageReportData, session, cancellationToken)
            : report.Error;
    }
}
